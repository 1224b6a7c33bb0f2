// vendor: imports nothing of ours.

import { setTimeout as wait } from 'node:timers/promises';

/** Waits; a test brings one of its own and waits for nothing. */
export interface VendorTimer {
  /** Resolves after so many milliseconds; rejects as soon as the signal fires. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** The timers of the runtime. */
export const systemTimer: VendorTimer = {
  wait: (milliseconds, signal) => wait(milliseconds, undefined, { signal }),
};

/** Does something while a time runs, and stops the time when it is done. */
export async function withinTime<T>(
  {
    timer,
    milliseconds,
    over,
  }: {
    readonly timer: VendorTimer;
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
