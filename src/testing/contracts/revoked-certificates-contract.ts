// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { RevocationStore, RevocationSubject } from '../../contracts/revocation-store.js';
import type {
  RevokedCertificate,
  RevokedCertificates,
  RevokedCertificatesQuery,
} from '../../contracts/revoked-certificates.js';
import { assertRequestMalformed } from './assert-request-malformed.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { AT, device, KEY, later, revocation } from './sample-revocation.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

type Store = RevocationStore & RevokedCertificates;

const ISSUER = 'a1'.repeat(20);
const ALL: RevokedCertificatesQuery = {
  issuerId: ISSUER,
  crlShard: null,
  notAfterFrom: AT,
  afterSequence: 0,
  limit: 10_000,
};

/** What every {@link RevocationStore} that is also {@link RevokedCertificates} must do. */
export function revokedCertificatesContract(options: StoreContractOptions<Store>): readonly ContractCase[] {
  const { create, createPair, createUnreachable } = options;
  return [
    contractCase('an empty log has no revoked certificates', create, async ({ store }) => {
      assert.deepEqual(await store.listRevoked(ALL), []);
      assert.equal(await store.findLastRevoked(ALL), 0);
    }),

    contractCase(
      'a revoked certificate is listed, whole, as soon as revoke has resolved',
      create,
      async ({ store }) => {
        const { revocation: recorded } = await store.revoke({
          ...revocation(sample(1, { notAfter: later(86_400.001) }), 'keyCompromise', 'case 17'),
          at: later(0.001),
        });
        const expected: RevokedCertificate = {
          serialNumber: serial(1),
          revokedAt: later(0.001),
          reason: 'keyCompromise',
          notAfter: later(86_400.001),
          sequence: recorded?.sequence ?? 0,
        };
        assert.deepEqual(await store.listRevoked(ALL), [expected]);
        assert.deepEqual(await store.listRevoked({ ...ALL, crlShard: 0 }), [expected]);
        assert.equal(await store.findLastRevoked(ALL), recorded?.sequence);
      },
    ),

    contractCase('devices and keys are on no list', create, async ({ store }) => {
      for (const subject of [KEY, device('suspended'), device('active'), device('banned')])
        await store.revoke(revocation(subject));
      assert.deepEqual(await store.listRevoked(ALL), []);
      assert.equal(await store.findLastRevoked(ALL), 0);
    }),

    contractCase('each shard has its own; the complete list has all', create, async ({ store }) => {
      for (const index of [1, 2, 3, 4, 5]) {
        await store.revoke(revocation(sample(index, { crlShard: index % 2 === 0 ? 10 : 1 })));
      }
      assert.deepEqual(await serials(store, { crlShard: 1 }), [1, 3, 5].map(serial));
      assert.deepEqual(await serials(store, { crlShard: 10 }), [2, 4].map(serial));
      assert.deepEqual(await serials(store, { crlShard: 0 }), []);
      assert.deepEqual(await serials(store, {}), [1, 2, 3, 4, 5].map(serial));
    }),

    contractCase('each issuer has its own, even of the same serial number', create, async ({ store }) => {
      const other = 'b2'.repeat(20);
      await store.revoke(revocation(sample(1)));
      await store.revoke(revocation(sample(1, { issuerId: other })));
      await store.revoke(revocation(sample(2, { issuerId: other })));
      assert.deepEqual(await serials(store, {}), [serial(1)]);
      assert.deepEqual(await serials(store, { issuerId: other }), [serial(1), serial(2)]);
      assert.deepEqual(await serials(store, { issuerId: other, crlShard: 0 }), [serial(1), serial(2)]);
      assert.deepEqual(await serials(store, { issuerId: 'c3'.repeat(20) }), []);
    }),

    contractCase(
      'certificates that end at the time asked for are listed, those that ended before are not',
      create,
      async ({ store }) => {
        for (const [index, milliseconds] of [-1, 0, 1].entries())
          await store.revoke(revocation(sample(index, { notAfter: later(60 + milliseconds / 1000) })));
        assert.deepEqual(await serials(store, { notAfterFrom: later(60) }), [serial(1), serial(2)]);
        assert.deepEqual(await serials(store, { notAfterFrom: later(60), crlShard: 0 }), [
          serial(1),
          serial(2),
        ]);
      },
    ),

    ...[null, 0].map((crlShard) =>
      contractCase(
        `pages of ${crlShard === null ? 'a complete list' : 'a shard'} come in order of the log, without gap or repetition`,
        create,
        async ({ store }) => {
          // Serial numbers and ends run against the order of the log; other shards and kinds lie between.
          for (let index = 0; index < 25; index += 1) {
            await store.revoke(revocation(sample(25 - index, { notAfter: later(1000 - index) })));
            await store.revoke(revocation(sample(100 + index, { issuerId: 'b2'.repeat(20) })));
            await store.revoke(
              revocation({ kind: 'key', publicKeySha256: index.toString(16).padStart(64, '0') }),
            );
          }
          const seen: RevokedCertificate[] = [];
          for (;;) {
            const page = await store.listRevoked({
              ...ALL,
              crlShard,
              limit: 10,
              afterSequence: seen.at(-1)?.sequence ?? 0,
            });
            assert.ok(page.length <= 10, 'no page is longer than asked for');
            if (page.length === 0) break;
            seen.push(...page);
            assert.ok(seen.length <= 25, 'no certificate comes twice');
          }
          assert.deepEqual(
            seen.map(({ serialNumber }) => serialNumber),
            Array.from({ length: 25 }, (_, index) => serial(25 - index)),
          );
          assert.equal(await store.findLastRevoked({ issuerId: ISSUER, crlShard }), seen.at(-1)?.sequence);
        },
      ),
    ),

    contractCase(
      'the last place of a scope is that of its own latest entry, ended or not',
      create,
      async ({ store }) => {
        const first = await store.revoke(revocation(sample(1, { crlShard: 3 })));
        const second = await store.revoke(revocation(sample(2, { crlShard: 4, notAfter: later(-86_400) })));
        await store.revoke(revocation(sample(3, { issuerId: 'b2'.repeat(20), crlShard: 3 })));
        await store.revoke(revocation(device('banned')));
        const last = (crlShard: number | null) => store.findLastRevoked({ issuerId: ISSUER, crlShard });
        assert.equal(await last(3), first.revocation?.sequence);
        assert.equal(await last(4), second.revocation?.sequence);
        assert.equal(await last(null), second.revocation?.sequence);
        assert.equal(await last(5), 0);
      },
    ),

    contractCase(
      'a certificate that is revoked again stays where it was first',
      create,
      async ({ store }) => {
        await store.revoke(revocation(sample(1, { crlShard: 3 }), 'keyCompromise'));
        const moved = sample(1, { crlShard: 4, notAfter: later(99) });
        assert.equal((await store.revoke(revocation(moved, 'superseded'))).recorded, false);
        assert.deepEqual(await serials(store, { crlShard: 4 }), []);
        const [only, ...more] = await store.listRevoked({ ...ALL, crlShard: 3 });
        assert.equal(only?.reason, 'keyCompromise');
        assert.deepEqual(only.notAfter, later(86_400));
        assert.deepEqual(more, []);
      },
    ),

    contractCase('a limit that is none is refused', create, async ({ store }) => {
      for (const limit of [0, -1, 1.5, 10_001])
        await assertRequestMalformed(() => store.listRevoked({ ...ALL, limit }));
    }),

    ...(createPair
      ? [
          contractCase('what one process revoked, another lists', createPair, async ({ stores }) => {
            const [here, there] = stores;
            assert.deepEqual(await there.listRevoked(ALL), []);
            const { revocation: recorded } = await here.revoke(revocation(sample(1)));
            assert.deepEqual(await serials(there, {}), [serial(1)]);
            assert.equal(await there.findLastRevoked(ALL), recorded?.sequence);
          }),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase(
            'a store that cannot list the revoked certificates says so',
            createUnreachable,
            async ({ store }) => {
              await assertUnavailable(() => store.listRevoked(ALL));
              await assertUnavailable(() => store.findLastRevoked(ALL));
            },
          ),
        ]
      : []),
  ];
}

async function serials(
  store: RevokedCertificates,
  change: Partial<RevokedCertificatesQuery>,
): Promise<readonly string[]> {
  return (await store.listRevoked({ ...ALL, ...change })).map(({ serialNumber }) => serialNumber);
}

function serial(index: number): string {
  return (0x7f00 + index).toString(16).repeat(8);
}

/** Certificate number `index` of shard 0, ending in a day. */
function sample(
  index: number,
  change: Partial<Extract<RevocationSubject, { readonly kind: 'certificate' }>> = {},
): RevocationSubject {
  return {
    kind: 'certificate',
    issuerId: ISSUER,
    serialNumber: serial(index),
    crlShard: 0,
    notAfter: later(86_400),
    ...change,
  };
}
