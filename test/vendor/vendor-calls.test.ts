import { describe, expect, it } from 'vitest';

import { ConfigurationError, RejectedError, UnavailableError } from '../../src/core/errors.js';
import { createVendorCalls, type CreateVendorCallsOptions } from '../../src/vendor/vendor-calls.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';
import { createCalling, outage, turnedAway } from './calling.js';
import { createManualTimer, settle } from './manual-timer.js';

const never = () => new Promise<never>(() => undefined);

/** An attempt that ends as told, one ending after another, the last one for ever. */
function inTurn(...endings: readonly (string | Error)[]) {
  const attempts = { count: 0 };
  const attempt = async () => {
    const ending = endings[Math.min(attempts.count, endings.length - 1)];
    attempts.count += 1;
    if (typeof ending === 'string') return ending;
    throw ending ?? new Error('nothing is left');
  };
  return { attempt, attempts };
}

describe('a call to a vendor', () => {
  it('gives what the vendor answered', async () => {
    const { calls, timer } = createCalling();
    expect(await calls.run({ attempt: async () => 'yes' })).toBe('yes');
    expect(timer.pending).toEqual([]);
    expect(calls.state).toEqual({ breaker: 'closed', running: 0, waiting: 0 });
  });

  it('throws what the attempt threw, whatever that is', async () => {
    const { calls } = createCalling();
    for (const error of [
      outage(),
      new RejectedError('evidence_rejected', { message: 'no', reasons: ['evidence_undecodable'] }),
      new TypeError('a bug'),
    ])
      expect(await rejectionOf(calls.run({ attempt: () => Promise.reject(error) }))).toBe(error);
  });

  it('is given up when its time is over, and the attempt is told', async () => {
    const { run, timer } = createCalling();
    let signal: AbortSignal | null = null;
    const call = run((given) => {
      signal = given;
      return never();
    });
    await timer.pass(4.999);
    expect(call.ending).toBeNull();
    expect(signal).toMatchObject({ aborted: false });
    await timer.pass(0.001);
    expect(call.ending).toBe('provider_unavailable');
    expect(signal).toMatchObject({ aborted: true });
    expect(timer.pending).toEqual([]);
  });

  it('is broken off when its caller has gone, also in an attempt that does not listen', async () => {
    const { run, calls } = createCalling();
    const leaving = new AbortController();
    let signal: AbortSignal | null = null;
    const call = run(
      (given) => {
        signal = given;
        return never();
      },
      { signal: leaving.signal },
    );
    await settle();
    leaving.abort();
    await settle();
    expect(call.ending).toBe('provider_unavailable');
    expect(signal).toMatchObject({ aborted: true });
    expect(calls.state.running).toBe(0);
  });

  it('is not begun for a caller that has gone', async () => {
    const { run } = createCalling();
    const { attempt, attempts } = inTurn('yes');
    const call = run(attempt, { signal: AbortSignal.abort() });
    await settle();
    expect(call.ending).toBe('provider_unavailable');
    expect(attempts.count).toBe(0);
  });

  describe('that was not processed', () => {
    it('is attempted again after a pause, up to three times', async () => {
      const { run, timer } = createCalling();
      const good = inTurn(turnedAway(), turnedAway(), 'yes');
      const call = run(good.attempt);
      await settle();
      // Half of 0.2 s, then half of 0.4 s.
      expect(timer.pending).toEqual([100]);
      await timer.pass(0.1);
      expect(timer.pending).toEqual([200]);
      await timer.pass(0.2);
      expect(call.ending).toBe('yes');

      const bad = inTurn(turnedAway());
      const failed = run(bad.attempt);
      await timer.pass(10);
      expect(bad.attempts.count).toBe(3);
      expect(failed.error).toMatchObject({ message: 'turned away', retryAfterSeconds: 7 });
      expect(failed.error).toBeInstanceOf(UnavailableError);
    });

    it('waits for as long as the vendor asks, and never less', async () => {
      const { run, timer } = createCalling();
      const { attempt, attempts } = inTurn(turnedAway(3), 'yes');
      const call = run(attempt);
      await timer.pass(2.999);
      expect(attempts.count).toBe(1);
      await timer.pass(0.001);
      expect(call.ending).toBe('yes');
    });

    it('is not attempted again if the vendor asks for more time than there is', async () => {
      const { run, timer } = createCalling({ deadlineSeconds: 6 });
      const { attempt, attempts } = inTurn(turnedAway(6), 'yes');
      const call = run(attempt);
      await settle();
      expect(call.ending).toBe('provider_unavailable');
      expect(attempts.count).toBe(1);
      expect(timer.pending).toEqual([]);
    });

    it('has for all attempts together no more time than the deadline', async () => {
      const { run, timer } = createCalling({ deadlineSeconds: 6 });
      let attempts = 0;
      const call = run(async () => {
        attempts += 1;
        return attempts === 1 ? Promise.reject(turnedAway(4)) : never();
      });
      await timer.pass(5.999);
      expect(attempts).toBe(2);
      expect(call.ending).toBeNull();
      await timer.pass(0.001);
      expect(call.ending).toBe('provider_unavailable');
    });

    it('is not attempted again for a caller that has gone in the pause', async () => {
      const { run, timer } = createCalling();
      const leaving = new AbortController();
      const { attempt, attempts } = inTurn(turnedAway(), 'yes');
      const call = run(attempt, { signal: leaving.signal });
      await settle();
      leaving.abort();
      await timer.pass(10);
      expect(call.ending).toBe('provider_unavailable');
      expect(attempts.count).toBe(1);
    });
  });

  it.each([
    ['an outage', outage()],
    ['a refusal', new RejectedError('evidence_rejected', { message: 'no' })],
    ['a quota', new UnavailableError('provider_quota_exhausted', { message: 'no' })],
    ['a bug', new TypeError('a bug')],
  ])('is attempted once where nobody knows what the vendor did: %s', async (_, error) => {
    const { run, timer } = createCalling();
    const { attempt, attempts } = inTurn(error, 'yes');
    run(attempt);
    await timer.pass(60);
    expect(attempts.count).toBe(1);
  });

  it('is prepared once, when it has its turn, however often it is attempted', async () => {
    const { run, timer } = createCalling();
    let prepared = 0;
    const { attempt } = inTurn(turnedAway(), turnedAway(), 'yes');
    const call = run(attempt, {
      before: async () => {
        prepared += 1;
      },
    });
    await timer.pass(5);
    expect(call.ending).toBe('yes');
    expect(prepared).toBe(1);
  });

  it('ends in what its preparation throws, and the vendor is not asked', async () => {
    const { run, calls } = createCalling({ failuresToOpen: 1 });
    const { attempt, attempts } = inTurn('yes');
    for (const code of ['provider_budget_exhausted', 'store_unavailable', 'provider_unavailable'] as const) {
      const error = new UnavailableError(code, { message: 'no' });
      const call = run(attempt, { before: () => Promise.reject(error) });
      await settle();
      expect(call.error).toBe(error);
    }
    expect(attempts.count).toBe(0);
    expect(calls.state).toEqual({ breaker: 'closed', running: 0, waiting: 0 });
  });
});

