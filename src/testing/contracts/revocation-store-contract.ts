// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type {
  Revocation,
  RevocationReason,
  RevocationStore,
  RevocationSubject,
} from '../../contracts/revocation-store.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { revocationDeviceCases } from './revocation-device-cases.js';
import {
  AT,
  certificate,
  CERTIFICATE,
  device,
  KEY,
  later,
  NAME,
  NOTHING,
  revocation,
} from './sample-revocation.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

/** What every {@link RevocationStore} must do. */
export function revocationStoreContract(
  options: StoreContractOptions<RevocationStore>,
): readonly ContractCase[] {
  const { create, createPair, createUnreachable } = options;
  return [
    contractCase(
      'a certificate of which the log says nothing is found with nothing',
      create,
      async ({ store }) => {
        assert.deepEqual(await store.find(NAME), NOTHING);
        assert.deepEqual(await store.list({ afterSequence: 0, limit: 10 }), []);
      },
    ),

    ...[CERTIFICATE, KEY, device('suspended'), device('banned')].map((subject) =>
      contractCase(
        `a revoked ${label(subject)} is found as soon as revoke has resolved`,
        create,
        async ({ store }) => {
          const result = await store.revoke(revocation(subject, 'keyCompromise', 'lost phone, case 17'));
          assert.equal(result.recorded, true);
          const sequence = result.revocation?.sequence ?? 0;
          assert.ok(Number.isSafeInteger(sequence) && sequence >= 1, 'it has a place in the log');
          const expected = { ...revocation(subject, 'keyCompromise', 'lost phone, case 17'), sequence };
          assert.deepEqual(result.revocation, expected);
          assert.deepEqual(await store.find(NAME), { ...NOTHING, [subject.kind]: expected });
          assert.deepEqual(await store.list({ afterSequence: 0, limit: 10 }), [expected]);
        },
      ),
    ),

    ...[CERTIFICATE, KEY, device('suspended'), device('banned')].map((subject) =>
      contractCase(
        `a ${label(subject)} is revoked once: again, the first entry stays and is the answer`,
        create,
        async ({ store }) => {
          const first = await store.revoke(revocation(subject, 'keyCompromise', 'first'));
          const again = await store.revoke({
            ...revocation(subject, 'unspecified', 'second'),
            at: later(60),
          });
          assert.deepEqual(again, { recorded: false, revocation: first.revocation });
          assert.deepEqual((await store.find(NAME))[subject.kind], first.revocation);
          assert.equal((await store.list({ afterSequence: 0, limit: 10 })).length, 1);
        },
      ),
    ),

    contractCase(
      'a certificate is known by issuer and serial number; its shard and end come back as they first went in',
      create,
      async ({ store }) => {
        const subject = { ...certificate(1), crlShard: 65_535, notAfter: later(0.001) };
        const { revocation: first } = await store.revoke(revocation(subject));
        assert.deepEqual(first?.subject, subject);
        const again = await store.revoke(revocation(certificate(1), 'keyCompromise'));
        assert.deepEqual(again, { recorded: false, revocation: first });
        assert.deepEqual(await store.list({ afterSequence: 0, limit: 10 }), [first]);
      },
    ),

    contractCase('certificate, device and key are found side by side', create, async ({ store }) => {
      for (const subject of [CERTIFICATE, device('suspended'), KEY]) await store.revoke(revocation(subject));
      const status = await store.find(NAME);
      assert.deepEqual(status.certificate?.subject, CERTIFICATE);
      assert.deepEqual(status.device?.subject, device('suspended'));
      assert.deepEqual(status.key?.subject, KEY);
    }),

    contractCase(
      'a revocation says nothing of another certificate, device or key',
      create,
      async ({ store }) => {
        for (const subject of [CERTIFICATE, device('banned'), KEY]) await store.revoke(revocation(subject));
        const other = {
          issuerId: 'b2'.repeat(20),
          serialNumber: NAME.serialNumber,
          deviceId: '0b6f2d3c-6a0e-4c55-9a55-2f1f7d3f0a02',
          publicKeySha256: 'd4'.repeat(32),
        };
        assert.deepEqual(await store.find(other), NOTHING, 'same serial number of another issuer');
        const sibling = { ...other, issuerId: NAME.issuerId, serialNumber: '7e'.repeat(16) };
        assert.deepEqual(await store.find(sibling), NOTHING, 'another serial number of the same issuer');
        const swapped = { ...other, deviceId: NAME.publicKeySha256, publicKeySha256: NAME.deviceId };
        assert.deepEqual(await store.find(swapped), NOTHING, 'a name of another kind');
      },
    ),

    ...revocationDeviceCases(options),

    contractCase(
      'every reason, the time to the millisecond and an absent note come back as they went in',
      create,
      async ({ store }) => {
        const reasons: readonly RevocationReason[] = [
          'unspecified',
          'keyCompromise',
          'affiliationChanged',
          'superseded',
          'cessationOfOperation',
          'privilegeWithdrawn',
        ];
        const revocations = reasons.map((reason, index) => ({
          ...revocation(certificate(index), reason),
          at: later(index),
        }));
        for (const one of revocations) await store.revoke(one);
        const log = await store.list({ afterSequence: 0, limit: 10 });
        assert.deepEqual(
          log,
          revocations.map((one, index) => ({ ...one, sequence: log[index]?.sequence })),
        );
      },
    ),

    contractCase('a note of 500 characters is kept whole', create, async ({ store }) => {
      const note = `${'n'.repeat(497)}é✓!`;
      await store.revoke(revocation(CERTIFICATE, 'unspecified', note));
      assert.equal((await store.find(NAME)).certificate?.note, note);
    }),

    contractCase('the log is listed in order of sequence, page by page', create, async ({ store }) => {
      for (let index = 0; index < 25; index += 1) await store.revoke(revocation(certificate(index)));
      const seen: Revocation[] = [];
      for (;;) {
        const page = await store.list({ afterSequence: seen.at(-1)?.sequence ?? 0, limit: 10 });
        assert.ok(page.length <= 10, 'no page is longer than asked for');
        if (page.length === 0) break;
        seen.push(...page);
        assert.ok(seen.length <= 25, 'no entry comes twice');
      }
      assert.deepEqual(
        seen.map(({ subject }) => subject),
        Array.from({ length: 25 }, (_, index) => certificate(index)),
      );
      assertIncreasing(seen);
    }),

    contractCase('what a caller changes in an answer does not change the log', create, async ({ store }) => {
      const { revocation: mine } = await store.revoke(revocation(CERTIFICATE));
      mine?.at.setTime(0);
      (await store.find(NAME)).certificate?.at.setTime(0);
      assert.deepEqual((await store.find(NAME)).certificate?.at, AT);
    }),

    contractCase('of many who revoke the same at once exactly one records it', create, async ({ store }) => {
      await assertOneRecord(Array.from({ length: 30 }, () => store));
    }),

    contractCase(
      'revocations made at once are all in the log, each with a place of its own',
      create,
      async ({ store }) => {
        const results = await Promise.all(
          Array.from({ length: 60 }, (_, index) => store.revoke(revocation(certificate(index)))),
        );
        assert.ok(results.every(({ recorded }) => recorded));
        const log = await store.list({ afterSequence: 0, limit: 100 });
        assert.equal(log.length, 60);
        assertIncreasing(log);
      },
    ),

    contractCase(
      'entries become visible in order: who reads along while others revoke misses none',
      create,
      async ({ store }) => {
        await assertNoneMissed([store], store);
      },
    ),

    ...(createPair
      ? [
          contractCase(
            'entries of two processes become visible in order: who reads along misses none',
            createPair,
            async ({ stores }) => {
              await assertNoneMissed(stores, stores[1]);
            },
          ),
          contractCase('what one process revoked, another finds', createPair, async ({ stores }) => {
            const [here, there] = stores;
            assert.deepEqual(await there.find(NAME), NOTHING);
            await here.revoke(revocation(CERTIFICATE));
            assert.deepEqual((await there.find(NAME)).certificate?.subject, CERTIFICATE);
          }),
          contractCase(
            'of two processes that revoke the same at once exactly one records it',
            createPair,
            async ({ stores }) => {
              await assertOneRecord(
                Array.from({ length: 30 }, (_, index) => stores[index % 2 === 0 ? 0 : 1]),
              );
            },
          ),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase('a store that cannot find out says so', createUnreachable, async ({ store }) => {
            await assertUnavailable(() => store.revoke(revocation(CERTIFICATE)));
            await assertUnavailable(() => store.find(NAME));
            await assertUnavailable(() => store.list({ afterSequence: 0, limit: 10 }));
          }),
        ]
      : []),
  ];
}

