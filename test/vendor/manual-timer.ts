import { setImmediate as nextTurn } from 'node:timers/promises';

import { createFakeClock, type FakeClock } from '../../src/testing/fake-clock.js';
import type { Timer } from '../../src/core/timer.js';

/** A timer that goes by a clock in our hands. */
export interface ManualTimer extends Timer {
  readonly clock: FakeClock;
  /** What is being waited for, in milliseconds, in the order in which it was asked for. */
  readonly pending: readonly number[];
  /** Lets time pass, one end of a wait after the other, with all that follows from each. */
  pass(seconds: number): Promise<void>;
}

export function createManualTimer(): ManualTimer {
  const clock = createFakeClock();
  const waits: { readonly milliseconds: number; readonly at: number; readonly end: () => void }[] = [];
  return {
    clock,
    get pending() {
      return waits.map(({ milliseconds }) => milliseconds);
    },
    wait: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        const wait = { milliseconds, at: clock.elapsedMilliseconds() + milliseconds, end: resolve };
        const drop = (): void => {
          if (waits.includes(wait)) waits.splice(waits.indexOf(wait), 1);
          reject(new Error('no longer waited for'));
        };
        if (signal.aborted) drop();
        else waits.push(wait);
        signal.addEventListener('abort', drop);
      }),
    async pass(seconds) {
      await settle();
      const end = clock.elapsedMilliseconds() + seconds * 1000;
      for (let count = 0; count < 1000; count += 1) {
        const due = waits.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        clock.advance(Math.max(0, due.at - clock.elapsedMilliseconds()) / 1000);
        waits.splice(waits.indexOf(due), 1);
        due.end();
        await settle();
      }
      clock.advance(Math.max(0, end - clock.elapsedMilliseconds()) / 1000);
      await settle();
    },
  };
}

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
}
