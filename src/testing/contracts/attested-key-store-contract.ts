// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { AttestedKey, AttestedKeyStore } from '../../contracts/attested-key-store.js';
import { assertRequestMalformed } from './assert-request-malformed.js';
import { attestedKeyUseCases } from './attested-key-use-cases.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { sampleAttestedKey, sampleUse, useHash } from './sample-attested-key.js';
import { days } from './sample-intent.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

const NEVER = new Date(Number.NaN);

/** What every {@link AttestedKeyStore} must do. */
export function attestedKeyStoreContract(
  options: StoreContractOptions<AttestedKeyStore>,
): readonly ContractCase[] {
  const { create, createPair, createUnreachable } = options;
  return [
    contractCase('a key that was never registered is unknown', create, async ({ store }) => {
      assert.equal(await store.findAttestedKey(sampleAttestedKey()), null);
      assert.deepEqual(await store.useAttestedKey(sampleUse()), { outcome: 'unknown' });
      assert.equal(await store.replaceReceipt({ ...sampleUse(), receipt: Uint8Array.of(1) }), false);
      assert.equal(await store.findAttestedKey(sampleAttestedKey()), null);
    }),

    contractCase('a key comes back as it went in', create, async ({ store }) => {
      for (const change of [
        {},
        { keyId: 'none', deviceId: null, receipt: null, details: '' },
        { keyId: 'used', counter: 0xffff_ffff, lastUsedAt: new Date('2026-03-04T05:06:07.089Z') },
        { keyId: 'text', details: `{"a":"é 'x' \\"y\\"\\n"}`, deviceId: `é 'x' "y"\n` },
        { keyId: 'large', publicKey: bytes(2048), details: 'd'.repeat(8192), receipt: bytes(65_536) },
      ] satisfies readonly Partial<AttestedKey>[]) {
        const key = sampleAttestedKey(change);
        assert.deepEqual(await store.registerAttestedKey(key), { outcome: 'registered' });
        await assertKept(store, sampleAttestedKey(change));
      }
    }),

    contractCase('names are told apart exactly, by both of their parts', create, async ({ store }) => {
      const names = [
        ...['k', 'K', 'k ', 'é', 'e\u0301', '{k}:1', `'; --`, '%', '_', '$1', '__proto__', '\u{1f511}'],
        ...['k'.repeat(199) + '1', 'k'.repeat(199) + '2', 'b:c', 'c'],
      ].map((keyId) => ({ provider: 'p', keyId }));
      const others = [
        { provider: 'p:b', keyId: 'c' },
        { provider: 'P', keyId: 'k' },
        { provider: 'p'.repeat(100), keyId: 'k' },
        { provider: 'p'.repeat(99) + 'q', keyId: 'k' },
      ];
      const all = [...names, ...others];
      for (const [index, name] of all.entries()) {
        const key = sampleAttestedKey({ ...name, details: String(index) });
        assert.deepEqual(await store.registerAttestedKey(key), { outcome: 'registered' }, name.keyId);
      }
      for (const [index, name] of all.entries())
        assert.equal((await store.findAttestedKey(name))?.details, String(index), name.keyId);
    }),

    contractCase('a key that is registered for another use is left as it is', create, async ({ store }) => {
      await store.registerAttestedKey(sampleAttestedKey());
      for (const change of [
        { lastUse: useHash(9) },
        { publicKey: bytes(91) },
        { publicKey: sampleAttestedKey().publicKey.subarray(1) },
      ]) {
        const other = sampleAttestedKey({ deviceId: 'other', receipt: null, details: 'x', ...change });
        assert.deepEqual(await store.registerAttestedKey(other), { outcome: 'exists' });
      }
      await assertKept(store, sampleAttestedKey());
    }),

    contractCase(
      'the same request again is answered as the first, and names the device anew',
      create,
      async ({ store }) => {
        await store.registerAttestedKey(sampleAttestedKey({ deviceId: null }));
        for (const deviceId of ['device-2', 'device-2', null, 'device-3']) {
          const again = sampleAttestedKey({ deviceId, details: 'x', receipt: null, attestedAt: days(1) });
          assert.deepEqual(await store.registerAttestedKey(again), { outcome: 'registered' });
          await assertKept(store, sampleAttestedKey({ deviceId }));
        }
      },
    ),

    contractCase('a key that was used is not registered again', create, async ({ store }) => {
      await store.registerAttestedKey(sampleAttestedKey());
      await store.useAttestedKey(sampleUse({ use: useHash(0) }));
      const again = sampleAttestedKey({ deviceId: 'other' });
      assert.deepEqual(await store.registerAttestedKey(again), { outcome: 'exists' });
      const used = { counter: 1, lastUsedAt: days(1) };
      await assertKept(store, sampleAttestedKey(used));
    }),

    contractCase(
      'of many who register one key for different uses at once exactly one does',
      create,
      async ({ store }) => {
        await assertOneRegistered(Array.from({ length: 20 }, () => store));
      },
    ),

    ...attestedKeyUseCases(options),

    contractCase('a newer receipt takes the place of the last one', create, async ({ store }) => {
      await store.registerAttestedKey(sampleAttestedKey({ receipt: null }));
      await store.registerAttestedKey(sampleAttestedKey({ keyId: 'k2' }));
      for (const receipt of [Uint8Array.of(0xff, 0x00), bytes(65_536), Uint8Array.of(0)]) {
        assert.equal(await store.replaceReceipt({ ...sampleUse(), receipt }), true);
        await assertKept(store, sampleAttestedKey({ receipt }));
      }
      await assertKept(store, sampleAttestedKey({ keyId: 'k2' }));
    }),

    contractCase('what a caller changes afterwards does not change the key', create, async ({ store }) => {
      const key = sampleAttestedKey();
      await store.registerAttestedKey(key);
      const receipt = Uint8Array.of(1, 2, 3);
      await store.replaceReceipt({ ...sampleUse(), receipt });
      const at = days(1);
      await store.useAttestedKey(sampleUse({ at }));
      const found = await store.findAttestedKey(key);
      for (const array of [key.publicKey, receipt, found?.publicKey, found?.receipt]) array?.fill(0);
      for (const date of [key.attestedAt, at, found?.attestedAt, found?.lastUsedAt]) date?.setTime(0);
      await assertKept(store, {
        ...sampleAttestedKey({ receipt: Uint8Array.of(1, 2, 3), counter: 1 }),
        lastUse: useHash(1),
        lastUsedAt: days(1),
      });
    }),

    contractCase('what is out of bounds is refused, and changes nothing', create, async ({ store }) => {
      const texts = ['', 'a\0b', '\ud800'];
      for (const change of [
        ...[...texts, 'p'.repeat(101)].map((provider) => ({ provider })),
        ...[...texts, 'k'.repeat(201)].map((keyId) => ({ keyId })),
        ...[...texts, 'd'.repeat(201)].map((deviceId) => ({ deviceId })),
        ...[...texts.slice(1), 'd'.repeat(8193)].map((details) => ({ details })),
        ...[0, 2049].map((length) => ({ publicKey: bytes(length) })),
        ...[-1, 1.5, 0x1_0000_0000, Number.NaN].map((counter) => ({ counter })),
        ...['', 'a'.repeat(63), 'A'.repeat(64), 'a'.repeat(65)].map((lastUse) => ({ lastUse })),
        ...[0, 65_537].map((length) => ({ receipt: bytes(length) })),
        { attestedAt: NEVER },
        { lastUsedAt: NEVER },
      ])
        await assertRequestMalformed(() => store.registerAttestedKey(sampleAttestedKey(change)));
      await store.registerAttestedKey(sampleAttestedKey());
      for (const change of [
        ...texts.map((provider) => ({ provider })),
        ...texts.map((keyId) => ({ keyId })),
        ...[0, -1, 1.5, 0x1_0000_0000, Number.NaN].map((counter) => ({ counter })),
        ...['', 'a'.repeat(63), 'A'.repeat(64), 'a'.repeat(65)].map((use) => ({ use })),
        { at: NEVER },
      ])
        await assertRequestMalformed(() => store.useAttestedKey(sampleUse(change)));
      for (const keyId of texts)
        await assertRequestMalformed(() => store.findAttestedKey({ provider: 'app-attest', keyId }));
      for (const change of [{ receipt: bytes(0) }, { receipt: bytes(65_537) }, { keyId: '' }])
        await assertRequestMalformed(() =>
          store.replaceReceipt({ ...sampleUse(), receipt: bytes(1), ...change }),
        );
      await assertKept(store, sampleAttestedKey());
    }),

    ...(createPair
      ? [
          contractCase(
            'what one process registers and uses, another knows',
            createPair,
            async ({ stores }) => {
              const [here, there] = stores;
              await here.registerAttestedKey(sampleAttestedKey());
              const other = sampleAttestedKey({ lastUse: useHash(9) });
              assert.deepEqual(await there.registerAttestedKey(other), { outcome: 'exists' });
              assert.deepEqual(await there.useAttestedKey(sampleUse()), { outcome: 'used' });
              const replayed = await here.useAttestedKey(sampleUse({ use: useHash(2) }));
              assert.deepEqual(replayed, { outcome: 'counter_not_higher' });
              assert.equal((await here.findAttestedKey(sampleUse()))?.counter, 1);
            },
          ),
          contractCase(
            'of two processes that register one key for different uses at once exactly one does',
            createPair,
            async ({ stores }) => {
              await assertOneRegistered(
                Array.from({ length: 20 }, (_, index) => stores[index % 2 === 0 ? 0 : 1]),
              );
            },
          ),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase(
            'a store that cannot keep or find keys says so',
            createUnreachable,
            async ({ store }) => {
              await assertUnavailable(() => store.registerAttestedKey(sampleAttestedKey()));
              await assertUnavailable(() => store.findAttestedKey(sampleUse()));
              await assertUnavailable(() => store.useAttestedKey(sampleUse()));
              await assertUnavailable(() => store.replaceReceipt({ ...sampleUse(), receipt: bytes(1) }));
            },
          ),
        ]
      : []),
  ];
}

/** Every store registers the same key for a use of its own at once; the one that is told so is the one that is kept. */
async function assertOneRegistered(stores: readonly AttestedKeyStore[]): Promise<void> {
  const outcomes = await Promise.all(
    stores.map((store, index) => store.registerAttestedKey(sampleAttestedKey({ lastUse: useHash(index) }))),
  );
  const winners = outcomes.flatMap(({ outcome }, index) =>
    outcome === 'registered' ? [useHash(index)] : [],
  );
  const kept = await stores[0]?.findAttestedKey(sampleUse());
  assert.deepEqual(winners, [kept?.lastUse]);
}

async function assertKept(store: AttestedKeyStore, key: AttestedKey): Promise<void> {
  assert.deepEqual(await store.findAttestedKey(key), key);
}

/** Octets that are no text in any encoding. */
function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + 128) % 256);
}
