// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type {
  CertificateIntent,
  CertificateName,
  CertificateRecord,
  CertificateStore,
} from '../../contracts/certificate-store.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { assertRecord, days, recordOf, sampleDevice, sampleIntent } from './sample-intent.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

const HELD = { keyHeldFrom: days(0) };
const ISSUED = { certificate: Uint8Array.from([0x30, 0x82, 0x00, 0xff, 0x80, 0x7f]), issuedAt: days(1) };
/** Three certificates of one device, in order. */
const LINEAGE = [1, 2, 3].map((index) => () => sampleIntent(index, { deviceId: sampleDevice(9) }));

/** The part of the contract of a {@link CertificateStore} that is about what happens to a certificate after the intent. */
export function certificateLifeCases(
  options: StoreContractOptions<CertificateStore>,
): readonly ContractCase[] {
  const { create, createPair, createUnreachable } = options;
  return [
    contractCase('the certificate of an intent is recorded and found', create, async ({ store }) => {
      await store.recordIntent(sampleIntent(1), HELD);
      const expected = recordOf(sampleIntent(1), ISSUED);
      assertRecord(await store.recordIssued(sampleIntent(1), ISSUED), expected);
      assertRecord(await findByName(store, sampleIntent(1)), expected);
      assertRecord(await store.find({ by: 'request', requestId: sampleIntent(1).requestId }), expected);
    }),

    contractCase(
      'the first certificate stays: a second one is answered with it',
      create,
      async ({ store }) => {
        await store.recordIntent(sampleIntent(1), HELD);
        await store.recordIssued(sampleIntent(1), ISSUED);
        const second = { certificate: Uint8Array.from([1, 2, 3]), issuedAt: days(2) };
        assertRecord(await store.recordIssued(sampleIntent(1), second), recordOf(sampleIntent(1), ISSUED));
        assertRecord(await findByName(store, sampleIntent(1)), recordOf(sampleIntent(1), ISSUED));
      },
    ),

    contractCase('a certificate without an intent is not recorded', create, async ({ store }) => {
      assert.equal(await store.recordIssued(sampleIntent(1), ISSUED), null);
      assert.equal(await findByName(store, sampleIntent(1)), null);
    }),

    contractCase(
      'of many certificates of one intent at once one is recorded, and all are told which',
      create,
      async ({ store }) => {
        await store.recordIntent(sampleIntent(1), HELD);
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            store.recordIssued(sampleIntent(1), { certificate: Uint8Array.of(index), issuedAt: days(1) }),
          ),
        );
        const stored = await findByName(store, sampleIntent(1));
        assert.ok(stored?.certificate);
        for (const answer of answers) assertRecord(answer, stored);
      },
    ),

    contractCase(
      'the first use of a certificate is recorded, the second is not',
      create,
      async ({ store }) => {
        await store.recordIntent(sampleIntent(1), HELD);
        await store.recordFirstUse(sampleIntent(1), days(1));
        await store.recordFirstUse(sampleIntent(1), days(2));
        assertRecord(
          await findByName(store, sampleIntent(1)),
          recordOf(sampleIntent(1), { firstUsedAt: days(1) }),
        );
      },
    ),

    contractCase(
      'the first use supersedes every earlier certificate of the device, issued or not',
      create,
      async ({ store }) => {
        await recordLineage(store);
        await store.recordIssued(intent(0), ISSUED);
        await store.recordFirstUse(intent(2), days(1));
        assertRecord(
          await findByName(store, intent(0)),
          recordOf(intent(0), { ...ISSUED, supersededAt: days(1) }),
        );
        assertRecord(await findByName(store, intent(1)), recordOf(intent(1), { supersededAt: days(1) }));
        assertRecord(await findByName(store, intent(2)), recordOf(intent(2), { firstUsedAt: days(1) }));
      },
    ),

    contractCase(
      'the first use leaves later certificates of the device and other devices alone',
      create,
      async ({ store }) => {
        await store.recordIntent(sampleIntent(8), HELD);
        await recordLineage(store);
        await store.recordFirstUse(intent(1), days(1));
        assertRecord(await findByName(store, intent(2)), recordOf(intent(2)));
        assertRecord(await findByName(store, sampleIntent(8)), recordOf(sampleIntent(8)));
      },
    ),

    contractCase('the order of intent counts, not that of the dates', create, async ({ store }) => {
      const shorter = { deviceId: sampleDevice(9), notAfter: days(1), intendedAt: days(-2) };
      await store.recordIntent(sampleIntent(1, { deviceId: sampleDevice(9) }), HELD);
      await store.recordIntent(sampleIntent(2, shorter), HELD);
      await store.recordFirstUse(sampleIntent(2), days(1));
      assert.deepEqual((await findByName(store, sampleIntent(1)))?.supersededAt, days(1));
    }),

    contractCase('a certificate is superseded once: the first time stays', create, async ({ store }) => {
      await recordLineage(store);
      await store.recordFirstUse(intent(1), days(1));
      await store.recordFirstUse(intent(2), days(2));
      assert.deepEqual((await findByName(store, intent(0)))?.supersededAt, days(1));
      assert.deepEqual((await findByName(store, intent(1)))?.supersededAt, days(2));
    }),

    contractCase(
      'a certificate that was intended after a first use is not superseded by its repetition',
      create,
      async ({ store }) => {
        await store.recordIntent(intent(0), HELD);
        await store.recordFirstUse(intent(0), days(1));
        await store.recordIntent(intent(1), HELD);
        await store.recordFirstUse(intent(0), days(2));
        assertRecord(await findByName(store, intent(1)), recordOf(intent(1)));
      },
    ),

    contractCase('a first use that the store has no record of changes nothing', create, async ({ store }) => {
      await store.recordIntent(sampleIntent(1), HELD);
      await store.recordFirstUse(sampleIntent(2), days(1));
      assertRecord(await findByName(store, sampleIntent(1)), recordOf(sampleIntent(1)));
    }),

    contractCase(
      'every find sees what was recorded before it, however often it was asked',
      create,
      async ({ store }) => {
        await store.recordIntent(intent(0), HELD);
        assertRecord(await findByName(store, intent(0)), recordOf(intent(0)));
        await store.recordIssued(intent(0), ISSUED);
        assertRecord(await findByName(store, intent(0)), recordOf(intent(0), ISSUED));
        await store.recordFirstUse(intent(0), days(1));
        const used = { ...ISSUED, firstUsedAt: days(1) };
        assertRecord(await findByName(store, intent(0)), recordOf(intent(0), used));
        await store.recordIntent(intent(1), HELD);
        await store.recordFirstUse(intent(1), days(2));
        assertRecord(
          await findByName(store, intent(0)),
          recordOf(intent(0), { ...used, supersededAt: days(2) }),
        );
      },
    ),

    contractCase(
      'what a caller changes in what it gave does not change the record',
      create,
      async ({ store }) => {
        const given = sampleIntent(1);
        await store.recordIntent(given, HELD);
        given.notAfter.setTime(0);
        given.toBeSigned.fill(0);
        assertRecord(await findByName(store, sampleIntent(1)), recordOf(sampleIntent(1)));
      },
    ),

    ...(createPair
      ? [
          contractCase(
            'what one process recorded, another finds, however often it was asked',
            createPair,
            async ({ stores }) => {
              const [here, there] = stores;
              await here.recordIntent(intent(0), HELD);
              assertRecord(await findByName(there, intent(0)), recordOf(intent(0)));
              await here.recordIssued(intent(0), ISSUED);
              assertRecord(await findByName(there, intent(0)), recordOf(intent(0), ISSUED));
              await there.recordIntent(intent(1), HELD);
              await here.recordFirstUse(intent(1), days(1));
              const superseded = recordOf(intent(0), { ...ISSUED, supersededAt: days(1) });
              assertRecord(await findByName(there, intent(0)), superseded);
              assertRecord(await findByName(here, intent(0)), superseded);
            },
          ),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase(
            'a store that cannot reach its certificates says so',
            createUnreachable,
            async ({ store }) => {
              await assertUnavailable(() => store.recordIssued(intent(0), ISSUED));
              await assertUnavailable(() => store.recordFirstUse(intent(0), days(1)));
              await assertUnavailable(() => findByName(store, intent(0)));
              await assertUnavailable(() => store.find({ by: 'request', requestId: intent(0).requestId }));
              await assertUnavailable(() =>
                store.find({ by: 'key', publicKeySha256: intent(0).publicKeySha256 }),
              );
              await assertUnavailable(() => store.find({ by: 'device', deviceId: intent(0).deviceId }));
              await assertUnavailable(() => store.list({ limit: 1 }));
            },
          ),
        ]
      : []),
  ];
}

async function recordLineage(store: CertificateStore): Promise<void> {
  for (const make of LINEAGE) await store.recordIntent(make(), HELD);
}

function intent(place: 0 | 1 | 2): CertificateIntent {
  const make = LINEAGE[place];
  assert.ok(make);
  return make();
}

function findByName(
  store: CertificateStore,
  { issuerId, serialNumber }: CertificateName,
): Promise<CertificateRecord | null> {
  return store.find({ by: 'name', issuerId, serialNumber });
}
