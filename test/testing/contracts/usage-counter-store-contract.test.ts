import { describe, expect, it } from 'vitest';

import type {
  CountUsageOutcome,
  CountUsageRequest,
  UsageCounterStore,
} from '../../../src/contracts/usage-counter-store.js';
import { createMemoryStores } from '../../../src/memory.js';
import { usageCounterStoreContract } from '../../../src/testing/contracts/usage-counter-store-contract.js';
import { failingCases } from './failing-cases.js';

const failing = (create: () => UsageCounterStore) =>
  failingCases(usageCounterStoreContract({ create: async () => ({ store: create() }) }));

/** A good store that is asked for something else, or whose answer is changed. */
const asking = (
  change: (request: CountUsageRequest) => CountUsageRequest,
  answer: (outcome: CountUsageOutcome) => CountUsageOutcome = (outcome) => outcome,
) =>
  failing(() => {
    const { usageCounters } = createMemoryStores();
    return { countUsage: async (request) => answer(await usageCounters.countUsage(change(request))) };
  });

const TO_THE_LIMIT = 'uses are counted from one up to the limit';
const EACH_LIMIT = 'the limit of each request counts';
const KEYS = 'keys are told apart exactly';
const ANEW = 'a counter whose time is over starts anew';
const KEPT = 'a counter is kept until its time is over';
const LATEST = 'of the times that are given with uses the latest counts, in whichever order they come';
const NOTHING = 'what is not counted changes nothing';
const BOUNDS = 'a request out of bounds is refused, and nothing is counted';
const AT_ONCE =
  'of many who count at once each is told another total, and no more than the limit are counted';

describe('the contract of a store of usage counters finds a store that', () => {
  it('is good: nothing', async () => {
    expect(await asking((request) => request)).toEqual([]);
  });

  it('is good by its own clock: nothing', async () => {
    expect(await asking((request) => ({ ...request, now: checked(request.now, new Date()) }))).toEqual([]);
  });

  it('counts beyond the limit, or not up to it, or from zero', async () => {
    expect(await asking((request) => ({ ...request, limit: request.limit + 1 }))).toContain(TO_THE_LIMIT);
    const less = await asking((request) => ({ ...request, limit: Math.max(1, request.limit - 1) }));
    expect(less).toContain(TO_THE_LIMIT);
    const zero = await asking(
      (request) => request,
      (outcome) => ({ ...outcome, total: outcome.total - 1 }),
    );
    expect(zero).toContain(TO_THE_LIMIT);
  });

  it('goes by the first limit', async () => {
    const found = await failing(() => {
      const { usageCounters } = createMemoryStores();
      const limits = new Map<string, number>();
      return {
        countUsage: (request) => {
          const limit = limits.get(request.key) ?? request.limit;
          limits.set(request.key, limit);
          return usageCounters.countUsage({ ...request, limit });
        },
      };
    });
    expect(found).toContain(EACH_LIMIT);
  });

  it('takes keys for the same that are not', async () => {
    for (const change of [
      (key: string) => key.toLowerCase(),
      (key: string) => key.trim() || 'a',
      (key: string) => key.normalize(),
      (key: string) => key.slice(0, 199),
    ])
      expect(
        await asking((request) =>
          request.key === '' || request.key.length > 200 ? request : { ...request, key: change(request.key) },
        ),
      ).toEqual([KEYS]);
  });

  it('never starts anew, or too early', async () => {
    const never = await asking((request) => ({
      ...request,
      expiresAt: checked(request.expiresAt, new Date('2300-01-01')),
    }));
    expect(never).toEqual([ANEW]);
    const early = await asking((request) => ({
      ...request,
      expiresAt: new Date(request.expiresAt.getTime() - 1000),
    }));
    expect(early).toEqual([KEPT]);
  });

  it('goes by the first time that was given, or by the last', async () => {
    const first = await failing(() => {
      const { usageCounters } = createMemoryStores();
      const ends = new Map<string, Date>();
      return {
        countUsage: (request) => {
          const expiresAt = ends.get(request.key) ?? request.expiresAt;
          if (!request.key.startsWith('over')) ends.set(request.key, expiresAt);
          return usageCounters.countUsage({ ...request, expiresAt: checked(request.expiresAt, expiresAt) });
        },
      };
    });
    expect(first).toContain(LATEST);
    const last = await failing(() => {
      const { usageCounters } = createMemoryStores();
      const ends = new Map<string, Date>();
      const rounds = new Map<string, number>();
      return {
        countUsage: async (request) => {
          const round = rounds.get(request.key) ?? 0;
          const over = (ends.get(request.key) ?? request.now) < request.now;
          rounds.set(request.key, over ? round + 1 : round);
          const outcome = await usageCounters.countUsage({
            ...request,
            key: rounds.get(request.key) ? `${request.key}#${rounds.get(request.key)}` : request.key,
          });
          if (outcome.counted) ends.set(request.key, request.expiresAt);
          return outcome;
        },
      };
    });
    expect(last).toContain(LATEST);
  });

  it('counts what it refuses', async () => {
    const found = await failing(() => {
      const totals = new Map<string, number>();
      const { usageCounters } = createMemoryStores();
      return {
        countUsage: async (request) => {
          await usageCounters.countUsage({ ...request, limit: checkedLimit(request.limit) });
          const over = request.expiresAt <= request.now;
          const total = (totals.get(request.key) ?? 0) + (over ? 0 : 1);
          totals.set(request.key, total);
          return { counted: total <= request.limit, total: Math.min(total, request.limit) };
        },
      };
    });
    expect(found).toContain(EACH_LIMIT);
    expect(found).toContain(NOTHING);
  });

  it('takes what is out of bounds', async () => {
    const found = await asking((request) => ({
      ...request,
      limit: Math.min(Math.max(1, Math.ceil(request.limit)), 1_000_000_000) || 1,
    }));
    expect(found).toEqual([BOUNDS]);
  });

  it('looks first and writes later', async () => {
    const found = await failing(() => {
      const { usageCounters } = createMemoryStores();
      const totals = new Map<string, number>();
      return {
        countUsage: async (request) => {
          const total = (totals.get(request.key) ?? 0) + 1;
          await new Promise(setImmediate);
          totals.set(request.key, total);
          await usageCounters.countUsage(request);
          return total <= request.limit ? { counted: true, total } : { counted: false, total: request.limit };
        },
      };
    });
    expect(found).toContain(AT_ONCE);
  });

  it('shares nothing with its twin', async () => {
    const one = () => createMemoryStores().usageCounters;
    const found = await failingCases(
      usageCounterStoreContract({
        create: async () => ({ store: one() }),
        createPair: async () => ({ stores: [one(), one()] }),
      }),
    );
    expect(found).toEqual([
      'two processes count together',
      'of many in two processes who count at once each is told another total',
    ]);
  });

  it('says that nothing is left when it cannot count', async () => {
    const found = await failingCases(
      usageCounterStoreContract({
        create: async () => ({ store: createMemoryStores().usageCounters }),
        createUnreachable: async () => ({
          store: { countUsage: async () => ({ counted: false, total: 1 }) },
        }),
      }),
    );
    expect(found).toEqual(['a store that cannot count says so']);
  });
});

/** Another time instead of one that is a time. */
function checked(given: Date, instead: Date): Date {
  return Number.isNaN(given.getTime()) ? given : instead;
}

/** The largest limit instead of one that is in bounds. */
function checkedLimit(limit: number): number {
  return Number.isInteger(limit) && limit >= 1 && limit <= 1_000_000_000 ? 1_000_000_000 : limit;
}
