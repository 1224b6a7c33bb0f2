// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import type { RateLimitStore, TokenBucketRequest } from '../../contracts/rate-limit-store.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { after, bucket, countTaken } from './sample-bucket.js';
import type { StoreContractOptions } from './store-contract-options.js';

type Create = StoreContractOptions<RateLimitStore>['create'];

/** The part of the contract of {@link RateLimitStore} that is about time, for stores by the clock of the caller. */
export function callerClockCases(create: Create): readonly ContractCase[] {
  return [
    contractCase(
      'a token is back after the time that was told, and not before',
      create,
      async ({ store }) => {
        for (const [refillPerSecond, seconds] of [
          [0.1, 10],
          [1 / 60, 60],
          [0.3, 4],
          [1 / 3, 3],
          [0.7, 2],
        ] as const) {
          const limit = { key: `refill-${refillPerSecond}`, capacity: 2, refillPerSecond };
          await empty(store, limit);
          await assertRefused(store, { ...limit, now: after(0) }, seconds);
          await assertRefused(store, { ...limit, now: after(1 / refillPerSecond - 0.01) }, 1);
          await assertTaken(store, { ...limit, now: after(seconds) });
          assert.equal((await store.takeToken(bucket({ ...limit, now: after(seconds) }))).taken, false);
        }
      },
    ),

    contractCase('of the wait the time that has passed is taken off', create, async ({ store }) => {
      const limit = { capacity: 2, refillPerSecond: 0.1 };
      await empty(store, limit);
      await assertRefused(store, { ...limit, now: after(3) }, 7);
      await assertRefused(store, { ...limit, now: after(9.001) }, 1);
      await assertTaken(store, { ...limit, now: after(10) });
      await assertRefused(store, { ...limit, now: after(10) }, 10);
    }),

    contractCase('who is refused loses nothing by asking', create, async ({ store }) => {
      const limit = { capacity: 1, refillPerSecond: 0.1 };
      await empty(store, limit);
      for (let tenths = 1; tenths < 100; tenths += 1)
        assert.equal((await store.takeToken(bucket({ ...limit, now: after(tenths / 10) }))).taken, false);
      await assertTaken(store, { ...limit, now: after(10) });
    }),

    contractCase('as many tokens come back as time has passed for', create, async ({ store }) => {
      const limit = { capacity: 10, refillPerSecond: 2 };
      await empty(store, limit);
      const asked = bucket({ ...limit, now: after(3.4) });
      assert.equal(
        await countTaken(
          Array.from({ length: 10 }, () => store),
          asked,
        ),
        6,
      );
    }),

    contractCase('fractions of a token add up', create, async ({ store }) => {
      const limit = { capacity: 3, refillPerSecond: 0.1 };
      await empty(store, limit);
      for (let turn = 1; turn <= 200; turn += 1) {
        // Two thirds of the time a token is taken when one and a half are there.
        await assertTaken(store, { ...limit, now: after(turn * 10 + (turn % 3 === 0 ? 0 : 5)) });
      }
      await assertTaken(store, { ...limit, now: after(2010) });
      await assertRefused(store, { ...limit, now: after(2010) }, 10);
    }),

    contractCase('a bucket never holds more than its capacity', create, async ({ store }) => {
      const limit = { capacity: 3, refillPerSecond: 1 };
      await empty(store, limit);
      const asked = bucket({ ...limit, now: after(86_400) });
      assert.equal(
        await countTaken(
          Array.from({ length: 10 }, () => store),
          asked,
        ),
        3,
      );
    }),

    contractCase('a clock that goes back takes nothing away', create, async ({ store }) => {
      const limit = { capacity: 10, refillPerSecond: 1 };
      for (let index = 0; index < 4; index += 1) await assertTaken(store, { ...limit, now: after(100) });
      const asked = bucket({ ...limit, now: after(0) });
      assert.equal(
        await countTaken(
          Array.from({ length: 10 }, () => store),
          asked,
        ),
        6,
      );
    }),

    contractCase(
      'a clock that goes back refills nothing, also when it is where it was',
      create,
      async ({ store }) => {
        const limit = { capacity: 2, refillPerSecond: 1 };
        for (const now of [after(100), after(0)]) await assertTaken(store, { ...limit, now });
        await assertRefused(store, { ...limit, now: after(0) }, 101);
        await assertRefused(store, { ...limit, now: after(100) }, 1);
        await assertTaken(store, { ...limit, now: after(101) });
      },
    ),
  ];
}

/** The same for stores by the clock of a server. Nothing in here depends on how fast the machine is. */
export function serverClockCases(create: Create): readonly ContractCase[] {
  return [
    contractCase('a token is back after the time that was told', create, async ({ store }) => {
      const small = bucket({ key: 'small', capacity: 1, refillPerSecond: 1 });
      const fast = bucket({ key: 'fast', capacity: 2, refillPerSecond: 50 });
      await store.takeToken(small);
      await store.takeToken(fast);
      await sleep(1010);
      assert.deepEqual(await store.takeToken(small), { taken: true });
      // A bucket of two tokens has had the time for fifty.
      const started = performance.now();
      const taken = await countTaken(
        Array.from({ length: 40 }, () => store),
        fast,
      );
      const seconds = (performance.now() - started + 2) / 1000;
      assert.ok(taken >= 2, 'a bucket is full again');
      assert.ok(taken <= 2 + 50 * seconds, `a bucket of two tokens gave ${taken}`);
    }),

    contractCase('what time the caller believes it to be does not matter', create, async ({ store }) => {
      await store.takeToken(bucket({ capacity: 1, now: new Date(0) }));
      for (const now of [new Date(0), new Date('2999-01-01')])
        assert.equal((await store.takeToken(bucket({ capacity: 1, now }))).taken, false);
    }),
  ];
}

/** Takes all tokens of a bucket that is full. */
async function empty(store: RateLimitStore, limit: Partial<TokenBucketRequest>): Promise<void> {
  const asked = bucket(limit);
  for (let index = 0; index < asked.capacity; index += 1) await assertTaken(store, limit);
}

async function assertTaken(store: RateLimitStore, asked: Partial<TokenBucketRequest>): Promise<void> {
  assert.deepEqual(await store.takeToken(bucket(asked)), { taken: true });
}

async function assertRefused(
  store: RateLimitStore,
  asked: Partial<TokenBucketRequest>,
  retryAfterSeconds: number,
): Promise<void> {
  assert.deepEqual(await store.takeToken(bucket(asked)), { taken: false, retryAfterSeconds });
}
