import { describe, expect, it } from 'vitest';

import { MalformedError, RejectedError, UnavailableError } from '../../src/core/errors.js';
import type { VendorState } from '../../src/contracts/vendor-probe.js';
import { createCalling, createProbe, outage, turnedAway } from './calling.js';
import { settle } from './manual-timer.js';

type Calling = ReturnType<typeof createCalling>;

const failing = () => Promise.reject(outage());
const good = async () => 'yes';

/** So many calls, one after another; gives how each ended. */
async function runMany(
  { run }: Calling,
  count: number,
  attempt: () => Promise<string>,
): Promise<readonly (string | null)[]> {
  const endings: (string | null)[] = [];
  for (let index = 0; index < count; index += 1) {
    const call = run(attempt);
    await settle();
    endings.push(call.ending);
  }
  return endings;
}

/** Whether a call reaches the vendor. */
async function reaches({ run }: Calling): Promise<boolean> {
  let reached = false;
  run(async () => {
    reached = true;
    return 'yes';
  });
  await settle();
  return reached;
}

describe('a breaker without a probe', () => {
  it('opens after five outages in a row, and then the vendor is left alone', async () => {
    const calling = createCalling();
    await runMany(calling, 4, failing);
    expect(calling.calls.state.breaker).toBe('closed');
    await runMany(calling, 1, failing);
    expect(calling.calls.state.breaker).toBe('open');
    await calling.timer.pass(10.5);
    let reached = false;
    const refused = calling.run(async () => {
      reached = true;
      return 'yes';
    });
    await settle();
    expect(reached).toBe(false);
    expect(refused.error).toMatchObject({ code: 'provider_unavailable', retryAfterSeconds: 20 });
  });

  it.each([
    ['an answer', good],
    ['a refusal', () => Promise.reject(new RejectedError('evidence_rejected', { message: 'no' }))],
    ['a malformed one', () => Promise.reject(new MalformedError('evidence_malformed', { message: 'no' }))],
    [
      'an exhausted quota',
      () => Promise.reject(new UnavailableError('provider_quota_exhausted', { message: 'no' })),
    ],
    [
      'refused credentials',
      () => Promise.reject(new UnavailableError('provider_misconfigured', { message: 'no' })),
    ],
  ])('counts from the beginning after %s', async (_, answer) => {
    const calling = createCalling();
    await runMany(calling, 4, failing);
    await runMany(calling, 1, answer);
    await runMany(calling, 4, failing);
    expect(calling.calls.state.breaker).toBe('closed');
    await runMany(calling, 1, failing);
    expect(calling.calls.state.breaker).toBe('open');
  });

  it('counts a bug of ours neither as an outage nor as an answer', async () => {
    const calling = createCalling();
    await runMany(calling, 4, failing);
    await runMany(calling, 9, () => Promise.reject(new TypeError('a bug')));
    expect(calling.calls.state.breaker).toBe('closed');
    await runMany(calling, 1, failing);
    expect(calling.calls.state.breaker).toBe('open');
  });

  it('counts time-outs, and a call once, however often it was attempted', async () => {
    const calling = createCalling({ failuresToOpen: 2 });
    calling.run(() => Promise.reject(turnedAway()));
    await calling.timer.pass(5);
    expect(calling.calls.state.breaker).toBe('closed');
    calling.run(() => new Promise(() => undefined));
    await calling.timer.pass(5);
    expect(calling.calls.state.breaker).toBe('open');
  });

  it('does not count callers that have gone, nor a flood that is refused', async () => {
    const calling = createCalling({ failuresToOpen: 1, maxRunning: 4, maxWaiting: 4 });
    const leaving = new AbortController();
    const never = () => new Promise<never>(() => undefined);
    for (let index = 0; index < 100; index += 1) calling.run(never, { signal: leaving.signal });
    await settle();
    leaving.abort();
    await settle();
    expect(calling.calls.state).toEqual({ breaker: 'closed', running: 0, waiting: 0 });
    // An attempt that says itself that it was broken off.
    const late = new AbortController();
    const listening = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(outage());
        });
      });
    calling.run(listening, { signal: late.signal });
    await settle();
    late.abort();
    await settle();
    expect(calling.calls.state.breaker).toBe('closed');
  });

  it('refuses those that were waiting for their turn when it opened', async () => {
    const calling = createCalling({ failuresToOpen: 2, maxRunning: 1 });
    let attempts = 0;
    const all = Array.from({ length: 5 }, () =>
      calling.run(() => {
        attempts += 1;
        return failing();
      }),
    );
    await settle();
    expect(attempts).toBe(2);
    expect(all.map(({ ending }) => ending)).toEqual(Array(5).fill('provider_unavailable'));
  });

  it('lets one call through when its time is over, and closes if that is answered', async () => {
    const calling = createCalling();
    await runMany(calling, 5, failing);
    await calling.timer.pass(29.999);
    expect(await reaches(calling)).toBe(false);
    await calling.timer.pass(0.001);
    expect(calling.calls.state.breaker).toBe('half-open');
    let answer: (value: string) => void = () => undefined;
    const trial = calling.run(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    await settle();
    expect(await reaches(calling)).toBe(false);
    answer('yes');
    await settle();
    expect(trial.ending).toBe('yes');
    expect(calling.calls.state.breaker).toBe('closed');
    expect(await reaches(calling)).toBe(true);
    // It counts from the beginning.
    await runMany(calling, 4, failing);
    expect(calling.calls.state.breaker).toBe('closed');
  });

  it('opens again if that is not answered, and lets the next one try if it says nothing', async () => {
    const calling = createCalling();
    await runMany(calling, 5, failing);
    await calling.timer.pass(30);
    await runMany(calling, 1, failing);
    expect(calling.calls.state.breaker).toBe('open');
    await calling.timer.pass(30);
    await runMany(calling, 1, () => Promise.reject(new TypeError('a bug')));
    expect(calling.calls.state.breaker).toBe('half-open');
    await runMany(calling, 1, good);
    expect(calling.calls.state.breaker).toBe('closed');
  });

  it('is not moved by the end of a call that began before it opened', async () => {
    const calling = createCalling();
    const ends: ((error: Error) => void)[] = [];
    for (let index = 0; index < 9; index += 1)
      calling.run(
        () =>
          new Promise((_, reject) => {
            ends.push(reject);
          }),
      );
    await settle();
    for (const end of ends.splice(0, 5)) end(outage());
    await settle();
    await calling.timer.pass(3);
    for (const end of ends) end(outage());
    await settle();
    const refused = calling.run(good);
    await settle();
    expect(refused.error).toMatchObject({ retryAfterSeconds: 27 });
  });
});

