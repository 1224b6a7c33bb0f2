import { describe, expect, it } from 'vitest';

import type { DeviceTrustEvent } from '../../src/contracts/event-sink.js';
import type { CountUsageRequest } from '../../src/contracts/usage-counter-store.js';
import { ConfigurationError, UnavailableError } from '../../src/core/errors.js';
import { createMemoryStores } from '../../src/memory.js';
import {
  createVendorBudget,
  type VendorBudget,
  type VendorBudgetOptions,
  type VendorSpending,
} from '../../src/vendor/vendor-budget.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';

/** Noon in California, twelve hours before the end of the day. */
const NOON = new Date('2026-07-01T19:00:00Z');

function createBudget(options: Partial<VendorBudgetOptions> = {}) {
  const { usageCounters } = createMemoryStores();
  const events: DeviceTrustEvent[] = [];
  const record = (event: DeviceTrustEvent): void => {
    events.push(event);
  };
  const all = { usageCounters, provider: 'play-integrity', perDay: 10, events: { record }, ...options };
  return { budget: createVendorBudget(all), replica: createVendorBudget(all), events };
}

/** How many of so many calls were allowed. */
async function spendMany(
  budget: VendorBudget,
  count: number,
  purpose: VendorSpending['purpose'],
  now = NOON,
): Promise<number> {
  const outcomes = await Promise.allSettled(
    Array.from({ length: count }, () => budget.spend({ purpose, now })),
  );
  return outcomes.filter(({ status }) => status === 'fulfilled').length;
}

