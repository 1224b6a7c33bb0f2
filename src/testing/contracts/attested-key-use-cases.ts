// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { AttestedKeyStore } from '../../contracts/attested-key-store.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { sampleAttestedKey, sampleUse, useHash } from './sample-attested-key.js';
import { days } from './sample-intent.js';
import type { StoreContractOptions } from './store-contract-options.js';

/** The part of the contract of {@link AttestedKeyStore} that is about the uses of a key. */
export function attestedKeyUseCases({
  create,
  createPair,
}: StoreContractOptions<AttestedKeyStore>): readonly ContractCase[] {
  return [
    contractCase('a use with a higher counter is recorded', create, async ({ store }) => {
      await store.registerAttestedKey(sampleAttestedKey());
      // Compared as numbers, not as text; counters may be left out.
      for (const [index, counter] of [1, 2, 9, 10, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].entries()) {
        const use = useHash(index + 1);
        const at = new Date(days(1).getTime() + index);
        assert.deepEqual(await store.useAttestedKey(sampleUse({ counter, use, at })), { outcome: 'used' });
        const expected = sampleAttestedKey({ counter, lastUse: use, lastUsedAt: at });
        assert.deepEqual(await store.findAttestedKey(expected), expected);
      }
    }),

    contractCase(
      'a counter that is not higher is refused, and changes nothing',
      create,
      async ({ store }) => {
        await store.registerAttestedKey(sampleAttestedKey());
        await store.useAttestedKey(sampleUse({ counter: 10, use: useHash(1) }));
        for (const counter of [1, 2, 9, 10])
          assert.deepEqual(await store.useAttestedKey(sampleUse({ counter, use: useHash(2), at: days(2) })), {
            outcome: 'counter_not_higher',
          });
        const expected = sampleAttestedKey({ counter: 10, lastUse: useHash(1), lastUsedAt: days(1) });
        assert.deepEqual(await store.findAttestedKey(expected), expected);
      },
    ),

    contractCase(
      'the last use again is no replay and changes nothing; an earlier one is one',
      create,
      async ({ store }) => {
        await store.registerAttestedKey(sampleAttestedKey());
        await store.useAttestedKey(sampleUse({ counter: 1, use: useHash(1) }));
        await store.useAttestedKey(sampleUse({ counter: 2, use: useHash(2) }));
        const again = sampleUse({ counter: 2, use: useHash(2), at: days(5) });
        for (let turn = 0; turn < 3; turn += 1)
          assert.deepEqual(await store.useAttestedKey(again), { outcome: 'used' });
        const earlier = sampleUse({ counter: 1, use: useHash(1), at: days(6) });
        assert.deepEqual(await store.useAttestedKey(earlier), { outcome: 'counter_not_higher' });
        const lower = sampleUse({ counter: 1, use: useHash(2), at: days(7) });
        assert.deepEqual(await store.useAttestedKey(lower), { outcome: 'counter_not_higher' });
        const expected = sampleAttestedKey({ counter: 2, lastUse: useHash(2), lastUsedAt: days(1) });
        assert.deepEqual(await store.findAttestedKey(expected), expected);
      },
    ),

    contractCase('the uses of one key are not those of another', create, async ({ store }) => {
      for (const keyId of ['k1', 'k2']) await store.registerAttestedKey(sampleAttestedKey({ keyId }));
      await store.useAttestedKey(sampleUse({ counter: 7 }));
      const other = sampleAttestedKey({ keyId: 'k2' });
      assert.deepEqual(await store.findAttestedKey(other), other);
      assert.deepEqual(await store.useAttestedKey(sampleUse({ keyId: 'k2' })), { outcome: 'used' });
      const unknown = sampleUse({ provider: 'other', counter: 8 });
      assert.deepEqual(await store.useAttestedKey(unknown), { outcome: 'unknown' });
    }),

    contractCase(
      'of many who use one counter for different things at once exactly one does',
      create,
      async ({ store }) => {
        await assertOneUsed(Array.from({ length: 40 }, () => store));
      },
    ),

    contractCase('of many who ask for the same use at once each is told used', create, async ({ store }) => {
      await store.registerAttestedKey(sampleAttestedKey());
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => store.useAttestedKey(sampleUse())));
      assert.deepEqual(new Set(outcomes.map(({ outcome }) => outcome)), new Set(['used']));
    }),

    contractCase('the highest of many counters at once stays', create, async ({ store }) => {
      await assertHighestStays([store, store]);
    }),

    ...(createPair
      ? [
          contractCase(
            'of two processes that use one counter for different things at once exactly one does',
            createPair,
            async ({ stores }) => {
              await assertOneUsed(Array.from({ length: 40 }, (_, index) => stores[index % 2 === 0 ? 0 : 1]));
            },
          ),
          contractCase(
            'the highest of many counters in two processes at once stays',
            createPair,
            async ({ stores }) => {
              await assertHighestStays(stores);
            },
          ),
        ]
      : []),
  ];
}

async function assertOneUsed(stores: readonly AttestedKeyStore[]): Promise<void> {
  await stores[0]?.registerAttestedKey(sampleAttestedKey());
  const outcomes = await Promise.all(
    stores.map((store, index) => store.useAttestedKey(sampleUse({ use: useHash(index + 1) }))),
  );
  const winners = outcomes.flatMap(({ outcome }, index) => (outcome === 'used' ? [useHash(index + 1)] : []));
  const kept = await stores[0]?.findAttestedKey(sampleUse());
  assert.deepEqual(winners, [kept?.lastUse]);
  const others = outcomes.filter(({ outcome }) => outcome === 'counter_not_higher');
  assert.equal(others.length, stores.length - 1);
}

async function assertHighestStays(stores: readonly [AttestedKeyStore, AttestedKeyStore]): Promise<void> {
  await stores[0].registerAttestedKey(sampleAttestedKey());
  const counters = Array.from({ length: 30 }, (_, index) => ((index * 7) % 30) + 1);
  await Promise.all(
    counters.map((counter, index) =>
      stores[index % 2 === 0 ? 0 : 1].useAttestedKey(sampleUse({ counter, use: useHash(counter) })),
    ),
  );
  const kept = await stores[1].findAttestedKey(sampleUse());
  assert.deepEqual([kept?.counter, kept?.lastUse], [30, useHash(30)]);
}
