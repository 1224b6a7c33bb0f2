import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { CertificateFilter } from '../../../src/contracts/certificate-search.js';
import type { CertificateIntent } from '../../../src/contracts/certificate-store.js';
import { createSqliteStores, type SqliteStores } from '../../../src/sqlite.js';
import {
  assertRecord,
  days,
  recordOf,
  sampleDevice,
  sampleIntent,
  sampleKey,
} from '../../../src/testing/contracts/sample-intent.js';
import { thrownBy } from '../../thrown-by.js';
import { createFolder, drivers, firstValue, type OpenConnection } from './drivers.js';

const VERSION_1 = readFileSync(new URL('version-1.sql', import.meta.url), 'utf8');
/** Ends in the past and in the future of whatever clock the tests run by. */
const ENDED = new Date('2020-01-01T00:00:00.001Z');
const LIVING = new Date('2200-01-01T00:00:00.001Z');
/** When everything was revoked. */
const AT = days(3);

for (const driver of drivers) {
  describe.skipIf(!driver.available)(`a SQLite database of version 1 over ${driver.name}`, () => {
    let folder: ReturnType<typeof createFolder>;
    let connection: OpenConnection;

    beforeEach(() => {
      folder = createFolder();
      connection = driver.open(join(folder.path, 'stores.db'));
      connection.exec('PRAGMA journal_mode = WAL');
      connection.exec(VERSION_1);
    });
    afterEach(() => {
      connection.close();
      folder.dispose();
    });

    /** Writes an intent as version 1 did. */
    function insertIntent(index: number, change: Partial<CertificateIntent> = {}): CertificateIntent {
      const intent = sampleIntent(index, { notAfter: LIVING, bootstrapCertificateSha256: null, ...change });
      connection
        .prepare(
          `INSERT INTO device_trust_certificates (issuer_id, serial_number, device_id, public_key_sha256, not_before,
           not_after, crl_shard, to_be_signed, tier, action, request_id, appraisal, intended_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          intent.issuerId,
          intent.serialNumber,
          intent.deviceId,
          intent.publicKeySha256,
          intent.notBefore.getTime(),
          intent.notAfter.getTime(),
          intent.crlShard,
          intent.toBeSigned,
          intent.tier,
          intent.action,
          intent.requestId,
          JSON.stringify(intent.appraisal),
          intent.intendedAt.getTime(),
        );
      return intent;
    }

    /** Writes an entry of the log as version 1 did. */
    function insertRevocation(subject: string, state: string, note = ''): void {
      connection
        .prepare(
          `INSERT INTO device_trust_revocations (subject, state, reason, at, note)
           VALUES (?, ?, 'keyCompromise', ?, nullif(?, ''))`,
        )
        .run(subject, state, AT.getTime(), note);
    }

    const migrate = (): SqliteStores => createSqliteStores({ connection });

    it('keeps its certificates; a device has enrolled when it got the first one that is known', async () => {
      const deviceId = sampleDevice(1);
      insertIntent(1, { deviceId, intendedAt: days(-5) });
      insertIntent(2, { intendedAt: days(-9) });
      insertIntent(3, { deviceId, intendedAt: days(-1) });
      const { records } = await migrate().certificates.list({ limit: 10 });
      for (const [place, [index, change]] of (
        [
          [1, { deviceId, intendedAt: days(-5), enrolledAt: days(-5) }],
          [2, { intendedAt: days(-9), enrolledAt: days(-9) }],
          [3, { deviceId, intendedAt: days(-1), enrolledAt: days(-5) }],
        ] as const
      ).entries()) {
        const known = { notAfter: LIVING, bootstrapCertificateSha256: null };
        assertRecord(records[place], recordOf(sampleIntent(index, { ...known, ...change })));
      }
    });

    it('finds them in a search', async () => {
      const { appraisal } = sampleIntent(1);
      const deviceId = sampleDevice(1);
      insertIntent(1, { deviceId });
      insertIntent(2, { deviceId, appraisal: { ...appraisal, verdicts: [], claimed: { appVersion: '7' } } });
      insertIntent(3, { appraisal: { ...appraisal, claimed: {} } });
      const { certificates } = migrate();
      const find = async (filter: CertificateFilter) => {
        const { records } = await certificates.search({ ...filter, limit: 10 });
        return records.map(({ requestId }) =>
          [1, 2, 3].find((index) => requestId === sampleIntent(index).requestId),
        );
      };
      expect(await find({ provider: 'play-integrity' })).toEqual([1, 3]);
      expect(await find({ provider: 'provider-of-another-kind' })).toEqual([1, 3]);
      expect(await find({ provider: '' })).toEqual([2]);
      expect(await find({ appVersion: '1.2.3' })).toEqual([1]);
      expect(await find({ appVersion: '7' })).toEqual([2]);
      expect(await find({ latestOnly: true })).toEqual([2, 3]);
      expect(await find({ tier: 'device' })).toEqual([1, 2, 3]);
      await certificates.recordIntent(sampleIntent(4, { deviceId }), { keyHeldFrom: days(0) });
      expect(await certificates.count({ latestOnly: true })).toBe(2);
    });

    it('knows shard and end of the certificates that were revoked', async () => {
      const ended = insertIntent(1, { crlShard: 11, notAfter: ENDED });
      const living = insertIntent(2, { crlShard: 12 });
      for (const intent of [ended, living]) insertRevocation(subjectOf(intent), 'revoked', 'case 17');
      const { revocations } = migrate();
      const log = await revocations.list({ afterSequence: 0, limit: 10 });
      expect(log).toEqual(
        [ended, living].map(({ issuerId, serialNumber, crlShard, notAfter }, index) => ({
          sequence: index + 1,
          subject: { kind: 'certificate', issuerId, serialNumber, crlShard, notAfter },
          reason: 'keyCompromise',
          at: AT,
          note: 'case 17',
        })),
      );
      const { issuerId } = living;
      expect(await revocations.findLastRevoked({ issuerId, crlShard: 11 })).toBe(1);
      expect(await revocations.findLastRevoked({ issuerId, crlShard: 12 })).toBe(2);
    });

    it('revokes each living certificate of a device that is suspended or banned, and of a revoked key', async () => {
      insertIntent(1);
      insertIntent(2, { deviceId: sampleDevice(1) });
      insertIntent(3, { deviceId: sampleDevice(1), notAfter: ENDED });
      insertIntent(4);
      insertIntent(5);
      insertIntent(6);
      insertIntent(7);
      insertRevocation(`device:${sampleDevice(1)}`, 'suspended', 'lost');
      insertRevocation(`device:${sampleDevice(4)}`, 'suspended');
      insertRevocation(`device:${sampleDevice(5)}`, 'banned');
      insertRevocation(`device:${sampleDevice(4)}`, 'active');
      insertRevocation(`key:${sampleKey(6)}`, 'revoked', 'leaked');
      const { revocations } = migrate();
      const revoked = (await revocations.list({ afterSequence: 5, limit: 10 })).map(
        ({ sequence, subject, note, at, reason }) => ({
          sequence,
          serialNumber: subject.kind === 'certificate' ? subject.serialNumber : null,
          note,
          at,
          reason,
        }),
      );
      const entry = (sequence: number, index: number, note?: string) => ({
        sequence,
        serialNumber: sampleIntent(index).serialNumber,
        note,
        at: AT,
        reason: 'keyCompromise',
      });
      expect(revoked).toEqual([entry(6, 1, 'lost'), entry(7, 2, 'lost'), entry(8, 5), entry(9, 6, 'leaked')]);
      const onCrl = await revocations.listRevoked({
        issuerId: sampleIntent(1).issuerId,
        crlShard: null,
        notAfterFrom: days(0),
        afterSequence: 0,
        limit: 10,
      });
      expect(onCrl.map(({ sequence }) => sequence)).toEqual([6, 7, 8, 9]);
    });

    it('does not revoke a certificate a second time', async () => {
      const intent = insertIntent(1);
      insertRevocation(subjectOf(intent), 'revoked', 'first');
      insertRevocation(`device:${intent.deviceId}`, 'banned', 'second');
      insertRevocation(`key:${intent.publicKeySha256}`, 'revoked', 'third');
      const log = await migrate().revocations.list({ afterSequence: 0, limit: 10 });
      expect(log.map(({ note }) => note)).toEqual(['first', 'second', 'third']);
    });

    it('keeps the revocation of a certificate that nobody knows any more, for ever', async () => {
      insertRevocation(`certificate:${'a1'.repeat(20)}:${'7f'.repeat(16)}`, 'revoked');
      insertRevocation('key:x', 'revoked');
      const { revocations, retention } = migrate();
      const [entry] = await revocations.list({ afterSequence: 0, limit: 10 });
      expect(entry?.subject).toEqual({
        kind: 'certificate',
        issuerId: 'a1'.repeat(20),
        serialNumber: '7f'.repeat(16),
        crlShard: 0,
        notAfter: new Date('9999-12-31T23:59:59Z'),
      });
      await retention.prune({ before: LIVING, limit: 10 });
      expect(await revocations.list({ afterSequence: 0, limit: 10 })).toHaveLength(2);
    });

    it('refuses what a process of version 1 would still write', async () => {
      const { certificates, revocations } = migrate();
      expect(String(thrownBy(() => insertIntent(1)))).toMatch(/older than the database/);
      const subject = subjectOf(sampleIntent(1));
      const revoke = (): void => {
        insertRevocation(subject, 'revoked');
      };
      expect(String(thrownBy(revoke))).toMatch(/older than the database/);
      expect((await certificates.list({ limit: 1 })).records).toEqual([]);
      expect(await revocations.list({ afterSequence: 0, limit: 1 })).toEqual([]);
    });

    it('is left as it was, and whole, by a migration that fails', () => {
      insertIntent(1);
      insertRevocation('key:x', 'revoked');
      connection.exec('CREATE TABLE device_trust_leases (in_the_way INTEGER)');
      thrownBy(migrate);
      expect(firstValue(connection.prepare('SELECT max(version) FROM device_trust_migrations').get())).toBe(
        1,
      );
      expect(String(thrownBy(() => connection.exec('UPDATE device_trust_revocations SET at = 0')))).toMatch(
        /append-only/,
      );
      insertIntent(2);
      connection.exec('DROP TABLE device_trust_leases');
      migrate();
      expect(firstValue(connection.prepare('SELECT max(version) FROM device_trust_migrations').get())).toBe(
        4,
      );
    });

    it('has the schema of a new one once it is migrated', () => {
      migrate();
      const fresh = driver.open(join(folder.path, 'new.db'));
      createSqliteStores({ connection: fresh });
      const schema = (of: OpenConnection) =>
        of.prepare('SELECT type, name FROM sqlite_schema ORDER BY type, name').all();
      expect(schema(connection)).toEqual(schema(fresh));
      fresh.close();
    });
  });
}

function subjectOf({ issuerId, serialNumber }: CertificateIntent): string {
  return `certificate:${issuerId}:${serialNumber}`;
}
