import { describe, expect, it } from 'vitest';

import { UnavailableError } from '../../../src/core/errors.js';
import type {
  RateLimitStore,
  TokenBucketOutcome,
  TokenBucketRequest,
} from '../../../src/contracts/rate-limit-store.js';
import { createMemoryStores } from '../../../src/memory.js';
import { rateLimitStoreContract } from '../../../src/testing/contracts/rate-limit-store-contract.js';
import { failingCases } from './failing-cases.js';

type Take = RateLimitStore['takeToken'];

/** What the buckets of a store may do wrong. */
interface Flaws {
  /** How many tokens there are after some time; the bucket may hold that many. */
  readonly refill?: (tokens: number, seconds: number, request: TokenBucketRequest) => number;
  /** What a refusal leaves in the bucket. */
  readonly refused?: (available: number) => number;
  /** What the time of the bucket is after a request at a time. */
  readonly moment?: (at: number, now: number) => number;
  readonly wait?: (seconds: number) => number;
  readonly pause?: () => Promise<unknown>;
  /** What may be missing of a token. */
  readonly slack?: number;
}

/** A plain store of buckets in floating point, good but for its flaws. */
function createPlainStore(flaws: Flaws): RateLimitStore {
  const {
    refill = (tokens: number, seconds: number, { capacity, refillPerSecond }: TokenBucketRequest) =>
      Math.min(capacity, tokens + Math.max(0, seconds) * refillPerSecond),
    refused,
    moment = (at: number, now: number) => Math.max(at, now),
    slack = 1e-6,
    wait = (seconds: number) => Math.max(1, Math.ceil(seconds - slack)),
    pause,
  } = flaws;
  const { rateLimits: good } = createMemoryStores();
  const buckets = new Map<string, { readonly tokens: number; readonly at: number }>();
  return {
    takeToken: async (request) => {
      // What is out of bounds is refused by a good store; the bucket there is another.
      await good.takeToken({ ...request, capacity: request.capacity === 1 ? 1_000_000 : request.capacity });
      const { key, capacity, now } = request;
      const refillPerSecond = Math.max(request.refillPerSecond, 1e-9);
      const bucket = buckets.get(key) ?? { tokens: capacity, at: now.getTime() };
      if (pause) await pause();
      const at = moment(bucket.at, now.getTime());
      const seconds = (now.getTime() - bucket.at) / 1000;
      const available = refill(bucket.tokens, seconds, request);
      if (available < 1 - slack) {
        if (refused) buckets.set(key, { tokens: refused(available), at });
        const lag = Math.max(0, bucket.at - now.getTime()) / 1000;
        return { taken: false, retryAfterSeconds: wait((1 - available) / refillPerSecond + lag) };
      }
      buckets.set(key, { tokens: available - 1, at });
      return { taken: true };
    },
  };
}

const failing = (spoil: () => RateLimitStore, clock: 'caller' | 'server' = 'caller') =>
  failingCases(rateLimitStoreContract({ clock, create: async () => ({ store: spoil() }) }));

/** A good store that is asked for something else, or whose answer is changed. */
const asking = (
  change: (request: TokenBucketRequest) => TokenBucketRequest,
  answer: (outcome: TokenBucketOutcome) => TokenBucketOutcome = (outcome) => outcome,
) =>
  failing(() => {
    const { rateLimits } = createMemoryStores();
    return { takeToken: async (request) => answer(await rateLimits.takeToken(change(request))) };
  });

const BACK = 'a token is back after the time that was told, and not before';

