import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createSqliteStores, type SqliteStores } from '../../../src/sqlite.js';
import { days, sampleDevice, sampleIntent } from '../../../src/testing/contracts/sample-intent.js';
import { createFolder, drivers, firstValue, type OpenConnection } from './drivers.js';

const HELD = { keyHeldFrom: days(0) };
const NOW = days(0);

for (const driver of drivers) {
  describe.skipIf(!driver.available)(`retention in SQLite over ${driver.name}`, () => {
    let folder: ReturnType<typeof createFolder>;
    let connection: OpenConnection;
    let stores: SqliteStores;

    beforeEach(() => {
      folder = createFolder();
      connection = driver.open(join(folder.path, 'stores.db'));
      stores = createSqliteStores({ connection, cachedCertificates: 2 });
    });
    afterEach(() => {
      connection.close();
      folder.dispose();
    });

    const seconds = (count: number) => new Date(NOW.getTime() + count * 1000);
    const count = (table: string) => firstValue(connection.prepare(`SELECT count(*) FROM ${table}`).get());

    it('drops what ended before the time, oldest end first, no more than asked for', async () => {
      for (const index of [4, 2, 3, 1]) {
        await stores.certificates.recordIntent(sampleIntent(index, { notAfter: days(index) }), HELD);
      }
      expect(await stores.certificates.pruneExpired({ before: days(4), limit: 2 })).toBe(2);
      const { records } = await stores.certificates.list({ limit: 10 });
      expect(records.map(({ deviceId }) => deviceId)).toEqual([4, 3].map(sampleDevice));
      expect(await stores.certificates.pruneExpired({ before: days(4), limit: 2 })).toBe(1);
      expect(await stores.certificates.pruneExpired({ before: days(4), limit: 2 })).toBe(0);
    });

    it('does not find a dropped record any more, even if it was just read', async () => {
      await stores.certificates.recordIntent(sampleIntent(1), HELD);
      expect(await stores.certificates.find({ by: 'name', ...sampleIntent(1) })).not.toBeNull();
      await stores.certificates.pruneExpired({ before: days(30), limit: 10 });
      expect(await stores.certificates.find({ by: 'name', ...sampleIntent(1) })).toBeNull();
    });

    it('never gives a place in the order twice, so that cursors stay in place', async () => {
      await stores.certificates.recordIntent(sampleIntent(1), HELD);
      await stores.certificates.recordIntent(sampleIntent(2), HELD);
      const { cursor } = await stores.certificates.list({ limit: 1 });
      await stores.certificates.pruneExpired({ before: days(30), limit: 10 });
      await stores.certificates.recordIntent(sampleIntent(3), HELD);
      const { records } = await stores.certificates.list({ limit: 10, cursor: cursor ?? '' });
      expect(records.map(({ deviceId }) => deviceId)).toEqual([sampleDevice(3)]);
    });

    it('keeps right what it keeps in memory when there are more records than it keeps', async () => {
      for (const index of [1, 2, 3, 4, 5]) await stores.certificates.recordIntent(sampleIntent(index), HELD);
      for (const index of [1, 2, 3, 4, 5, 1, 5, 2]) {
        const record = await stores.certificates.find({ by: 'name', ...sampleIntent(index) });
        expect(record?.deviceId).toBe(sampleDevice(index));
      }
    });

    it('forgets expired ids bit by bit as others are consumed', async () => {
      for (let index = 0; index < 40; index += 1) {
        await stores.replays.consume({ id: `old-${index}`, holder: 'h', expiresAt: seconds(1), now: NOW });
      }
      for (let index = 0; index < 5; index += 1) {
        await stores.replays.consume({
          id: `new-${index}`,
          holder: 'h',
          expiresAt: seconds(9000),
          now: seconds(3600),
        });
      }
      expect(count('device_trust_replays')).toBe(5);
    });

    it('remembers an id for some minutes after its end, for callers whose clock is behind', async () => {
      await stores.replays.consume({ id: 'a', holder: 'first', expiresAt: seconds(0), now: NOW });
      await stores.replays.consume({ id: 'b', holder: 'h', expiresAt: seconds(600), now: seconds(240) });
      const late = await stores.replays.consume({
        id: 'a',
        holder: 'h',
        expiresAt: seconds(0),
        now: seconds(-1),
      });
      expect(late).toEqual({ outcome: 'already_consumed', holder: 'first' });
    });
  });
}