describe('calls of one key', () => {
  it('share one call while it is under way, and its end', async () => {
    const { run } = createCalling();
    const { attempt, attempts } = inTurn('first', outage(), 'third');
    const both = [run(attempt, { key: 'a' }), run(attempt, { key: 'a' })];
    await settle();
    expect(both.map(({ ending }) => ending)).toEqual(['first', 'first']);
    const failed = [run(attempt, { key: 'a' }), run(attempt, { key: 'a' })];
    await settle();
    expect(failed.map(({ ending }) => ending)).toEqual(['provider_unavailable', 'provider_unavailable']);
    const third = run(attempt, { key: 'a' });
    await settle();
    expect(third.ending).toBe('third');
    expect(attempts.count).toBe(3);
  });

  it('are not those of another key, or of none', async () => {
    const { run } = createCalling();
    const { attempt, attempts } = inTurn('1', '2', '3', '4');
    const all = [run(attempt, { key: 'a' }), run(attempt, { key: 'b' }), run(attempt), run(attempt)];
    await settle();
    expect(all.map(({ ending }) => ending)).toEqual(['1', '2', '3', '4']);
    expect(attempts.count).toBe(4);
  });

  it('go on when one of the callers has gone', async () => {
    const { run, timer } = createCalling();
    const leaving = new AbortController();
    let answer: (value: string) => void = () => undefined;
    const attempt = () =>
      new Promise<string>((resolve) => {
        answer = resolve;
      });
    const gone = run(attempt, { key: 'a', signal: leaving.signal });
    const staying = run(attempt, { key: 'a', signal: new AbortController().signal });
    await settle();
    leaving.abort();
    await timer.pass(1);
    expect([gone.ending, staying.ending]).toEqual(['provider_unavailable', null]);
    answer('yes');
    await settle();
    expect(staying.ending).toBe('yes');
  });
});

