// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type {
  CertificateIntent,
  CertificateStore,
  IntentOutcome,
} from '../../contracts/certificate-store.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { assertRecord, days, recordOf, sampleDevice, sampleIntent, sampleKey } from './sample-intent.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

/** From when on a key is held: all samples end later. */
const HELD = { keyHeldFrom: days(0) };

/** The part of the contract of a {@link CertificateStore} that is about intents. */
export function certificateIntentCases(
  options: StoreContractOptions<CertificateStore>,
): readonly ContractCase[] {
  const { create, createPair, createUnreachable } = options;
  return [
    contractCase(
      'an intent is recorded and found by name, request, key and device, as it went in',
      create,
      async ({ store }) => {
        const intent = sampleIntent(1);
        assert.deepEqual(await store.recordIntent(intent, HELD), { outcome: 'recorded' });
        await assertFound(store, sampleIntent(1));
      },
    ),

    contractCase(
      'an appraisal without evidence, claims and reasons comes back as it went in',
      create,
      async ({ store }) => {
        const appraisal = {
          reasons: [],
          verdicts: [],
          claimed: {},
          evidenceAt: null,
          evidenceDueAt: null,
          outage: null,
          observed: [],
        };
        await store.recordIntent(sampleIntent(1, { appraisal, action: 'renew' }), HELD);
        await assertFound(store, sampleIntent(1, { appraisal, action: 'renew' }));
      },
    ),

    contractCase(
      'a device that did not come by a bootstrap certificate comes back as it went in',
      create,
      async ({ store }) => {
        const change = { bootstrapCertificateSha256: null, enrolledAt: new Date(days(-9).getTime() + 1) };
        await store.recordIntent(sampleIntent(1, change), HELD);
        await assertFound(store, sampleIntent(1, change));
      },
    ),

    contractCase('what was never recorded is not found', create, async ({ store }) => {
      await store.recordIntent(sampleIntent(1), HELD);
      const { issuerId, serialNumber, requestId, publicKeySha256, deviceId } = sampleIntent(2);
      assert.equal(await store.find({ by: 'device', deviceId }), null);
      assert.equal(await store.find({ by: 'name', issuerId, serialNumber }), null);
      assert.equal(await store.find({ by: 'request', requestId }), null);
      assert.equal(await store.find({ by: 'key', publicKeySha256 }), null);
      const { serialNumber: known } = sampleIntent(1);
      assert.equal(
        await store.find({ by: 'name', issuerId: 'b2'.repeat(20), serialNumber: known }),
        null,
        'another issuer',
      );
    }),

    contractCase('two issuers may use the same serial number', create, async ({ store }) => {
      const { serialNumber } = sampleIntent(1);
      const other = sampleIntent(2, { issuerId: 'b2'.repeat(20), serialNumber });
      await store.recordIntent(sampleIntent(1), HELD);
      assert.deepEqual(await store.recordIntent(other, HELD), { outcome: 'recorded' });
      await assertFound(store, sampleIntent(1));
      await assertFound(store, other);
    }),

    contractCase('a serial number is never recorded twice for one issuer', create, async ({ store }) => {
      const { serialNumber } = sampleIntent(1);
      await store.recordIntent(sampleIntent(1), HELD);
      await assertUnavailable(() => store.recordIntent(sampleIntent(2, { serialNumber }), HELD));
      await assertFound(store, sampleIntent(1));
      assert.equal(await store.find({ by: 'request', requestId: sampleIntent(2).requestId }), null);
    }),

    contractCase(
      'the same request again is told so, and the first record stays',
      create,
      async ({ store }) => {
        const { requestId } = sampleIntent(1);
        await store.recordIntent(sampleIntent(1), HELD);
        const again = await store.recordIntent(sampleIntent(2, { requestId }), HELD);
        assertOutcome(again, 'request_exists', sampleIntent(1));
        await assertFound(store, sampleIntent(1));
        assert.equal(
          await store.find({ by: 'key', publicKeySha256: sampleKey(2) }),
          null,
          'nothing was recorded',
        );
      },
    ),

    contractCase(
      'a key of another device is refused while that device holds it',
      create,
      async ({ store }) => {
        await store.recordIntent(sampleIntent(1), HELD);
        const taken = await store.recordIntent(sampleIntent(2, { publicKeySha256: sampleKey(1) }), HELD);
        assertOutcome(taken, 'key_in_use', sampleIntent(1));
        assert.equal(await store.find({ by: 'request', requestId: sampleIntent(2).requestId }), null);
      },
    ),

    contractCase('a key is held up to and at its end, and free after it', create, async ({ store }) => {
      await store.recordIntent(sampleIntent(1, { notAfter: days(7) }), HELD);
      const other = sampleIntent(2, { publicKeySha256: sampleKey(1) });
      const atEnd = await store.recordIntent(other, { keyHeldFrom: days(7) });
      assert.equal(atEnd.outcome, 'key_in_use');
      const afterEnd = await store.recordIntent(other, { keyHeldFrom: new Date(days(7).getTime() + 1) });
      assert.equal(afterEnd.outcome, 'recorded');
    }),

    contractCase(
      'a key is held by the device even if a later certificate names it less long',
      create,
      async ({ store }) => {
        await store.recordIntent(sampleIntent(1, { notAfter: days(9) }), HELD);
        await store.recordIntent(
          sampleIntent(2, { deviceId: sampleDevice(1), publicKeySha256: sampleKey(1) }),
          HELD,
        );
        const other = sampleIntent(3, { publicKeySha256: sampleKey(1) });
        assert.equal((await store.recordIntent(other, { keyHeldFrom: days(8) })).outcome, 'key_in_use');
      },
    ),

    contractCase('a device may be certified again with its own key', create, async ({ store }) => {
      await store.recordIntent(sampleIntent(1), HELD);
      const renewal = sampleIntent(2, {
        deviceId: sampleDevice(1),
        publicKeySha256: sampleKey(1),
        action: 'renew',
      });
      assert.deepEqual(await store.recordIntent(renewal, HELD), { outcome: 'recorded' });
    }),

    contractCase('the certificate of a key is the one that ends last', create, async ({ store }) => {
      const same = { deviceId: sampleDevice(1), publicKeySha256: sampleKey(1) };
      const longest = sampleIntent(2, { ...same, notAfter: days(9) });
      await store.recordIntent(sampleIntent(1, same), HELD);
      await store.recordIntent(longest, HELD);
      await store.recordIntent(sampleIntent(3, { ...same, notAfter: days(8) }), HELD);
      assertRecord(await store.find({ by: 'key', publicKeySha256: sampleKey(1) }), recordOf(longest));
    }),

    contractCase(
      'the certificate of a device is the one that was intended last, whatever its dates',
      create,
      async ({ store }) => {
        const deviceId = sampleDevice(1);
        const last = sampleIntent(3, { deviceId, notAfter: days(1), intendedAt: days(-2) });
        await store.recordIntent(sampleIntent(1, { deviceId }), HELD);
        await store.recordIntent(sampleIntent(2), HELD);
        await store.recordIntent(last, HELD);
        await store.recordIntent(sampleIntent(4), HELD);
        await store.recordFirstUse(sampleIntent(1), days(0));
        assertRecord(await store.find({ by: 'device', deviceId }), recordOf(last));
      },
    ),

    contractCase(
      'of many intents of one request at once exactly one is recorded',
      create,
      async ({ store }) => {
        await assertOneRecorded(Array.from({ length: 30 }, () => store));
      },
    ),

    contractCase(
      'of many devices that claim one key at once exactly one gets it',
      create,
      async ({ store }) => {
        const outcomes = await Promise.all(
          Array.from({ length: 30 }, (_, index) =>
            store.recordIntent(sampleIntent(index, { publicKeySha256: sampleKey(0) }), HELD),
          ),
        );
        assert.equal(outcomes.filter(({ outcome }) => outcome === 'recorded').length, 1);
        assert.equal(outcomes.filter(({ outcome }) => outcome === 'key_in_use').length, 29);
      },
    ),

    ...(createPair
      ? [
          contractCase(
            'of two processes that record one request at once exactly one does',
            createPair,
            async ({ stores }) => {
              await assertOneRecorded(
                Array.from({ length: 30 }, (_, index) => stores[index % 2 === 0 ? 0 : 1]),
              );
            },
          ),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase(
            'a store that cannot record an intent says so',
            createUnreachable,
            async ({ store }) => {
              await assertUnavailable(() => store.recordIntent(sampleIntent(1), HELD));
            },
          ),
        ]
      : []),
  ];
}

