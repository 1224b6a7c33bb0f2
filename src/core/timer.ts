// core: imports nothing of ours.

import { setTimeout as wait } from 'node:timers/promises';

/** Waits; a test brings one of its own and waits for nothing. */
export interface Timer {
  /** Resolves after so many milliseconds; rejects as soon as the signal fires. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** In how many parts a time is waited for: more than the turns of the event loop in which an answer is read. */
const PARTS = 16;

/**
 * The timers of the runtime. A process under load turns its event loop seldom, and then a single timer would be over before an
 * answer that has long arrived was read: a vendor would look down because of what clients do to us. So a time is waited for in
 * parts, and the loop has turned at least once for each.
 */
export const systemTimer: Timer = {
  async wait(milliseconds, signal) {
    for (let part = 0; part < PARTS; part += 1) await wait(milliseconds / PARTS, undefined, { signal });
  },
};

/** Does something while a time runs, and stops the time when it is done. */
export async function withinTime<T>(
  {
    timer,
    milliseconds,
    over,
  }: {
    readonly timer: Timer;
    readonly milliseconds: number;
    /** Called when the time is over: what it gives or throws is the end of it. */
    readonly over: () => T | Promise<T>;
  },
  work: Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const limit = timer.wait(Math.max(0, milliseconds), done.signal).then(over);
  try {
    return await Promise.race([work, limit]);
  } finally {
    done.abort();
  }
}