describe('more calls than may run at once', () => {
  /** Attempts that end one by one. */
  function createGates() {
    const open: (() => void)[] = [];
    const started: number[] = [];
    const attempt = (index: number) => () => {
      started.push(index);
      return new Promise<string>((resolve) => {
        open.push(() => {
          resolve(`answer ${index}`);
        });
      });
    };
    return { open, started, attempt };
  }

  it('wait for their turn, first come, first served', async () => {
    const { run, calls } = createCalling({ maxRunning: 2 });
    const { open, started, attempt } = createGates();
    const all = [0, 1, 2, 3].map((index) => run(attempt(index)));
    await settle();
    expect(started).toEqual([0, 1]);
    expect(calls.state).toMatchObject({ running: 2, waiting: 2 });
    for (let turn = 0; turn < 4; turn += 1) {
      open.shift()?.();
      await settle();
    }
    expect(started).toEqual([0, 1, 2, 3]);
    expect(all.map(({ ending }) => ending)).toEqual([0, 1, 2, 3].map((index) => `answer ${index}`));
    expect(calls.state).toMatchObject({ running: 0, waiting: 0 });
  });

  it('are refused when too many wait', async () => {
    const { run, calls } = createCalling({ maxRunning: 1, maxWaiting: 1 });
    const { started, attempt } = createGates();
    const [, , third] = [0, 1, 2].map((index) => run(attempt(index)));
    await settle();
    expect(third?.error).toMatchObject({ code: 'provider_overloaded', retryAfterSeconds: 2 });
    expect(third?.error).toBeInstanceOf(UnavailableError);
    expect(started).toEqual([0]);
    expect(calls.state).toEqual({ breaker: 'closed', running: 1, waiting: 1 });
  });

  it('may be told not to wait at all', async () => {
    const { run } = createCalling({ maxRunning: 1, maxWaiting: 0 });
    const { attempt } = createGates();
    const [, second] = [0, 1].map((index) => run(attempt(index)));
    await settle();
    expect(second?.ending).toBe('provider_overloaded');
  });

  it('are refused as too many, not as an outage, when their turn does not come in time', async () => {
    const { run, timer, calls } = createCalling({ maxRunning: 1, failuresToOpen: 2, maxWaitSeconds: 3 });
    const { attempt } = createGates();
    const all = [0, 1, 2, 3].map((index) => run(attempt(index)));
    await timer.pass(3);
    const overloaded = 'provider_overloaded';
    expect(all.map(({ ending }) => ending)).toEqual([null, overloaded, overloaded, overloaded]);
    expect(calls.state).toEqual({ breaker: 'closed', running: 1, waiting: 0 });
  });

  it('have their whole time when their turn comes late', async () => {
    const { run, timer } = createCalling({ maxRunning: 1 });
    const { open, attempt } = createGates();
    const [, late] = [0, 1].map((index) => run(attempt(index)));
    await timer.pass(4);
    open.shift()?.();
    await timer.pass(4.999);
    expect(late?.ending).toBeNull();
    open.shift()?.();
    await settle();
    expect(late?.ending).toBe('answer 1');
  });

  it('leave the queue when their caller has gone, and the next one gets the turn', async () => {
    const { run, calls } = createCalling({ maxRunning: 1 });
    const { open, started, attempt } = createGates();
    const leaving = new AbortController();
    run(attempt(0));
    const gone = run(attempt(1), { signal: leaving.signal });
    const next = run(attempt(2));
    await settle();
    leaving.abort();
    await settle();
    expect(gone.ending).toBe('provider_unavailable');
    expect(calls.state).toMatchObject({ running: 1, waiting: 1 });
    open.shift()?.();
    await settle();
    open.shift()?.();
    await settle();
    expect(next.ending).toBe('answer 2');
    expect(started).toEqual([0, 2]);
    expect(calls.state).toMatchObject({ running: 0, waiting: 0 });
  });

  it('lose no turn to a caller that goes in the moment in which it gets it', async () => {
    const leaving = new AbortController();
    const timer = createManualTimer();
    let waits = 0;
    const { run, calls } = createCalling({
      maxRunning: 1,
      timer: {
        wait: (milliseconds, signal) => {
          waits += 1;
          // The second one is that of the first who waits; it ends as soon as there is a turn.
          if (waits === 2) {
            signal.addEventListener('abort', () => {
              leaving.abort();
            });
          }
          return timer.wait(milliseconds, signal);
        },
      },
    });
    const { open, attempt } = createGates();
    run(attempt(0));
    await settle();
    const gone = run(attempt(1), { signal: leaving.signal });
    const next = run(attempt(2));
    await settle();
    open.shift()?.();
    await settle();
    expect(gone.ending).toBe('provider_unavailable');
    open.shift()?.();
    open.shift()?.();
    await settle();
    expect(next.ending).toBe('answer 2');
    expect(calls.state).toMatchObject({ running: 0, waiting: 0 });
  });

  it('are all ended when the one who runs fails', async () => {
    const { run, calls } = createCalling({ maxRunning: 1 });
    const all = [outage(), new TypeError('a bug'), outage()].map((error) => run(() => Promise.reject(error)));
    await settle();
    expect(all.every(({ error }) => error !== null)).toBe(true);
    expect(calls.state).toMatchObject({ running: 0, waiting: 0 });
  });
});