async function assertOneRecord(stores: readonly RevocationStore[]): Promise<void> {
  const results = await Promise.all(stores.map((store) => store.revoke(revocation(CERTIFICATE))));
  assert.equal(
    results.filter(({ recorded }) => recorded).length,
    1,
    'exactly one is told that it recorded it',
  );
  const log = (await stores[0]?.list({ afterSequence: 0, limit: 10 })) ?? [];
  assert.equal(log.length, 1);
  for (const { revocation: entry } of results) assert.equal(entry?.sequence, log[0]?.sequence);
}

/** Follows the log, always from the last entry that it has seen, while many revoke; then compares with the whole log. */
async function assertNoneMissed(
  revoking: readonly RevocationStore[],
  reading: RevocationStore,
): Promise<void> {
  const MANY = 120;
  let pending = MANY;
  const revoked = Promise.all(
    Array.from({ length: MANY }, async (_, index) => {
      // Some begin while others are at work.
      for (let turn = 0; turn < index % 8; turn += 1) await new Promise(setImmediate);
      await revoking[index % revoking.length]?.revoke(revocation(certificate(index)));
      pending -= 1;
    }),
  );
  const seen: Revocation[] = [];
  for (let done = false; !done;) {
    done = pending === 0; // whatever was revoked before this page must be on it or on one before
    const page = await reading.list({ afterSequence: seen.at(-1)?.sequence ?? 0, limit: MANY });
    seen.push(...page);
    await new Promise(setImmediate);
  }
  await revoked;
  assert.equal(seen.length, MANY, 'who reads along sees each entry once');
  assert.deepEqual(seen, await reading.list({ afterSequence: 0, limit: MANY }));
}

function assertIncreasing(log: readonly Revocation[]): void {
  const sequences = log.map(({ sequence }) => sequence);
  assert.ok((sequences[0] ?? 0) >= 1, 'the first place is 1 or more');
  assert.ok(
    sequences.every((sequence, index) => index === 0 || sequence > (sequences[index - 1] ?? Infinity)),
  );
}

function label(subject: RevocationSubject): string {
  return subject.kind === 'device' ? `device (${subject.state})` : subject.kind;
}
