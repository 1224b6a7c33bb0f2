// vendor: imports core and contracts only.

import { UnavailableError } from '../core/errors.js';
import { untilAborted } from '../core/until-aborted.js';
import { callerHasGone } from './caller-has-gone.js';
import { withinTime, type Timer } from '../core/timer.js';

/** Bounds how many calls run at once, and how many wait for their turn. */
export interface CallSlots {
  readonly running: number;
  readonly waiting: number;
  /**
   * Waits for a turn, first come, first served; gives what ends it, to be called once.
   *
   * @throws UnavailableError `provider_overloaded` if too many are waiting, or none became free in time;
   *   `provider_unavailable` if the signal fired
   */
  acquire(milliseconds: number, signal: AbortSignal | undefined): Promise<() => void>;
}

/** Calls take less than this as a rule, and then there is room. */
const RETRY_SECONDS = 2;

export function createCallSlots(options: {
  readonly maxRunning: number;
  readonly maxWaiting: number;
  readonly timer: Timer;
}): CallSlots {
  const { maxRunning, maxWaiting, timer } = options;
  const queue: (() => void)[] = [];
  let running = 0;

  /** Hands the slot to who has waited longest. */
  function release(): void {
    const next = queue.shift();
    if (next) next();
    else running -= 1;
  }

  async function waitForTurn(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    let grant = (): void => undefined;
    const turn = new Promise<void>((resolve) => {
      grant = resolve;
    });
    queue.push(grant);
    const over = (): never => {
      throw overloaded();
    };
    const wait = () => withinTime({ timer, milliseconds, over }, turn);
    try {
      await (signal ? untilAborted(wait, signal, callerHasGone) : wait());
    } catch (error) {
      const place = queue.indexOf(grant);
      // It may have got its turn in the same moment.
      if (place === -1) release();
      else queue.splice(place, 1);
      throw error;
    }
  }

  return {
    get running() {
      return running;
    },
    get waiting() {
      return queue.length;
    },
    async acquire(milliseconds, signal) {
      if (running < maxRunning) running += 1;
      else if (queue.length < maxWaiting) await waitForTurn(milliseconds, signal);
      else throw overloaded();
      return release;
    },
  };
}

function overloaded(): UnavailableError {
  return new UnavailableError('provider_overloaded', {
    message: 'too many calls to the vendor are waiting',
    retryAfterSeconds: RETRY_SECONDS,
  });
}
