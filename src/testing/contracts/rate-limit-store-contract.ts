// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { RateLimitStore } from '../../contracts/rate-limit-store.js';
import { assertRequestMalformed } from './assert-request-malformed.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { callerClockCases, serverClockCases } from './rate-limit-clock-cases.js';
import { bucket, countTaken } from './sample-bucket.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

/** How the contract suite of a store of rate limits gets at stores. */
export interface RateLimitStoreContractOptions extends StoreContractOptions<RateLimitStore> {
  /**
   * By whose clock buckets fill: that of the `caller`, or that of a `server`, which ignores the caller's. For the latter
   * the suite waits a second for tokens to come back.
   */
  readonly clock: 'caller' | 'server';
}

/** What every {@link RateLimitStore} must do. */
export function rateLimitStoreContract(options: RateLimitStoreContractOptions): readonly ContractCase[] {
  const { create, createPair, createUnreachable, clock } = options;
  return [
    contractCase(
      'a bucket is full at first, and gives as many tokens as it holds',
      create,
      async ({ store }) => {
        for (const capacity of [1, 2, 7]) {
          const key = `holds-${capacity}`;
          for (let index = 0; index < capacity; index += 1)
            assert.deepEqual(await store.takeToken(bucket({ key, capacity })), { taken: true });
          for (let again = 0; again < 3; again += 1)
            assert.equal((await store.takeToken(bucket({ key, capacity }))).taken, false);
        }
      },
    ),

    contractCase('who is refused is told when one is back', create, async ({ store }) => {
      await store.takeToken(bucket({ capacity: 1 }));
      const refused = await store.takeToken(bucket({ capacity: 1 }));
      assert.ok(!refused.taken);
      // By the clock of a server some of the 1,000 seconds may have passed.
      assert.ok(Number.isInteger(refused.retryAfterSeconds));
      assert.ok(refused.retryAfterSeconds > 970 && refused.retryAfterSeconds <= 1000);
    }),

    contractCase('a wait of less than a second is one of a second', create, async ({ store }) => {
      const fast = bucket({ capacity: 1, refillPerSecond: 1 });
      const outcomes = await Promise.all(Array.from({ length: 4 }, () => store.takeToken(fast)));
      for (const outcome of outcomes) if (!outcome.taken) assert.equal(outcome.retryAfterSeconds, 1);
      assert.ok(outcomes.some(({ taken }) => !taken));
    }),

    contractCase('keys are told apart exactly', create, async ({ store }) => {
      const keys = ['address:192.0.2.7', 'address:192.0.2.70', 'Address:192.0.2.7', 'address:192.0.2.7 ', ''];
      const odd = ['é', 'e\u0301', '{a}:b', `'; --`, '%', '_', '*', '$1', '__proto__', '\u{1f511}', 'a\nb'];
      for (const taken of [true, false])
        for (const key of [...keys, ...odd])
          assert.equal((await store.takeToken(bucket({ key, capacity: 1 }))).taken, taken, key);
    }),

    contractCase('keys of 200 characters are kept whole', create, async ({ store }) => {
      for (const end of ['1', '2']) {
        const key = `${'k'.repeat(199)}${end}`;
        assert.equal(await countTaken([store, store], bucket({ key, capacity: 1 })), 1);
      }
    }),

    contractCase('a bucket out of bounds is refused, and nothing is taken', create, async ({ store }) => {
      const good = bucket({ capacity: 1 });
      for (const capacity of [0, -1, 1.5, 1_000_001, Number.NaN, Infinity])
        await assertRequestMalformed(() => store.takeToken({ ...good, capacity }));
      for (const refillPerSecond of [0, -1, 1_000_001, Number.NaN, Infinity])
        await assertRequestMalformed(() => store.takeToken({ ...good, refillPerSecond }));
      await assertRequestMalformed(() => store.takeToken({ ...good, key: 'k'.repeat(201) }));
      assert.deepEqual(await store.takeToken(good), { taken: true });
    }),

    contractCase('a bucket at the bounds is good', create, async ({ store }) => {
      const large = bucket({ key: 'large', capacity: 1_000_000, refillPerSecond: 1_000_000 });
      assert.equal(await countTaken([store, store, store], large), 3);
      const slow = bucket({ key: 'slow', capacity: 1, refillPerSecond: Number.MIN_VALUE });
      assert.deepEqual(await store.takeToken(slow), { taken: true });
      const refused = await store.takeToken(slow);
      assert.ok(!refused.taken && Number.isSafeInteger(refused.retryAfterSeconds));
    }),

    contractCase(
      'of many who want a token at once as many get one as there are',
      create,
      async ({ store }) => {
        const stores = Array.from({ length: 50 }, () => store);
        assert.equal(await countTaken(stores, bucket({ capacity: 20 })), 20);
      },
    ),

    contractCase('a smaller capacity holds from then on', create, async ({ store }) => {
      await store.takeToken(bucket({ capacity: 20 }));
      const stores = Array.from({ length: 10 }, () => store);
      assert.equal(await countTaken(stores, bucket({ capacity: 5 })), 5);
    }),

    contractCase('a larger capacity is room, and no tokens', create, async ({ store }) => {
      const stores = Array.from({ length: 5 }, () => store);
      assert.equal(await countTaken(stores, bucket({ capacity: 3 })), 3);
      assert.equal(await countTaken(stores, bucket({ capacity: 20 })), 0);
    }),

    ...(clock === 'caller' ? callerClockCases(create) : serverClockCases(create)),

    ...(createPair
      ? [
          contractCase('two processes take from one bucket', createPair, async ({ stores }) => {
            const [here, there] = stores;
            assert.equal(await countTaken([here, there, here], bucket({ capacity: 4 })), 3);
            assert.equal(await countTaken([there, here], bucket({ capacity: 4 })), 1);
          }),
          contractCase(
            'of many in two processes who want a token at once as many get one as there are',
            createPair,
            async ({ stores }) => {
              const both = Array.from({ length: 50 }, (_, index) => stores[index % 2 === 0 ? 0 : 1]);
              assert.equal(await countTaken(both, bucket({ capacity: 20 })), 20);
            },
          ),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase('a store that cannot count says so', createUnreachable, async ({ store }) => {
            await assertUnavailable(() => store.takeToken(bucket({})));
          }),
        ]
      : []),
  ];
}