describe('a breaker with a probe', () => {
  it('opens when the probe is not answered either', async () => {
    const probe = createProbe('unanswered');
    const calling = createCalling({ probe: probe.probe });
    await runMany(calling, 4, failing);
    expect(probe.asked).toBe(0);
    await runMany(calling, 1, failing);
    expect(probe.asked).toBe(1);
    expect(calling.calls.state.breaker).toBe('open');
    expect(await reaches(calling)).toBe(false);
  });

  it.each<VendorState>(['answered', 'quota'])(
    'stays closed through any number of outages that clients bring about while the probe says %s',
    async (state) => {
      const probe = createProbe(state);
      const calling = createCalling({ probe: probe.probe });
      await runMany(calling, 200, failing);
      expect(calling.calls.state.breaker).toBe('closed');
      expect(await reaches(calling)).toBe(true);
      // They cannot make us ask all the time either.
      expect(probe.asked).toBe(1);
      await calling.timer.pass(30);
      await runMany(calling, 200, failing);
      expect(probe.asked).toBe(2);
    },
  );

  it('asks again when its time is over, and opens if the vendor is down by then', async () => {
    const probe = createProbe('answered');
    const calling = createCalling({ probe: probe.probe });
    await runMany(calling, 5, failing);
    probe.state = 'unanswered';
    await runMany(calling, 20, failing);
    expect(calling.calls.state.breaker).toBe('closed');
    await calling.timer.pass(30);
    await runMany(calling, 5, failing);
    expect(calling.calls.state.breaker).toBe('open');
  });

  it('is closed by the probe, not by the evidence of a client', async () => {
    const probe = createProbe('unanswered');
    const calling = createCalling({ probe: probe.probe });
    await runMany(calling, 5, failing);
    await calling.timer.pass(30);
    // Not answered yet: the client is not let through.
    expect(await reaches(calling)).toBe(false);
    expect(probe.asked).toBe(2);
    expect(calling.calls.state.breaker).toBe('open');
    await calling.timer.pass(30);
    probe.state = 'answered';
    // A token on which the vendor stumbles comes first, and cannot keep it open.
    expect(await runMany(calling, 1, failing)).toEqual(['provider_unavailable']);
    expect(calling.calls.state.breaker).toBe('closed');
    expect(await reaches(calling)).toBe(true);
  });

  it('asks once, whoever comes while it asks', async () => {
    let answer: (state: VendorState) => void = () => undefined;
    let asked = 0;
    const calling = createCalling({
      probe: () => {
        asked += 1;
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    await runMany(calling, 9, failing);
    expect(asked).toBe(1);
    answer('unanswered');
    await settle();
    await calling.timer.pass(30);
    const first = calling.run(good);
    const others = [calling.run(good), calling.run(good)];
    await settle();
    expect(asked).toBe(2);
    expect(others.map(({ error }) => error)).toMatchObject([
      { code: 'provider_unavailable', retryAfterSeconds: 1 },
      { code: 'provider_unavailable', retryAfterSeconds: 1 },
    ]);
    answer('answered');
    await settle();
    expect(first.ending).toBe('yes');
  });

  it('does not open if an answer came while it asked', async () => {
    let answer: (state: VendorState) => void = () => undefined;
    const calling = createCalling({
      probe: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    await runMany(calling, 5, failing);
    await runMany(calling, 1, good);
    answer('unanswered');
    await settle();
    expect(calling.calls.state.breaker).toBe('closed');
  });

  it('refuses at once when it has opened, also where all turns are taken by calls that began before', async () => {
    let answer: (state: VendorState) => void = () => undefined;
    const calling = createCalling({
      maxRunning: 2,
      probe: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    await runMany(calling, 5, failing);
    for (let index = 0; index < 2; index += 1) calling.run(() => new Promise(() => undefined));
    answer('unanswered');
    await settle();
    expect(await runMany(calling, 1, good)).toEqual(['provider_unavailable']);
    expect(calling.calls.state).toEqual({ breaker: 'open', running: 2, waiting: 0 });
  });

  it('takes a probe that never ends for one that is not answered, and tells it', async () => {
    let signal: AbortSignal | null = null;
    const calling = createCalling({
      probe: (given) => {
        signal = given;
        return new Promise(() => undefined);
      },
    });
    await runMany(calling, 5, failing);
    await calling.timer.pass(4.999);
    expect(calling.calls.state.breaker).toBe('closed');
    await calling.timer.pass(0.001);
    expect(calling.calls.state.breaker).toBe('open');
    expect(signal).toMatchObject({ aborted: true });
  });

  it('does not open for a probe that rejects', async () => {
    const calling = createCalling({ probe: () => Promise.reject(new TypeError('a bug')) });
    await runMany(calling, 9, failing);
    expect(calling.calls.state.breaker).toBe('closed');
  });
});
