// Started by processes.test.ts as a process of its own: opens the stores, waits for a line, does what the line says.

import { createSqliteStores } from '../../../src/sqlite.js';
import { days, sampleDevice, sampleIntent, sampleKey } from '../../../src/testing/contracts/sample-intent.js';
import { drivers } from './drivers.js';

const [driverName, path = '', holder = ''] = process.argv.slice(2);
const driver = drivers.find(({ name }) => name === driverName);
if (!driver) throw new Error('no such driver');
const { certificates, replays } = createSqliteStores({
  connection: driver.open(path),
  busyTimeoutMilliseconds: 20_000,
});

/** What the parent may ask for; each answers with what this process won. */
const tasks: Readonly<Record<string, () => Promise<unknown>>> = {
  consume: async () => {
    const won: string[] = [];
    for (let index = 0; index < 500; index += 1) {
      const id = `challenge:${index}`;
      const result = await replays.consume({ id, holder, expiresAt: days(1), now: days(0) });
      if (result.outcome === 'consumed') won.push(id);
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
  crash: async () => certificates.recordIntent(sampleIntent(1), { keyHeldFrom: days(0) }),
};

process.on('message', (task: string) => {
  void tasks[task]?.().then((result) => process.send?.({ result }));
});
process.send?.({ result: 'ready' });