async function assertFound(store: CertificateStore, intent: CertificateIntent): Promise<void> {
  const { issuerId, serialNumber, requestId, publicKeySha256, deviceId } = intent;
  assertRecord(await store.find({ by: 'name', issuerId, serialNumber }), recordOf(intent));
  assertRecord(await store.find({ by: 'request', requestId }), recordOf(intent));
  assertRecord(await store.find({ by: 'key', publicKeySha256 }), recordOf(intent));
  assertRecord(await store.find({ by: 'device', deviceId }), recordOf(intent));
}

function assertOutcome(
  actual: IntentOutcome,
  outcome: IntentOutcome['outcome'],
  intent: CertificateIntent,
): void {
  assert.equal(actual.outcome, outcome);
  assertRecord(actual.outcome === 'recorded' ? null : actual.record, recordOf(intent));
}

/** One request, prepared anew by each caller, as clients that send it twice bring about. */
async function assertOneRecorded(stores: readonly CertificateStore[]): Promise<void> {
  const same = {
    requestId: sampleIntent(0).requestId,
    deviceId: sampleDevice(0),
    publicKeySha256: sampleKey(0),
  };
  const outcomes = await Promise.all(
    stores.map((store, index) => store.recordIntent(sampleIntent(index, same), HELD)),
  );
  assert.equal(outcomes.filter(({ outcome }) => outcome === 'recorded').length, 1);
  const winner = sampleIntent(
    outcomes.findIndex(({ outcome }) => outcome === 'recorded'),
    same,
  );
  for (const outcome of outcomes) {
    if (outcome.outcome !== 'recorded') assertOutcome(outcome, 'request_exists', winner);
  }
}
