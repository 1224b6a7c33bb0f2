// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { CountUsageRequest, UsageCounterStore } from '../../contracts/usage-counter-store.js';
import { assertRequestMalformed } from './assert-request-malformed.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { afterPast } from './sample-prune.js';
import { sampleUsage } from './sample-usage.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

const NEVER = new Date(Number.NaN);

/** What every {@link UsageCounterStore} must do. */
export function usageCounterStoreContract(
  options: StoreContractOptions<UsageCounterStore>,
): readonly ContractCase[] {
  const { create, createPair, createUnreachable } = options;
  return [
    contractCase('uses are counted from one up to the limit', create, async ({ store }) => {
      for (let total = 1; total <= 3; total += 1)
        assert.deepEqual(await store.countUsage(sampleUsage({ limit: 3 })), { counted: true, total });
      for (let again = 0; again < 3; again += 1)
        assert.deepEqual(await store.countUsage(sampleUsage({ limit: 3 })), { counted: false, total: 3 });
    }),

    contractCase('the limit of each request counts', create, async ({ store }) => {
      for (const [limit, counted, total] of [
        [5, true, 1],
        [5, true, 2],
        [5, true, 3],
        [2, false, 3],
        [3, false, 3],
        [4, true, 4],
        [4, false, 4],
        [1_000_000_000, true, 5],
      ] as const)
        assert.deepEqual(await store.countUsage(sampleUsage({ limit })), { counted, total });
    }),

    contractCase('keys are told apart exactly', create, async ({ store }) => {
      const keys = [
        'decodes:p:2026-03-01',
        'decodes:p:2026-03-02',
        'Decodes:p:2026-03-01',
        'decodes',
        'decodes ',
      ];
      const odd = [
        'é',
        'e\u0301',
        '{a}:b',
        `'; --`,
        '%',
        '_',
        '*',
        '$1',
        '__proto__',
        '\u{1f511}',
        'a\nb',
        ' ',
      ];
      const long = ['k'.repeat(199) + '1', 'k'.repeat(199) + '2'];
      for (const counted of [true, false])
        for (const key of [...keys, ...odd, ...long])
          assert.deepEqual(
            await store.countUsage(sampleUsage({ key, limit: 1 })),
            { counted, total: 1 },
            key,
          );
    }),

    contractCase('a counter whose time is over starts anew', create, async ({ store }) => {
      // Over by the clock of whoever asks, and by that of whatever server.
      for (const seconds of [0, 60]) {
        const key = `over-${seconds}`;
        await store.countUsage(sampleUsage({ key, expiresAt: afterPast(0), now: afterPast(-60) }));
        const late = sampleUsage({ key, now: afterPast(seconds) });
        assert.deepEqual([await totalOf(store, late), await totalOf(store, late)], [1, 2]);
      }
    }),

    contractCase('a counter is kept until its time is over', create, async ({ store }) => {
      await store.countUsage(sampleUsage());
      const now = new Date(sampleUsage().expiresAt.getTime() - 1);
      assert.equal(await totalOf(store, sampleUsage({ now })), 2);
    }),

    contractCase(
      'of the times that are given with uses the latest counts, in whichever order they come',
      create,
      async ({ store }) => {
        const earlier = new Date('2190-01-01T00:00:00.000Z');
        await store.countUsage(sampleUsage({ key: 'rising', expiresAt: earlier }));
        await store.countUsage(sampleUsage({ key: 'rising' }));
        const between = new Date('2195-01-01T00:00:00.000Z');
        assert.equal(await totalOf(store, sampleUsage({ key: 'rising', now: between })), 3);
        await store.countUsage(sampleUsage({ key: 'falling' }));
        await store.countUsage(sampleUsage({ key: 'falling', expiresAt: afterPast(0) }));
        assert.equal(await totalOf(store, sampleUsage({ key: 'falling' })), 3);
      },
    ),

    contractCase('what is not counted changes nothing', create, async ({ store }) => {
      const past = { limit: 1, expiresAt: afterPast(0), now: afterPast(-60) };
      assert.deepEqual(await store.countUsage(sampleUsage({ limit: 1 })), { counted: true, total: 1 });
      assert.deepEqual(await store.countUsage(sampleUsage(past)), { counted: false, total: 1 });
      assert.deepEqual(await store.countUsage(sampleUsage({ limit: 2 })), { counted: true, total: 2 });
    }),

    contractCase('a request out of bounds is refused, and nothing is counted', create, async ({ store }) => {
      for (const change of [
        ...[0, -1, 1.5, 1_000_000_001, Number.NaN, Infinity].map((limit) => ({ limit })),
        ...['', 'k'.repeat(201), 'a\0b', '\ud800'].map((key) => ({ key })),
        { expiresAt: NEVER },
        { now: NEVER },
      ])
        await assertRequestMalformed(() => store.countUsage(sampleUsage(change)));
      assert.equal(await totalOf(store, sampleUsage()), 1);
    }),

    contractCase(
      'of many who count at once each is told another total, and no more than the limit are counted',
      create,
      async ({ store }) => {
        await assertEachAnother(Array.from({ length: 50 }, () => store));
      },
    ),

    ...(createPair
      ? [
          contractCase('two processes count together', createPair, async ({ stores }) => {
            const [here, there] = stores;
            for (const [index, store] of [here, there, here].entries())
              assert.deepEqual(await store.countUsage(sampleUsage({ limit: 3 })), {
                counted: true,
                total: index + 1,
              });
            assert.deepEqual(await there.countUsage(sampleUsage({ limit: 3 })), { counted: false, total: 3 });
          }),
          contractCase(
            'of many in two processes who count at once each is told another total',
            createPair,
            async ({ stores }) => {
              await assertEachAnother(
                Array.from({ length: 50 }, (_, index) => stores[index % 2 === 0 ? 0 : 1]),
              );
            },
          ),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase('a store that cannot count says so', createUnreachable, async ({ store }) => {
            await assertUnavailable(() => store.countUsage(sampleUsage()));
          }),
        ]
      : []),
  ];
}

async function totalOf(store: UsageCounterStore, request: CountUsageRequest): Promise<number> {
  const { counted, total } = await store.countUsage(request);
  assert.equal(counted, true);
  return total;
}

/** Each store counts one use at once, 20 may. */
async function assertEachAnother(stores: readonly UsageCounterStore[]): Promise<void> {
  const outcomes = await Promise.all(stores.map((store) => store.countUsage(sampleUsage({ limit: 20 }))));
  const totals = outcomes.flatMap(({ counted, total }) => (counted ? [total] : []));
  assert.deepEqual(
    totals.sort((left, right) => left - right),
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
  for (const { counted, total } of outcomes) if (!counted) assert.equal(total, 20);
}
