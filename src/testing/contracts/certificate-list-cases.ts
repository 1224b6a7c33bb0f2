// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { CertificateListQuery, CertificateStore } from '../../contracts/certificate-store.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { assertRecord, days, recordOf, sampleDevice, sampleIntent, sampleKey } from './sample-intent.js';
import type { StoreContractOptions } from './store-contract-options.js';

const HELD = { keyHeldFrom: days(0) };

/** The part of the contract of a {@link CertificateStore} that is about lists. */
export function certificateListCases({
  create,
}: StoreContractOptions<CertificateStore>): readonly ContractCase[] {
  return [
    contractCase('an empty store lists nothing and gives no cursor', create, async ({ store }) => {
      assert.deepEqual(await store.list({ limit: 1 }), { records: [], cursor: null });
    }),

    contractCase('records are listed in order of intent, whole', create, async ({ store }) => {
      for (const index of [3, 1, 2]) await store.recordIntent(sampleIntent(index), HELD);
      const { records, cursor } = await store.list({ limit: 10 });
      assert.equal(cursor, null);
      assert.equal(records.length, 3);
      for (const [place, index] of [3, 1, 2].entries())
        assertRecord(records[place], recordOf(sampleIntent(index)));
    }),

    contractCase(
      'pages follow each other without gap or repetition; the last one has no cursor',
      create,
      async ({ store }) => {
        for (let index = 0; index < 6; index += 1) await store.recordIntent(sampleIntent(index), HELD);
        for (const limit of [1, 2, 3, 4, 6, 7]) {
          const pages = await listPages(store, { limit });
          assert.deepEqual(pages.flat(), [0, 1, 2, 3, 4, 5].map(toRequest), `limit ${limit}`);
          assert.equal(pages.length, Math.ceil(6 / limit), `limit ${limit}: no empty page at the end`);
        }
      },
    ),

    contractCase('what is recorded between two pages is on a later page', create, async ({ store }) => {
      for (let index = 0; index < 3; index += 1) await store.recordIntent(sampleIntent(index), HELD);
      const first = await store.list({ limit: 2 });
      await store.recordIntent(sampleIntent(3), HELD);
      assert.ok(first.cursor !== null);
      const second = await store.list({ limit: 2, cursor: first.cursor });
      assert.deepEqual(
        second.records.map(({ requestId }) => requestId),
        [2, 3].map(toRequest),
      );
      assert.equal(second.cursor, null);
    }),

    contractCase('the list of a device has its certificates and no others', create, async ({ store }) => {
      for (const index of [1, 2, 3, 4]) {
        await store.recordIntent(sampleIntent(index, { deviceId: sampleDevice(index % 2) }), HELD);
      }
      assert.deepEqual(
        await listPages(store, { deviceId: sampleDevice(1), limit: 1 }),
        [[1], [3]].map(toRequests),
      );
      assert.deepEqual(await listPages(store, { deviceId: sampleDevice(7), limit: 1 }), [[]]);
    }),

    contractCase(
      'the list of a key has its certificates and no others, in order of intent',
      create,
      async ({ store }) => {
        const same = { deviceId: sampleDevice(1), publicKeySha256: sampleKey(1) };
        await store.recordIntent(sampleIntent(1, { ...same, notAfter: days(9) }), HELD);
        await store.recordIntent(sampleIntent(2), HELD);
        await store.recordIntent(sampleIntent(3, { ...same, notAfter: days(8) }), HELD);
        assert.deepEqual(
          await listPages(store, { publicKeySha256: sampleKey(1), limit: 1 }),
          [[1], [3]].map(toRequests),
        );
      },
    ),

    contractCase('a list by device and key has what is of both', create, async ({ store }) => {
      const deviceId = sampleDevice(1);
      await store.recordIntent(sampleIntent(1, { deviceId }), HELD);
      await store.recordIntent(sampleIntent(2, { deviceId }), HELD);
      await store.recordIntent(sampleIntent(3), HELD);
      const pages = await listPages(store, { deviceId, publicKeySha256: sampleKey(2), limit: 5 });
      assert.deepEqual(pages, [[2]].map(toRequests));
    }),

    contractCase(
      'a list from an end on has what ends later, not what ends then',
      create,
      async ({ store }) => {
        const deviceId = sampleDevice(1);
        const publicKeySha256 = sampleKey(1);
        for (const index of [1, 2, 3]) {
          await store.recordIntent(
            sampleIntent(index, { deviceId, publicKeySha256, notAfter: days(index) }),
            HELD,
          );
        }
        const query = { notAfterFrom: days(2), limit: 5 };
        assert.deepEqual(await listPages(store, query), [[3]].map(toRequests));
        assert.deepEqual(await listPages(store, { ...query, deviceId }), [[3]].map(toRequests));
        assert.deepEqual(await listPages(store, { ...query, publicKeySha256 }), [[3]].map(toRequests));
      },
    ),
  ];
}

/** The request ids, page by page. */
async function listPages(
  store: CertificateStore,
  query: CertificateListQuery,
): Promise<readonly (readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<CertificateStore['list']>> = await store.list(
      cursor === null ? query : { ...query, cursor },
    );
    assert.ok(page.records.length <= query.limit, 'no page is longer than asked for');
    pages.push(page.records.map(({ requestId }) => requestId));
    cursor = page.cursor;
    assert.ok(pages.length <= 100, 'the list comes to an end');
  } while (cursor !== null);
  return pages;
}

function toRequest(index: number): string {
  return sampleIntent(index).requestId;
}

function toRequests(indexes: readonly number[]): readonly string[] {
  return indexes.map(toRequest);
}
