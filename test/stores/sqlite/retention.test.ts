import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { RevocationSubject } from '../../../src/contracts/revocation-store.js';
import { createSqliteStores, type SqliteStores } from '../../../src/sqlite.js';
import { days, sampleDevice, sampleIntent } from '../../../src/testing/contracts/sample-intent.js';
import { NOTHING_PRUNED } from '../../../src/testing/contracts/sample-prune.js';
import { createFolder, drivers, firstValue, type OpenConnection } from './drivers.js';

const HELD = { keyHeldFrom: days(0) };
const NOW = days(0);
/** A time that is over by the clock of SQLite, some days after another. */
const ended = (day: number) => new Date(Date.UTC(2020, 0, 1 + day));

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

    it('forgets the certificates whose end is oldest first, with everything about them', async () => {
      for (const index of [4, 2, 3, 1]) {
        await stores.certificates.recordIntent(sampleIntent(index, { notAfter: ended(index) }), HELD);
      }
      const left = async () => {
        const { records } = await stores.certificates.list({ limit: 10 });
        return records.map(({ deviceId }) => deviceId);
      };
      expect(await stores.retention.prune({ before: ended(9), limit: 2 })).toMatchObject({ certificates: 2 });
      expect(await left()).toEqual([4, 3].map(sampleDevice));
      expect(count('device_trust_certificate_providers')).toBe(4);
      expect(await stores.retention.prune({ before: ended(9), limit: 2 })).toMatchObject({ certificates: 2 });
      expect(await left()).toEqual([]);
      expect(count('device_trust_certificate_providers')).toBe(0);
    });

    it('forgets nothing before a time that is none', async () => {
      await stores.certificates.recordIntent(sampleIntent(1, { notAfter: ended(1) }), HELD);
      const pruned = await stores.retention.prune({ before: new Date(Number.NaN), limit: 10 });
      expect(pruned).toEqual(NOTHING_PRUNED);
    });

    it('forgets the buckets that are full, the first first, no more than asked for', async () => {
      const now = new Date(2_000_000_000_000);
      const take = (key: string, refillPerSecond: number, at: Date) =>
        stores.rateLimits.takeToken({ key, capacity: 1, refillPerSecond, now: at });
      await take('to come', 1, new Date(now.getTime() * 2));
      for (const [key, refill] of [
        ['second', 0.1],
        ['third', 0.01],
        ['first', 1],
      ] as const)
        await take(key, refill, ended(0));
      const keys = () => connection.prepare('SELECT key FROM device_trust_rate_limits').all().map(firstValue);
      const prune = async () => (await stores.retention.prune({ before: ended(-9), limit: 2 })).rateLimits;
      expect(await prune()).toBe(2);
      expect(keys()).toEqual(['third', 'to come']);
      expect(await prune()).toBe(1);
      expect(await prune()).toBe(0);
      expect(keys()).toEqual(['to come']);
    });

    it('forgets counters that have ended, the first first, no more than asked for', async () => {
      for (const day of [3, 1, 2, 9]) {
        const usage = { key: `day ${day}`, limit: 1, expiresAt: ended(day), now: ended(0) };
        await stores.usageCounters.countUsage(usage);
      }
      const keys = () =>
        connection.prepare('SELECT key FROM device_trust_usage_counters').all().map(firstValue);
      const prune = async () => (await stores.retention.prune({ before: ended(9), limit: 2 })).usageCounters;
      expect(await prune()).toBe(2);
      expect(keys()).toEqual(['day 3', 'day 9']);
      expect([await prune(), await prune()]).toEqual([1, 0]);
      expect(keys()).toEqual(['day 9']);
    });

    it('forgets challenges five minutes after their end, oldest first, no more than asked for', async () => {
      const minutes = (number: number) => new Date(ended(0).getTime() + number * 60_000);
      const challenge = (end: number) => ({
        id: `challenge:${end}`,
        holder: 'h',
        expiresAt: minutes(end),
        now: minutes(0),
      });
      for (const end of [3, 1, 2, 4]) await stores.replays.consume(challenge(end));
      const prune = async (before: number) =>
        (await stores.retention.prune({ before: minutes(before), limit: 2 })).replays;
      expect(await prune(6)).toBe(0);
      expect(await prune(9)).toBe(2);
      expect(await prune(9)).toBe(1);
      expect(await prune(9)).toBe(0);
      const again = [];
      for (const end of [1, 2, 3, 4]) again.push((await stores.replays.consume(challenge(end))).outcome);
      expect(again).toEqual(['consumed', 'consumed', 'consumed', 'already_consumed']);
    });

    it('lets nobody delete from the log what is not about a certificate that has ended', async () => {
      const revoke = (subject: RevocationSubject) =>
        stores.revocations.revoke({ subject, reason: 'unspecified', at: NOW });
      const certificate = { kind: 'certificate', issuerId: 'a1', crlShard: 1 } as const;
      await revoke({ ...certificate, serialNumber: '01', notAfter: ended(1) });
      await revoke({ ...certificate, serialNumber: '02', notAfter: new Date('2200-01-01') });
      await revoke({ kind: 'device', deviceId: sampleDevice(1), state: 'active' });
      await revoke({ kind: 'device', deviceId: sampleDevice(1), state: 'banned' });
      await revoke({ kind: 'key', publicKeySha256: 'c3' });
      await revoke({ ...certificate, serialNumber: '03', notAfter: ended(1) });
      const log = await stores.revocations.list({ afterSequence: 0, limit: 10 });
      const deletes = log.map(({ sequence }) => {
        try {
          connection.exec(`DELETE FROM device_trust_revocations WHERE sequence = ${sequence}`);
          return 'deleted';
        } catch (error) {
          return String(error).includes('append-only') ? 'refused' : String(error);
        }
      });
      expect(log.map(({ subject }) => subject.kind)).toEqual([
        'certificate',
        'certificate',
        'device',
        'key',
        'certificate',
      ]);
      expect(deletes).toEqual(['deleted', 'refused', 'refused', 'refused', 'refused']);
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