describe('a budget of calls to a vendor', () => {
  it('leaves a part to renewals that enrolments cannot use', async () => {
    const { budget } = createBudget();
    expect(await spendMany(budget, 20, 'enroll')).toBe(8);
    expect(await spendMany(budget, 20, 'renew')).toBe(2);
    expect(await spendMany(budget, 20, 'renew')).toBe(0);
  });

  it('counts what nobody said the purpose of as an enrolment, and a probe as what may use everything', async () => {
    const { budget } = createBudget();
    expect(await spendMany(budget, 20, null)).toBe(8);
    expect(await spendMany(budget, 20, 'probe')).toBe(2);
  });

  it('lets renewals use everything', async () => {
    const { budget } = createBudget();
    expect(await spendMany(budget, 20, 'renew')).toBe(10);
    expect(await spendMany(budget, 20, 'enroll')).toBe(0);
  });

  it.each([
    [0, 10, 10],
    [0.5, 10, 5],
    [0.9, 10, 1],
    [0.99, 10, 1],
    [0.2, 1, 1],
  ])('with a reserve of %d of %d allows %d enrolments', async (reserveForRenewals, perDay, allowed) => {
    const { budget } = createBudget({ reserveForRenewals, perDay });
    expect(await spendMany(budget, 20, 'enroll')).toBe(allowed);
  });

  it('is shared by all replicas', async () => {
    const { budget, replica } = createBudget();
    const allowed = await Promise.all([spendMany(budget, 20, 'renew'), spendMany(replica, 20, 'renew')]);
    expect(allowed.reduce((left, right) => left + right)).toBe(10);
  });

  it('is 10,000 a day unless said otherwise', async () => {
    const { usageCounters } = createMemoryStores();
    const budget = createVendorBudget({ usageCounters, provider: 'play-integrity' });
    expect(await spendMany(budget, 8001, 'enroll')).toBe(8000);
    expect(await spendMany(budget, 2001, 'renew')).toBe(2000);
  });

  it('is one of its own for each provider', async () => {
    const { usageCounters } = createMemoryStores();
    for (const provider of ['a', 'b'])
      expect(await spendMany(createBudget({ usageCounters, provider }).budget, 20, 'renew')).toBe(10);
  });

  it('begins anew at midnight in California, and says when that is', async () => {
    const { budget } = createBudget();
    await spendMany(budget, 10, 'renew');
    const midnight = new Date('2026-07-02T07:00:00Z');
    for (const [now, seconds] of [
      [NOON, 3600],
      [new Date(midnight.getTime() - 1_800_000), 1800],
      [new Date(midnight.getTime() - 1), 1],
    ] as const) {
      const error = await rejectionOf(budget.spend({ purpose: 'renew', now }));
      expect(error).toBeInstanceOf(UnavailableError);
      expect(error).toMatchObject({ code: 'provider_budget_exhausted', retryAfterSeconds: seconds });
    }
    expect(await spendMany(budget, 20, 'renew', midnight)).toBe(10);
    // A replica whose clock is behind goes on with the day before.
    expect(await spendMany(budget, 1, 'renew', new Date(midnight.getTime() - 60_000))).toBe(0);
  });

  it('counts in a counter of the day, which is kept for a day more', async () => {
    const requests: CountUsageRequest[] = [];
    const { budget } = createBudget({
      usageCounters: {
        countUsage: async (request) => {
          requests.push(request);
          return { counted: true, total: 1 };
        },
      },
    });
    await budget.spend({ purpose: 'enroll', now: NOON });
    expect(requests).toEqual([
      {
        key: 'calls:play-integrity:2026-07-01',
        limit: 8,
        expiresAt: new Date('2026-07-03T07:00:00Z'),
        now: NOON,
      },
    ]);
  });

  it('begins anew in the time zone that is named', async () => {
    const { budget } = createBudget({ resetTimeZone: 'UTC' });
    expect(await spendMany(budget, 20, 'renew')).toBe(10);
    expect(await spendMany(budget, 20, 'renew', new Date('2026-07-02T00:00:00Z'))).toBe(10);
  });

  it('gives each alarm once a day, whichever replica reaches it', async () => {
    const { budget, replica, events } = createBudget();
    const spend = async (now: Date) => {
      for (let index = 0; index < 12; index += 1)
        await Promise.all([spendMany(budget, 1, 'renew', now), spendMany(replica, 1, 'renew', now)]);
    };
    const alarm = (used: number, at: Date) => ({
      type: 'vendor_budget_low',
      at,
      provider: 'play-integrity',
      used,
      budget: 10,
    });
    await spend(NOON);
    expect(events).toEqual([5, 8, 10].map((used) => alarm(used, NOON)));
    const tomorrow = new Date(NOON.getTime() + 86_400_000);
    await spend(tomorrow);
    expect(events.slice(3)).toEqual([5, 8, 10].map((used) => alarm(used, tomorrow)));
  });

  it('gives the alarms that are asked for, those that fall together once, or none', async () => {
    for (const [alarmAt, expected] of [
      [
        [0.31, 0.32, 1],
        [4, 10],
      ],
      [[], []],
    ] as const) {
      const { budget, events } = createBudget({ alarmAt });
      await spendMany(budget, 20, 'renew');
      expect(events.map((event) => ('used' in event ? event.used : null))).toEqual(expected);
    }
  });

  it('makes no call if nobody took the alarm', async () => {
    const { budget } = createBudget({ events: { record: () => Promise.reject(new Error('full')) } });
    expect(await spendMany(budget, 4, 'enroll')).toBe(4);
    const error = await rejectionOf(budget.spend({ purpose: 'enroll', now: NOON }));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'audit_unavailable' });
    expect(await spendMany(budget, 1, 'enroll')).toBe(1);
  });

  it('makes no call if the store cannot count', async () => {
    const down = new UnavailableError('store_unavailable', { message: 'down' });
    const { budget } = createBudget({ usageCounters: { countUsage: () => Promise.reject(down) } });
    expect(await rejectionOf(budget.spend({ purpose: 'renew', now: NOON }))).toBe(down);
  });

  it.each<[string, Partial<VendorBudgetOptions>]>([
    ['provider', { provider: '' }],
    ['provider', { provider: 'p'.repeat(101) }],
    ['perDay', { perDay: 0 }],
    ['perDay', { perDay: 1.5 }],
    ['perDay', { perDay: 1_000_000_001 }],
    ['resetTimeZone', { resetTimeZone: 'Nowhere' }],
    ['alarmAt[1]', { alarmAt: [0.5, 0] }],
    ['alarmAt[0]', { alarmAt: [1.1] }],
    ['alarmAt[0]', { alarmAt: [Number.NaN] }],
    ['reserveForRenewals', { reserveForRenewals: -0.1 }],
    ['reserveForRenewals', { reserveForRenewals: 1 }],
    ['reserveForRenewals', { reserveForRenewals: Number.NaN }],
  ])('refuses a wrong %s: %j', (option, wrong) => {
    const error = thrownBy(() => createBudget(wrong));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });
});
