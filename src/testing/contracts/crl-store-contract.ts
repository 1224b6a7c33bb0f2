// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { CrlDescription, CrlStore, StoredCrl } from '../../contracts/crl-store.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { sampleCrl } from './sample-crl.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

const SCOPE = { issuerId: 'a1'.repeat(20), crlShard: 7 };
/** The greatest number that a CRL may carry: 20 octets as a positive INTEGER (RFC 5280 section 5.2.3). */
const GREATEST = 2n ** 159n - 1n;

/** What every {@link CrlStore} must do. */
export function crlStoreContract(options: StoreContractOptions<CrlStore>): readonly ContractCase[] {
  const { create, createPair, createUnreachable } = options;
  return [
    contractCase('of a scope that was never published there is no list', create, async ({ store }) => {
      assert.equal(await store.findCrl(SCOPE), null);
      assert.equal(await store.findCrl(SCOPE, { unlessNumber: 1n }), null);
      assert.deepEqual(await store.listCrls(), []);
    }),

    contractCase('a published list is found as it went in', create, async ({ store }) => {
      assert.equal(await store.publishCrl(sampleCrl(1n), { expectedNumber: null }), true);
      assertCrl(await store.findCrl(SCOPE), sampleCrl(1n));
    }),

    contractCase('a delta CRL and what it is the difference to come back', create, async ({ store }) => {
      const { crl } = sampleCrl(5n);
      const base = { number: 2n ** 100n, thisUpdate: new Date('2026-03-01T11:00:00.001Z'), logSequence: 9 };
      const first = { deltaCrl: Uint8Array.of(0, 1, 0xff), base };
      await store.publishCrl(sampleCrl(5n, first), { expectedNumber: null });
      assertCrl(await store.findCrl(SCOPE), sampleCrl(5n, first));
      await store.publishCrl(sampleCrl(6n, { crl, base }), { expectedNumber: 5n });
      assertCrl(await store.findCrl(SCOPE), sampleCrl(6n, { crl, base }));
      await store.publishCrl(sampleCrl(7n), { expectedNumber: 6n });
      assertCrl(await store.findCrl(SCOPE), sampleCrl(7n));
    }),

    contractCase(
      'a list of just the number that the caller has does not travel again',
      create,
      async ({ store }) => {
        await store.publishCrl(sampleCrl(2n), { expectedNumber: null });
        assert.equal(await store.findCrl(SCOPE, { unlessNumber: 2n }), 'unchanged');
        for (const unlessNumber of [1n, 3n, 2n ** 64n + 2n])
          assertCrl(await store.findCrl(SCOPE, { unlessNumber }), sampleCrl(2n));
      },
    ),

    contractCase('the first list is published if there is none', create, async ({ store }) => {
      assert.equal(await store.publishCrl(sampleCrl(2n), { expectedNumber: 1n }), false);
      assert.equal(await store.findCrl(SCOPE), null);
      assert.equal(await store.publishCrl(sampleCrl(2n), { expectedNumber: null }), true);
      assert.equal(await store.publishCrl(sampleCrl(3n), { expectedNumber: null }), false);
      assertCrl(await store.findCrl(SCOPE), sampleCrl(2n));
    }),

    contractCase(
      'a list takes the place of the one that the caller saw, and of no other',
      create,
      async ({ store }) => {
        await store.publishCrl(sampleCrl(2n), { expectedNumber: null });
        for (const expectedNumber of [1n, 3n, 4n])
          assert.equal(await store.publishCrl(sampleCrl(4n), { expectedNumber }), false);
        assertCrl(await store.findCrl(SCOPE), sampleCrl(2n));
        assert.equal(await store.publishCrl(sampleCrl(4n), { expectedNumber: 2n }), true);
        assertCrl(await store.findCrl(SCOPE), sampleCrl(4n));
      },
    ),

    contractCase('numbers only grow', create, async ({ store }) => {
      await store.publishCrl(sampleCrl(5n), { expectedNumber: null });
      for (const number of [5n, 4n, 0n])
        assert.equal(
          await store.publishCrl(sampleCrl(number, { entryCount: 9 }), { expectedNumber: 5n }),
          false,
        );
      assertCrl(await store.findCrl(SCOPE), sampleCrl(5n));
    }),

    contractCase(
      'numbers are compared and kept as numbers, up to the greatest',
      create,
      async ({ store }) => {
        const numbers = [
          9n,
          10n,
          2n ** 53n,
          2n ** 53n + 1n,
          2n ** 64n,
          2n ** 64n + 1n,
          GREATEST - 1n,
          GREATEST,
        ];
        let seen: bigint | null = null;
        for (const number of numbers) {
          assert.equal(
            await store.publishCrl(sampleCrl(number), { expectedNumber: seen }),
            true,
            `${number}`,
          );
          assertCrl(await store.findCrl(SCOPE), sampleCrl(number));
          assert.deepEqual(
            (await store.listCrls()).map((listed) => listed.number),
            [number],
          );
          seen = number;
        }
        assert.equal(await store.publishCrl(sampleCrl(10n), { expectedNumber: GREATEST }), false);
      },
    ),

    contractCase('each scope has a list of its own', create, async ({ store }) => {
      const scopes = [
        { issuerId: SCOPE.issuerId, crlShard: 1 },
        { issuerId: SCOPE.issuerId, crlShard: 11 },
        { issuerId: SCOPE.issuerId, crlShard: 0 },
        { issuerId: SCOPE.issuerId, crlShard: null },
        { issuerId: 'b2'.repeat(20), crlShard: 1 },
        { issuerId: 'b2'.repeat(20), crlShard: null },
      ];
      const crls = scopes.map((scope, index) => sampleCrl(BigInt(index + 1), scope));
      for (const crl of crls) assert.equal(await store.publishCrl(crl, { expectedNumber: null }), true);
      for (const [index, scope] of scopes.entries())
        assertCrl(await store.findCrl(scope), sampleCrl(BigInt(index + 1), scope));
      assert.deepEqual(sorted(await store.listCrls()), sorted(crls.map(describe)));
    }),

    contractCase('a list of a megabyte comes back whole', create, async ({ store }) => {
      const crl = Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 251);
      const large = sampleCrl(1n, { crl, deltaCrl: crl.slice(1), bytes: crl.length });
      await store.publishCrl(large, { expectedNumber: null });
      assertCrl(await store.findCrl(SCOPE), large);
    }),

    contractCase(
      'what a caller changes in a list does not change what is kept',
      create,
      async ({ store }) => {
        const given = sampleCrl(1n);
        await store.publishCrl(given, { expectedNumber: null });
        given.crl.fill(0);
        given.nextUpdate.setTime(0);
        assertCrl(await store.findCrl(SCOPE), sampleCrl(1n));
      },
    ),

    contractCase('of many who publish in one place at once exactly one does', create, async ({ store }) => {
      await assertOnePublishes(Array.from({ length: 20 }, () => store));
    }),

    ...(createPair
      ? [
          contractCase(
            'of two processes that publish in one place at once exactly one does',
            createPair,
            async ({ stores }) => {
              await assertOnePublishes(
                Array.from({ length: 20 }, (_, index) => stores[index % 2 === 0 ? 0 : 1]),
              );
            },
          ),
          contractCase('what one process published, another finds', createPair, async ({ stores }) => {
            const [here, there] = stores;
            assert.equal(await there.findCrl(SCOPE), null);
            await here.publishCrl(sampleCrl(1n), { expectedNumber: null });
            assertCrl(await there.findCrl(SCOPE), sampleCrl(1n));
            await there.publishCrl(sampleCrl(2n), { expectedNumber: 1n });
            assertCrl(await here.findCrl(SCOPE, { unlessNumber: 1n }), sampleCrl(2n));
          }),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase(
            'a store that cannot reach its lists says so',
            createUnreachable,
            async ({ store }) => {
              await assertUnavailable(() => store.findCrl(SCOPE));
              await assertUnavailable(() => store.publishCrl(sampleCrl(1n), { expectedNumber: null }));
              await assertUnavailable(() => store.listCrls());
            },
          ),
        ]
      : []),
  ];
}

