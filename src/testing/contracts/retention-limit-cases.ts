// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { Stores } from '../../contracts/stores.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { bucket } from './sample-bucket.js';
import { afterPast, NOTHING_PRUNED, PAST, pruneRequest } from './sample-prune.js';
import { sampleOrder } from './sample-renewal-order.js';
import type { StoreContractOptions } from './store-contract-options.js';

type Store = Pick<Stores, 'rateLimits' | 'renewalOrders' | 'retention'>;

/** The part of the contract of {@link Retention} that is about rate limits and orders of renewal. */
export function retentionLimitCases({ create }: StoreContractOptions<Store>): readonly ContractCase[] {
  return [
    contractCase(
      'orders of renewal that ended before the time are forgotten, and no others',
      create,
      async ({ store }) => {
        for (const [index, seconds] of [-0.001, 0, 0.001].entries())
          await recordEnding(store, index, seconds);
        assert.deepEqual(await store.retention.prune(pruneRequest()), {
          ...NOTHING_PRUNED,
          renewalOrders: 1,
        });
        assert.deepEqual(await remaining(store), [1, 2]);
      },
    ),

    contractCase(
      'the orders that ended first are forgotten first, no more than asked for',
      create,
      async ({ store }) => {
        for (const [index, seconds] of [-30, -50, -10, -40, -20].entries())
          await recordEnding(store, index, seconds);
        const prune = async () => (await store.retention.prune(pruneRequest({ limit: 2 }))).renewalOrders;
        assert.equal(await prune(), 2);
        assert.deepEqual(await remaining(store), [0, 2, 4]);
        assert.deepEqual([await prune(), await prune(), await prune()], [2, 1, 0]);
      },
    ),

    contractCase('a bucket that is not full is kept, whatever time is given', create, async ({ store }) => {
      // Full again 1,000 seconds later: in the future of whatever clock the suite runs by.
      const asked = bucket({ capacity: 1, now: new Date('2200-01-01T00:00:00.000Z') });
      assert.equal((await store.rateLimits.takeToken(asked)).taken, true);
      for (const before of [PAST, new Date('2300-01-01T00:00:00.000Z')])
        assert.deepEqual(await store.retention.prune(pruneRequest({ before })), NOTHING_PRUNED);
      assert.equal((await store.rateLimits.takeToken(asked)).taken, false);
    }),
  ];
}

async function recordEnding({ renewalOrders }: Store, index: number, seconds: number): Promise<void> {
  await renewalOrders.recordOrder(
    sampleOrder(index, { orderedAt: afterPast(-3600 + index), endsAt: afterPast(seconds) }),
  );
}

/** Numbers of the orders that are left. */
async function remaining({ renewalOrders }: Store): Promise<readonly number[]> {
  const ids = Array.from({ length: 10 }, (_, index) => sampleOrder(index).id);
  return (await renewalOrders.listOrders(new Date(0))).map(({ id }) => ids.indexOf(id));
}
