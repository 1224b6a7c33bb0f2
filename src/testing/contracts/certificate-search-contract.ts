// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { CertificateFilter, CertificateSearch } from '../../contracts/certificate-search.js';
import type {
  CertificateIntent,
  CertificatePage,
  CertificateStore,
} from '../../contracts/certificate-store.js';
import { assertRequestMalformed } from './assert-request-malformed.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { searchFilters, sampleAppraisal } from './search-filters.js';
import { assertRecord, days, recordOf, sampleDevice, sampleIntent } from './sample-intent.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

type Store = CertificateStore & CertificateSearch;

/** What none of the filters below finds. */
const UNLIKE = { appraisal: sampleAppraisal(['other'], '9'), bootstrapCertificateSha256: null };
const HELD = { keyHeldFrom: days(0) };

/** What every {@link CertificateStore} that is a {@link CertificateSearch} must do. */
export function certificateSearchContract(options: StoreContractOptions<Store>): readonly ContractCase[] {
  const { create, createPair, createUnreachable } = options;
  return [
    contractCase('an empty store has nothing to find', create, async ({ store }) => {
      assert.deepEqual(await store.search({ limit: 1 }), { records: [], cursor: null });
      assert.equal(await store.count({}), 0);
    }),

    ...searchFilters.map(({ what, filter, intents, found }) =>
      contractCase(`a search finds and a count counts ${what}`, create, async ({ store }) => {
        await record(store, intents);
        assert.deepEqual(await searchAll(store, filter, 100), found.map(toRequest));
        assert.equal(await store.count(filter), found.length);
      }),
    ),

    contractCase('records are found in order of intent, whole', create, async ({ store }) => {
      for (const index of [3, 1, 2]) await store.recordIntent(sampleIntent(index), HELD);
      const { records, cursor } = await store.search({ tier: 'device', limit: 10 });
      assert.equal(cursor, null);
      assert.equal(records.length, 3);
      for (const [place, index] of [3, 1, 2].entries())
        assertRecord(records[place], recordOf(sampleIntent(index)));
    }),

    contractCase('a search sees what has become of a certificate', create, async ({ store }) => {
      const issued = { certificate: Uint8Array.of(0x30, 0xff), issuedAt: days(1) };
      await store.recordIntent(sampleIntent(1), HELD);
      await store.recordIssued(sampleIntent(1), issued);
      await store.recordFirstUse(sampleIntent(1), days(2));
      const { records } = await store.search({ tier: 'device', limit: 10 });
      assertRecord(records[0], recordOf(sampleIntent(1), { ...issued, firstUsedAt: days(2) }));
    }),

    ...(
      [
        ['everything', {}],
        ['a tier', { tier: 'device' }],
        ['a provider', { provider: 'play-integrity' }],
        ['a version', { appVersion: '1.2.3' }],
        ['a release', { bootstrapCertificateSha256: 'e5'.repeat(32) }],
        ['the latest', { latestOnly: true }],
        ['an end', { notAfterFrom: days(0), notAfterBefore: days(30) }],
        ['an enrolment', { enrolledFrom: days(-31), enrolledBefore: days(0) }],
      ] as const
    ).map(([what, filter]) =>
      contractCase(
        `pages of a search for ${what} follow each other without gap or repetition`,
        create,
        async ({ store }) => {
          // Ends and enrolments run against the order of intent, so that who follows an index of those is found out.
          await record(
            store,
            Object.fromEntries(
              Array.from({ length: 12 }, (_, index) => [
                index,
                index % 2 === 1
                  ? { tier: 'basic', notAfter: days(40), enrolledAt: days(1), ...UNLIKE }
                  : { notAfter: days(20 - index), enrolledAt: days(-1 - index) },
              ]),
            ),
          );
          const expected = await searchAll(store, filter, 100);
          assert.ok(expected.length >= 6);
          for (const limit of [1, 2, 3, 5, 6, 7])
            assert.deepEqual(await searchAll(store, filter, limit), expected, `limit ${limit}`);
          assert.equal(await store.count(filter), expected.length);
        },
      ),
    ),

    contractCase('a cursor or limit that is none is refused', create, async ({ store }) => {
      await store.recordIntent(sampleIntent(1), HELD);
      for (const limit of [0, -1, 1.5, 1001]) await assertRequestMalformed(() => store.search({ limit }));
      for (const cursor of ['', 'x', '-1', '9'.repeat(40)])
        await assertRequestMalformed(() => store.search({ cursor, limit: 1 }));
    }),

    ...(createPair
      ? [
          contractCase('what one process recorded, another searches', createPair, async ({ stores }) => {
            const [here, there] = stores;
            assert.equal(await there.count({ latestOnly: true }), 0);
            await here.recordIntent(sampleIntent(1), HELD);
            await there.recordIntent(sampleIntent(2, { deviceId: sampleDevice(1) }), HELD);
            for (const store of stores)
              assert.deepEqual(await searchAll(store, { latestOnly: true }, 10), [toRequest(2)]);
          }),
          contractCase(
            'of certificates of one device that two processes record at once, one is the latest',
            createPair,
            async ({ stores }) => {
              await Promise.all(
                Array.from({ length: 20 }, (_, index) =>
                  stores[index % 2 === 0 ? 0 : 1].recordIntent(
                    sampleIntent(index, { deviceId: sampleDevice(1) }),
                    HELD,
                  ),
                ),
              );
              const [store] = stores;
              const inOrder = await searchAll(store, {}, 100);
              assert.equal(inOrder.length, 20);
              assert.deepEqual(await searchAll(store, { latestOnly: true }, 100), inOrder.slice(-1));
              assert.equal(await store.count({ latestOnly: true }), 1);
            },
          ),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase(
            'a store that cannot search or count says so',
            createUnreachable,
            async ({ store }) => {
              await assertUnavailable(() => store.search({ tier: 'device', limit: 1 }));
              await assertUnavailable(() => store.count({}));
            },
          ),
        ]
      : []),
  ];
}

async function record(
  store: Store,
  intents: Readonly<Record<number, Partial<CertificateIntent>>>,
): Promise<void> {
  for (const [index, change] of Object.entries(intents))
    await store.recordIntent(sampleIntent(Number(index), change), HELD);
}

/** The request ids of all pages. */
async function searchAll(store: Store, filter: CertificateFilter, limit: number): Promise<readonly string[]> {
  const found: string[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < 100; page += 1) {
    const answer: CertificatePage = await store.search({
      ...filter,
      limit,
      ...(cursor === null ? {} : { cursor }),
    });
    assert.ok(answer.records.length <= limit, 'no page is longer than asked for');
    found.push(...answer.records.map(({ requestId }) => requestId));
    cursor = answer.cursor;
    if (cursor === null) return found;
    assert.ok(answer.records.length > 0, 'a page with a next one is not empty');
  }
  assert.fail('the search comes to an end');
}

function toRequest(index: number): string {
  return sampleIntent(index).requestId;
}