/** Everyone saw that there is no list and publishes the first; then everyone saw that one and publishes the next. */
async function assertOnePublishes(stores: readonly CrlStore[]): Promise<void> {
  const first = await publishAtOnce(stores, null);
  await publishAtOnce(stores, first);
}

/** Each publishes a list after the same one. Resolves to the number that is kept: that of who was told so. */
async function publishAtOnce(stores: readonly CrlStore[], expectedNumber: bigint | null): Promise<bigint> {
  const start = expectedNumber ?? 0n;
  const crls = stores.map((_, index) => sampleCrl(start + BigInt(index + 1), { entryCount: index }));
  const outcomes = await Promise.all(
    stores.map((store, index) => store.publishCrl(crls[index] ?? sampleCrl(1n), { expectedNumber })),
  );
  assert.equal(outcomes.filter(Boolean).length, 1, 'exactly one is told that it published');
  const winner = crls[outcomes.indexOf(true)];
  assert.ok(winner);
  assertCrl((await stores[0]?.findCrl(SCOPE)) ?? null, winner);
  return winner.number;
}

/** Compares lists; a byte array may be of any class. */
function assertCrl(actual: StoredCrl | 'unchanged' | null, expected: StoredCrl): void {
  assert.ok(actual !== null && actual !== 'unchanged', 'there is a list');
  assert.deepEqual(comparable(actual), comparable(expected));
}

function comparable(stored: StoredCrl): unknown {
  return {
    ...stored,
    crl: Buffer.from(stored.crl).toString('hex'),
    deltaCrl: stored.deltaCrl && Buffer.from(stored.deltaCrl).toString('hex'),
  };
}

function describe(stored: StoredCrl): CrlDescription {
  const { issuerId, crlShard, number, thisUpdate, nextUpdate, logSequence, entryCount, bytes } = stored;
  return { issuerId, crlShard, number, thisUpdate, nextUpdate, logSequence, entryCount, bytes };
}

function sorted(crls: readonly CrlDescription[]): readonly CrlDescription[] {
  return [...crls].sort((a, b) => Number(a.number - b.number));
}
