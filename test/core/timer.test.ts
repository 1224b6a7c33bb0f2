import { setImmediate as nextTurn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { systemTimer, withinTime } from '../../src/core/timer.js';
import { rejectionOf } from '../thrown-by.js';

/** Keeps the process from everything else, as a flood of requests does. */
function holdTheLoop(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** An answer that has arrived, and takes some turns of the event loop to be read. */
async function readInTurns(): Promise<string> {
  for (let turn = 0; turn < 10; turn += 1) await nextTurn();
  return 'answer';
}

describe('the timers of the runtime', () => {
  it('let an answer be read that arrived while the process was held up for longer than the time', async () => {
    const over = () => 'no answer';
    const answer = withinTime({ timer: systemTimer, milliseconds: 20, over }, readInTurns());
    holdTheLoop(100);
    expect(await answer).toBe('answer');
  });

  it('end when the time is over', async () => {
    const over = () => 'no answer';
    const never = new Promise<string>(() => undefined);
    expect(await withinTime({ timer: systemTimer, milliseconds: 5, over }, never)).toBe('no answer');
  });

  it('end at once when nobody waits any more', async () => {
    const leaving = new AbortController();
    const wait = rejectionOf(systemTimer.wait(60_000, leaving.signal));
    leaving.abort();
    expect(await wait).toMatchObject({ name: 'AbortError' });
    expect(await rejectionOf(systemTimer.wait(60_000, AbortSignal.abort()))).toMatchObject({
      name: 'AbortError',
    });
  });
});

describe('work within a time', () => {
  it('ends as it ends, also when that is a failure', async () => {
    const options = { timer: systemTimer, milliseconds: 60_000, over: () => 'over' };
    expect(await withinTime(options, Promise.resolve('done'))).toBe('done');
    const failure = new Error('failed');
    expect(await rejectionOf(withinTime(options, Promise.reject(failure)))).toBe(failure);
  });
});