describe('the options of calls to a vendor', () => {
  it.each<[string, Partial<CreateVendorCallsOptions>]>([
    ['timeoutSeconds', { timeoutSeconds: 0 }],
    ['timeoutSeconds', { timeoutSeconds: 61 }],
    ['maxWaitSeconds', { maxWaitSeconds: 0 }],
    ['maxWaitSeconds', { maxWaitSeconds: 61 }],
    ['deadlineSeconds', { deadlineSeconds: 4.9 }],
    ['deadlineSeconds', { deadlineSeconds: 121 }],
    ['deadlineSeconds', { deadlineSeconds: Number.NaN }],
    ['maxAttempts', { maxAttempts: 0 }],
    ['maxAttempts', { maxAttempts: 11 }],
    ['retryBaseSeconds', { retryBaseSeconds: -1 }],
    ['retryBaseSeconds', { retryBaseSeconds: 61 }],
    ['retryCapSeconds', { retryCapSeconds: Number.NaN }],
    ['maxRunning', { maxRunning: 0 }],
    ['maxRunning', { maxRunning: 10_001 }],
    ['maxWaiting', { maxWaiting: -1 }],
    ['maxWaiting', { maxWaiting: 100_001 }],
    ['failuresToOpen', { failuresToOpen: 0 }],
    ['failuresToOpen', { failuresToOpen: 1001 }],
    ['openSeconds', { openSeconds: 0 }],
    ['openSeconds', { openSeconds: 3601 }],
  ])('refuse a wrong %s: %j', (option, wrong) => {
    const error = thrownBy(() => createVendorCalls({ timeoutSeconds: 5, ...wrong }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });

  it('give an attempt of more than 10 seconds its time', async () => {
    const { run, timer } = createCalling({ timeoutSeconds: 60 });
    const call = run(never);
    await timer.pass(59.999);
    expect(call.ending).toBeNull();
    await timer.pass(0.001);
    expect(call.ending).toBe('provider_unavailable');
  });
});
