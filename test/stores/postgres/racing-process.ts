// Started by processes.test.ts as a process of its own: opens the stores, waits for a message, does what it says.

import { createPostgresStores } from '../../../src/postgres.js';
import { sampleAttestedKey, sampleUse, useHash } from '../../../src/testing/contracts/sample-attested-key.js';
import { days, sampleDevice, sampleIntent, sampleKey } from '../../../src/testing/contracts/sample-intent.js';
import { certificate, revocation } from '../../../src/testing/contracts/sample-revocation.js';
import { sampleUsage } from '../../../src/testing/contracts/sample-usage.js';
import { openPool } from './server.js';

const [database = '', holder = ''] = process.argv.slice(2);
const { attestedKeys, certificates, replays, revocations, usageCounters } = await createPostgresStores({
  pool: openPool(database),
});

/** Runs `count` tasks, 200 at a time, and keeps the numbers of those that won. */
async function race(count: number, wins: (index: number) => Promise<boolean>): Promise<readonly number[]> {
  const won: number[] = [];
  for (let start = 0; start < count; start += 200) {
    const indexes = Array.from({ length: Math.min(200, count - start) }, (_, offset) => start + offset);
    const results = await Promise.all(indexes.map(wins));
    won.push(...indexes.filter((_, place) => results[place]));
  }
  return won;
}

/** What the parent may ask for; each answers with what this process won. */
const tasks: Readonly<Record<string, () => Promise<unknown>>> = {
  consume: () =>
    race(10_000, async (index) => {
      const request = { id: `challenge:${index}`, holder, expiresAt: days(1), now: days(0) };
      return (await replays.consume(request)).outcome === 'consumed';
    }),
  intent: () =>
    race(1000, async (index) => {
      // Each process prepares a certificate of its own for the request, as it would in life.
      const own = sampleIntent(index + (holder === 'left' ? 10_000 : 20_000), {
        requestId: sampleIntent(index).requestId,
        deviceId: sampleDevice(index),
        publicKeySha256: sampleKey(index),
      });
      return (await certificates.recordIntent(own, { keyHeldFrom: days(0) })).outcome === 'recorded';
    }),
  use: () =>
    race(1000, async (index) => {
      const name = { provider: 'app-attest', keyId: `key-${index}` };
      await attestedKeys.registerAttestedKey(sampleAttestedKey(name));
      const use = useHash(holder === 'left' ? 1 : 2);
      return (await attestedKeys.useAttestedKey(sampleUse({ ...name, use }))).outcome === 'used';
    }),
  count: async () => {
    const totals: number[] = [];
    await race(1000, async () => {
      const { counted, total } = await usageCounters.countUsage(sampleUsage({ limit: 1500 }));
      if (counted) totals.push(total);
      return counted;
    });
    return totals;
  },
  revoke: () =>
    race(1000, async (index) => (await revocations.revoke(revocation(certificate(index)))).recorded),
};

process.on('message', (task: string) => {
  void tasks[task]?.().then((result) => process.send?.({ result }));
});
process.send?.({ result: 'ready' });
