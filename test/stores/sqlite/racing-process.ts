// Started by processes.test.ts as a process of its own: opens the stores, waits for a line, does what the line says.

import { createSqliteStores } from '../../../src/sqlite.js';
import { auditChain } from '../../../src/testing/contracts/sample-audit.js';
import { sampleAttestedKey, sampleUse, useHash } from '../../../src/testing/contracts/sample-attested-key.js';
import { sampleCrl } from '../../../src/testing/contracts/sample-crl.js';
import { days, sampleDevice, sampleIntent, sampleKey } from '../../../src/testing/contracts/sample-intent.js';
import { certificate, revocation } from '../../../src/testing/contracts/sample-revocation.js';
import { sampleUsage } from '../../../src/testing/contracts/sample-usage.js';
import { drivers } from './drivers.js';

const [driverName, path = '', holder = ''] = process.argv.slice(2);
const driver = drivers.find(({ name }) => name === driverName);
if (!driver) throw new Error('no such driver');
const { attestedKeys, audit, certificates, crls, replays, revocations, usageCounters } = createSqliteStores({
  connection: driver.open(path),
  busyTimeoutMilliseconds: 20_000,
});

/** What the parent may ask for; each answers with what this process won. */
const tasks: Readonly<Record<string, () => Promise<unknown>>> = {
  consume: async () => {
    const won: string[] = [];
    for (let lot = 0; lot < 200; lot += 1) {
      const ids = Array.from({ length: 50 }, (_, index) => `challenge:${lot * 50 + index}`);
      const results = await Promise.all(
        ids.map((id) => replays.consume({ id, holder, expiresAt: days(1), now: days(0) })),
      );
      won.push(...ids.filter((_, index) => results[index]?.outcome === 'consumed'));
    }
    return won;
  },
  intent: async () => {
    const won: number[] = [];
    for (let index = 0; index < 100; index += 1) {
      const { requestId } = sampleIntent(index);
      // Each process prepares a certificate of its own for the request, as it would in life.
      const serial = index + (holder === 'left' ? 1000 : 2000);
      const own = sampleIntent(serial, {
        requestId,
        deviceId: sampleDevice(index),
        publicKeySha256: sampleKey(index),
      });
      const { outcome } = await certificates.recordIntent(own, { keyHeldFrom: days(0) });
      if (outcome === 'recorded') won.push(index);
    }
    return won;
  },
  use: async () => {
    const won: number[] = [];
    await attestedKeys.registerAttestedKey(sampleAttestedKey());
    for (let counter = 1; counter <= 200; counter += 1) {
      const use = useHash(counter * 2 + (holder === 'left' ? 0 : 1));
      const { outcome } = await attestedKeys.useAttestedKey(sampleUse({ counter, use }));
      if (outcome === 'used') won.push(counter);
    }
    return won;
  },
  count: async () => {
    const totals: number[] = [];
    for (let index = 0; index < 200; index += 1) {
      const { counted, total } = await usageCounters.countUsage(sampleUsage({ limit: 300 }));
      if (counted) totals.push(total);
    }
    return totals;
  },
  // These go on until the process is killed, and tell each time how far they have got.
  audit: () =>
    untilKilled(async () => {
      const head = await audit.findAuditHead();
      const batch = auditChain(head, ['a', 'b', 'c']);
      await audit.appendAudit(batch);
      return batch.at(-1)?.sequence ?? 0;
    }),
  publish: () =>
    untilKilled(async (number) => {
      const crl = new Uint8Array(50_000).fill(number % 251);
      const expectedNumber = number === 1 ? null : BigInt(number - 1);
      await crls.publishCrl(sampleCrl(BigInt(number), { crl, bytes: crl.length }), { expectedNumber });
      return number;
    }),
  revoke: () =>
    untilKilled(async (number) => {
      const { revocation: entry } = await revocations.revoke(revocation(certificate(number)));
      return entry?.sequence ?? 0;
    }),
  useAlone: async () => {
    await attestedKeys.registerAttestedKey(sampleAttestedKey());
    await untilKilled(async (counter) => {
      await attestedKeys.useAttestedKey(sampleUse({ counter, use: useHash(counter) }));
      return counter;
    });
  },
  countAlone: () =>
    untilKilled(async () => (await usageCounters.countUsage(sampleUsage({ limit: 100_000 }))).total),
  crash: async () => certificates.recordIntent(sampleIntent(1), { keyHeldFrom: days(0) }),
};

async function untilKilled(work: (number: number) => Promise<number>): Promise<void> {
  for (let number = 1; number <= 100_000; number += 1) process.send?.({ result: await work(number) });
}

process.on('message', (task: string) => {
  void tasks[task]?.().then((result) => process.send?.({ result }));
});
process.send?.({ result: 'ready' });