describe('the contract of a store of rate limits finds a store that', () => {
  it('is good: nothing', async () => {
    expect(await asking((request) => request)).toEqual([]);
    expect(await failing(() => createPlainStore({}))).toEqual([]);
  });

  it('is good by its own clock: nothing', async () => {
    const found = await failing(() => byServer(createMemoryStores().rateLimits), 'server');
    expect(found).toEqual([]);
  });

  it('gives whatever is asked for, or nothing', async () => {
    const generous = await failing(() => ({ takeToken: async () => ({ taken: true }) }));
    expect(generous).toContain('a bucket is full at first, and gives as many tokens as it holds');
    expect(generous).toContain('of many who want a token at once as many get one as there are');
    const mean = await failing(() => ({ takeToken: async () => ({ taken: false, retryAfterSeconds: 1 }) }));
    expect(mean).toContain('a bucket is full at first, and gives as many tokens as it holds');
  });

  it('holds one token less, or begins empty', async () => {
    const less = await asking((request) => ({ ...request, capacity: Math.max(1, request.capacity - 1) }));
    expect(less).toContain('a bucket is full at first, and gives as many tokens as it holds');
    const empty = await failing(() => {
      const known = new Set<string>();
      const { rateLimits } = createMemoryStores();
      return {
        takeToken: async (request) => {
          if (known.has(request.key)) return rateLimits.takeToken(request);
          known.add(request.key);
          return { taken: false, retryAfterSeconds: 1 };
        },
      };
    });
    expect(empty).toContain('a bucket is full at first, and gives as many tokens as it holds');
  });

  it('never refills, or too slowly', async () => {
    const never = await failing(() => createPlainStore({ refill: (tokens) => tokens }));
    expect(never).toContain(BACK);
    const slow = await failing(() =>
      createPlainStore({
        refill: (tokens, seconds, { capacity, refillPerSecond }) =>
          Math.min(capacity, tokens + seconds * refillPerSecond * 0.99),
      }),
    );
    expect(slow).toContain(BACK);
  });

  it('refills in whole seconds, or whole tokens, and loses the rest', async () => {
    const seconds = await failing(() =>
      createPlainStore({
        refill: (tokens, elapsed, { capacity, refillPerSecond }) =>
          Math.min(capacity, tokens + Math.floor(Math.max(0, elapsed)) * refillPerSecond),
      }),
    );
    expect(seconds).toContain('as many tokens come back as time has passed for');
    const tokens = await failing(() =>
      createPlainStore({
        refill: (left, elapsed, { capacity, refillPerSecond }) =>
          Math.min(capacity, left + Math.floor(Math.max(0, elapsed) * refillPerSecond + 1e-6)),
      }),
    );
    expect(tokens).toContain('fractions of a token add up');
  });

  it('takes what rounding has lost for missing', async () => {
    const found = await failing(() => createPlainStore({ slack: 0 }));
    expect(found).toContain('of the wait the time that has passed is taken off');
    expect(found).toContain('fractions of a token add up');
  });

  it('refills beyond the capacity', async () => {
    const beyond = (tokens: number, seconds: number, { refillPerSecond }: TokenBucketRequest) =>
      tokens + Math.max(0, seconds) * refillPerSecond;
    const found = await failing(() => createPlainStore({ refill: beyond }));
    expect(found).toEqual([
      'a smaller capacity holds from then on',
      'a bucket never holds more than its capacity',
    ]);
    const byServers = await failing(() => byServer(createPlainStore({ refill: beyond })), 'server');
    expect(byServers).toContain('a token is back after the time that was told');
  });

  it('fills a bucket up when its capacity grows', async () => {
    const found = await failing(() => {
      const capacities = new Map<string, number>();
      const { rateLimits } = createMemoryStores();
      return {
        takeToken: async (request) => {
          const { key, capacity } = request;
          const grown = (capacities.get(key) ?? capacity) < capacity;
          capacities.set(key, capacity);
          return grown ? { taken: true } : rateLimits.takeToken(request);
        },
      };
    });
    expect(found).toContain('a larger capacity is room, and no tokens');
  });

  it('takes a token when it refuses', async () => {
    const found = await failing(() => createPlainStore({ refused: (available) => available - 1 }));
    expect(found).toContain('who is refused loses nothing by asking');
  });

  it('starts the wait anew when it refuses', async () => {
    const found = await failing(() => createPlainStore({ refused: () => 0 }));
    expect(found).toContain('who is refused loses nothing by asking');
  });

  it('tells a wait that is too short, too long, a fraction, or none', async () => {
    const short = await failing(() =>
      createPlainStore({ wait: (seconds) => Math.max(1, Math.floor(seconds + 1e-6)) }),
    );
    expect(short).toContain(BACK);
    const long = await failing(() => createPlainStore({ wait: (seconds) => Math.ceil(seconds) + 1 }));
    expect(long).toContain(BACK);
    const fraction = await failing(() => createPlainStore({ wait: (seconds) => seconds }));
    expect(fraction).toContain('a wait of less than a second is one of a second');
    const whole = await failing(() =>
      createPlainStore({ wait: (seconds) => Math.max(1, Math.round(seconds * 1e6) / 1e6) }),
    );
    expect(whole).toContain(BACK);
    const zero = await failing(() => createPlainStore({ wait: (seconds) => Math.floor(seconds) }));
    expect(zero).toContain('a wait of less than a second is one of a second');
  });

  it('does not count the time that has passed in the wait', async () => {
    const found = await asking(
      (request) => request,
      (outcome) =>
        outcome.taken || outcome.retryAfterSeconds !== 7 ? outcome : { taken: false, retryAfterSeconds: 10 },
    );
    expect(found).toContain('of the wait the time that has passed is taken off');
  });

  it('goes back with the clock', async () => {
    const found = await failing(() => createPlainStore({ moment: (_, now) => now }));
    expect(found).toEqual(['a clock that goes back refills nothing, also when it is where it was']);
  });

  it('takes tokens away when the clock goes back', async () => {
    const found = await failing(() =>
      createPlainStore({
        refill: (tokens, seconds, { capacity, refillPerSecond }) =>
          Math.min(capacity, tokens + seconds * refillPerSecond),
      }),
    );
    expect(found).toContain('a clock that goes back takes nothing away');
  });

  it('shares buckets between keys, or cuts keys', async () => {
    const shared = await asking((request) => ({ ...request, key: request.key.trim().toLowerCase() }));
    expect(shared).toEqual(['keys are told apart exactly']);
    const normalised = await asking((request) => ({ ...request, key: request.key.normalize() }));
    expect(normalised).toEqual(['keys are told apart exactly']);
    const cut = await asking((request) =>
      request.key.length > 200 ? request : { ...request, key: request.key.slice(0, 150) },
    );
    expect(cut).toEqual(['keys of 200 characters are kept whole']);
  });

  it('takes what is out of bounds, or not what is at the bounds', async () => {
    const lax = await asking((request) => ({
      ...request,
      capacity: Math.max(1, Math.min(request.capacity, 10)) || 1,
    }));
    expect(lax).toContain('a bucket out of bounds is refused, and nothing is taken');
    const strict = await failing(() => {
      const { rateLimits } = createMemoryStores();
      return {
        takeToken: (request) =>
          rateLimits.takeToken(
            request.capacity === 1_000_000 ? { ...request, capacity: 1_000_001 } : request,
          ),
      };
    });
    expect(strict).toEqual(['a bucket at the bounds is good']);
  });

  it('looks first and writes later', async () => {
    const found = await failing(() => createPlainStore({ pause: () => new Promise(setImmediate) }));
    expect(found).toContain('of many who want a token at once as many get one as there are');
  });

  it('shares nothing with its twin', async () => {
    const one = () => createMemoryStores().rateLimits;
    const found = await failingCases(
      rateLimitStoreContract({
        clock: 'caller',
        create: async () => ({ store: one() }),
        createPair: async () => ({ stores: [one(), one()] }),
      }),
    );
    expect(found).toEqual([
      'two processes take from one bucket',
      'of many in two processes who want a token at once as many get one as there are',
    ]);
  });

  it('believes the caller about the time, though its server has a clock', async () => {
    const found = await failing(() => createMemoryStores().rateLimits, 'server');
    expect(found).toContain('what time the caller believes it to be does not matter');
  });

  it.each<[string, Take]>([
    ['says yes when it cannot count', async () => ({ taken: true })],
    ['says no when it cannot count', async () => ({ taken: false, retryAfterSeconds: 1 })],
    ['fails with an error of its own', async () => Promise.reject(new Error('ECONNREFUSED'))],
    [
      'fails with another code',
      async () => Promise.reject(new UnavailableError('authority_unavailable', { message: 'odd' })),
    ],
  ])('%s', async (_, takeToken) => {
    const found = await failingCases(
      rateLimitStoreContract({
        clock: 'caller',
        create: async () => ({ store: createMemoryStores().rateLimits }),
        createUnreachable: async () => ({ store: { takeToken } }),
      }),
    );
    expect(found).toEqual(['a store that cannot count says so']);
  });
});

/** A store by the clock of the machine, as a server would have it. */
function byServer(store: RateLimitStore): RateLimitStore {
  return { takeToken: (request) => store.takeToken({ ...request, now: new Date() }) };
}
