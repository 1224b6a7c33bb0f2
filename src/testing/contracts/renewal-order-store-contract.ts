// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import { MalformedError } from '../../core/errors.js';
import type { RenewalFilter, RenewalOrder, RenewalOrderStore } from '../../contracts/renewal-order-store.js';
import { assertRequestMalformed } from './assert-request-malformed.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { days } from './sample-intent.js';
import { sampleOrder } from './sample-renewal-order.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

const FILTERS: readonly RenewalFilter[] = [
  {},
  { tier: 'device' },
  { provider: '' },
  { issuerId: 'a1'.repeat(20) },
  { enrolledBefore: new Date('2026-02-01T00:00:00.001Z') },
  {
    tier: 'strong',
    provider: 'play-integrity',
    appVersion: `4.2 "é" {'x'}`,
    bootstrapCertificateSha256: 'e5'.repeat(32),
    enrolledFrom: new Date('2026-01-01T00:00:00.999Z'),
    enrolledBefore: new Date('2026-02-01T00:00:00.001Z'),
    issuerId: 'b2'.repeat(20),
  },
];

/** What every {@link RenewalOrderStore} must do. */
export function renewalOrderStoreContract(
  options: StoreContractOptions<RenewalOrderStore>,
): readonly ContractCase[] {
  const { create, createPair, createUnreachable } = options;
  return [
    contractCase('in an empty store there are none', create, async ({ store }) => {
      assert.deepEqual(await store.listOrders(days(0)), []);
    }),

    contractCase('an order comes back as it went in', create, async ({ store }) => {
      const orders = FILTERS.map((filter, index) => sampleOrder(index, { filter }));
      for (const order of orders) await store.recordOrder(order);
      assert.deepEqual(await store.listOrders(days(0)), orders);
    }),

    contractCase(
      'times are kept to the millisecond, and a reason of 200 characters whole',
      create,
      async ({ store }) => {
        const order = sampleOrder(1, {
          orderedAt: new Date('2026-03-01T12:00:00.001Z'),
          issuedBefore: new Date('2026-03-01T11:00:00.002Z'),
          renewAfter: new Date('2026-03-01T13:00:00.003Z'),
          renewBefore: new Date('2026-03-02T13:00:00.004Z'),
          endsAt: new Date('2026-06-01T00:00:00.005Z'),
          reason: `${'r'.repeat(190)} "é"\n\\'{x}`,
        });
        await store.recordOrder(order);
        assert.deepEqual(await store.listOrders(days(0)), [order]);
      },
    ),

    contractCase(
      'orders are listed oldest first, whichever was recorded first',
      create,
      async ({ store }) => {
        for (const index of [3, 1, 4, 0, 2])
          await store.recordOrder(sampleOrder(index, { endsAt: days(90 - index) }));
        assert.deepEqual(
          idsOf(await store.listOrders(days(0))),
          idsOf([0, 1, 2, 3, 4].map((index) => sampleOrder(index))),
        );
      },
    ),

    contractCase('an order is listed until it ends', create, async ({ store }) => {
      for (const [index, day] of [90, 30, 60].entries())
        await store.recordOrder(sampleOrder(index, { endsAt: days(day) }));
      const listed = async (now: Date) => idsOf(await store.listOrders(now));
      const ids = [0, 1, 2].map((index) => sampleOrder(index).id);
      assert.deepEqual(await listed(new Date(days(30).getTime() - 1)), ids);
      assert.deepEqual(await listed(days(30)), [ids[0], ids[2]]);
      assert.deepEqual(await listed(days(60)), [ids[0]]);
      assert.deepEqual(await listed(days(90)), []);
    }),

    contractCase('an order that is known changes nothing', create, async ({ store }) => {
      await store.recordOrder(sampleOrder(1));
      await store.recordOrder(sampleOrder(1));
      await store.recordOrder(sampleOrder(1, { reason: 'another', filter: {}, endsAt: days(1) }));
      assert.deepEqual(await store.listOrders(days(2)), [sampleOrder(1)]);
    }),

    contractCase(
      'of many who record one order at once none is refused, and it is kept once',
      create,
      async ({ store }) => {
        await Promise.all(Array.from({ length: 20 }, () => store.recordOrder(sampleOrder(1))));
        assert.deepEqual(await store.listOrders(days(0)), [sampleOrder(1)]);
      },
    ),

    contractCase('what a caller changes afterwards does not change the order', create, async ({ store }) => {
      const order = sampleOrder(1, { filter: { enrolledFrom: days(-9) } });
      await store.recordOrder(order);
      order.endsAt.setTime(0);
      order.filter.enrolledFrom?.setTime(0);
      const [listed] = await store.listOrders(days(0));
      listed?.renewAfter.setTime(0);
      listed?.filter.enrolledFrom?.setTime(0);
      const expected = sampleOrder(1, { filter: { enrolledFrom: days(-9) } });
      assert.deepEqual(await store.listOrders(days(0)), [expected]);
    }),

    contractCase('an order with a time that is none is refused', create, async ({ store }) => {
      const never = new Date(Number.NaN);
      for (const change of [
        { orderedAt: never },
        { issuedBefore: never },
        { renewAfter: never },
        { renewBefore: never },
        { endsAt: never },
        { filter: { enrolledFrom: never } },
        { filter: { enrolledBefore: never } },
      ])
        await assertRequestMalformed(() => store.recordOrder(sampleOrder(1, change)));
      assert.deepEqual(await store.listOrders(new Date(0)), []);
    }),

    contractCase('there are at most 1,000 orders that have not ended', create, async ({ store }) => {
      await store.recordOrder(sampleOrder(2000, { orderedAt: days(-9), endsAt: days(-1) }));
      for (let first = 0; first < 990; first += 45)
        await Promise.all(
          Array.from({ length: 45 }, (_, index) =>
            store.recordOrder(sampleOrder(first + index, { endsAt: days(30) })),
          ),
        );
      const last = Array.from({ length: 15 }, (_, index) => sampleOrder(990 + index, { endsAt: days(30) }));
      const outcomes = await Promise.allSettled(last.map((order) => store.recordOrder(order)));
      const refused = outcomes.flatMap((outcome): unknown[] =>
        outcome.status === 'rejected' ? [outcome.reason] : [],
      );
      assert.equal(refused.length, 5);
      for (const error of refused)
        assert.ok(error instanceof MalformedError && error.code === 'request_malformed', String(error));
      assert.equal((await store.listOrders(days(0))).length, 1000);
      await store.recordOrder(sampleOrder(0));
      await store.recordOrder(sampleOrder(1500, { orderedAt: days(30) }));
      assert.equal((await store.listOrders(days(30))).length, 1);
    }),

    ...(createPair
      ? [
          contractCase('what one process orders, another lists', createPair, async ({ stores }) => {
            const [here, there] = stores;
            await here.recordOrder(sampleOrder(1));
            assert.deepEqual(await there.listOrders(days(0)), [sampleOrder(1)]);
            await there.recordOrder(sampleOrder(1, { reason: 'another' }));
            await there.recordOrder(sampleOrder(0));
            assert.deepEqual(await here.listOrders(days(0)), [sampleOrder(0), sampleOrder(1)]);
          }),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase(
            'a store that cannot keep or list orders says so',
            createUnreachable,
            async ({ store }) => {
              await assertUnavailable(() => store.recordOrder(sampleOrder(1)));
              await assertUnavailable(() => store.listOrders(days(0)));
            },
          ),
        ]
      : []),
  ];
}

function idsOf(orders: readonly RenewalOrder[]): readonly string[] {
  return orders.map(({ id }) => id);
}
