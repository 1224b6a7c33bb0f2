import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { MalformedError, UnavailableError } from '../../../src/core/errors.js';
import { createSqliteStores, type SqliteStores } from '../../../src/sqlite.js';
import { days, sampleIntent } from '../../../src/testing/contracts/sample-intent.js';
import { rejectionOf, thrownBy } from '../../thrown-by.js';
import { createFolder, drivers, firstValue, type OpenConnection } from './drivers.js';

const HELD = { keyHeldFrom: days(0) };
const NOW = days(0);

for (const driver of drivers) {
  describe.skipIf(!driver.available)(`SQLite stores over ${driver.name}, when the database fails`, () => {
    let folder: ReturnType<typeof createFolder>;
    let connection: OpenConnection;
    let other: OpenConnection;
    let stores: SqliteStores;

    beforeEach(() => {
      folder = createFolder();
      connection = driver.open(join(folder.path, 'stores.db'));
      stores = createSqliteStores({ connection, busyTimeoutMilliseconds: 20 });
      other = driver.open(join(folder.path, 'stores.db'));
    });
    afterEach(() => {
      connection.close();
      other.close();
      folder.dispose();
    });

    const consume = (id: string) => stores.replays.consume({ id, holder: 'h', expiresAt: days(1), now: NOW });

    it('a database that another process keeps busy is unavailable for writes, and not for reads', async () => {
      other.exec('BEGIN IMMEDIATE');
      await expectUnavailable(stores.certificates.recordIntent(sampleIntent(1), HELD), /locked|busy/i);
      await expectUnavailable(consume('a'), /locked|busy/i);
      expect(await stores.certificates.list({ limit: 1 })).toEqual({ records: [], cursor: null });
      other.exec('ROLLBACK');
      expect(await consume('a')).toEqual({ outcome: 'consumed' });
    });

    it('a transaction that the caller left open on the connection makes writes fail, and is left as it was', async () => {
      connection.exec('BEGIN');
      await expectUnavailable(consume('a'), /transaction/);
      connection.exec('ROLLBACK');
      expect(await consume('a')).toEqual({ outcome: 'consumed' });
    });

    it('a full disk fails the write, keeps nothing of it, and does not stop the next', async () => {
      const pages = Number(firstValue(connection.prepare('PRAGMA page_count').get()));
      connection.prepare(`PRAGMA max_page_count = ${pages}`).get();
      const large = sampleIntent(1, { toBeSigned: new Uint8Array(100_000) });
      await expectUnavailable(stores.certificates.recordIntent(large, HELD), /full/);
      connection.prepare('PRAGMA max_page_count = 100000').get();
      expect(await stores.certificates.find({ by: 'request', requestId: large.requestId })).toBeNull();
      expect(await stores.certificates.recordIntent(large, HELD)).toEqual({ outcome: 'recorded' });
    });

    it('a write that fails does not take along those that were asked for with it', async () => {
      const twin = sampleIntent(2, { serialNumber: sampleIntent(1).serialNumber });
      const results = await Promise.allSettled([
        stores.certificates.recordIntent(sampleIntent(1), HELD),
        stores.certificates.recordIntent(twin, HELD),
        stores.certificates.recordIntent(sampleIntent(3), HELD),
        consume('a'),
      ]);
      expect(results.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      const { records } = await stores.certificates.list({ limit: 10 });
      expect(records.map(({ requestId }) => requestId)).toEqual(
        [1, 3].map((index) => sampleIntent(index).requestId),
      );
      expect((await consume('a')).outcome).toBe('already_consumed');
    });

    it('more writes than fit into one transaction are all done, in order', async () => {
      const outcomes = await Promise.all(Array.from({ length: 200 }, (_, index) => consume(`id-${index}`)));
      expect(outcomes.every(({ outcome }) => outcome === 'consumed')).toBe(true);
    });

    it('a date that is none is never written', async () => {
      const { appraisal } = sampleIntent(1);
      const verdicts = appraisal.verdicts.map((verdict) => ({ ...verdict, issuedAt: new Date(Number.NaN) }));
      await expectUnavailable(
        stores.certificates.recordIntent(sampleIntent(1, { appraisal: { ...appraisal, verdicts } }), HELD),
      );
      await expectUnavailable(
        stores.certificates.recordIntent(sampleIntent(1, { notAfter: new Date(Number.NaN) }), HELD),
      );
      expect((await stores.certificates.list({ limit: 10 })).records).toEqual([]);
    });

    it.each([
      ['an appraisal that is not JSON', `appraisal = '{'`],
      ['an appraisal without reasons', `appraisal = '{"verdicts":[],"claimed":{}}'`],
      [
        'an appraisal with a verdict that is not one',
        `appraisal = '{"reasons":[],"verdicts":[{}],"claimed":{}}'`,
      ],
      ['an appraisal without claims', `appraisal = '{"reasons":[],"verdicts":[],"claimed":[]}'`],
      ['an action of another version', `action = 'rekey'`],
    ])('a record with %s is not handed out', async (_, change) => {
      await stores.certificates.recordIntent(sampleIntent(1), HELD);
      other.exec(`UPDATE device_trust_certificates SET ${change}`);
      const { requestId } = sampleIntent(1);
      await expectUnavailable(stores.certificates.find({ by: 'request', requestId }));
      await expectUnavailable(stores.certificates.find({ by: 'name', ...sampleIntent(1) }));
      await expectUnavailable(stores.certificates.list({ limit: 1 }));
    });

    it.each([
      ['a reason', `'key:x', 'revoked', 'certificateHold', 1`],
      ['a kind', `'cohort:x', 'revoked', 'unspecified', 1`],
      ['a state', `'device:x', 'sleeping', 'unspecified', 1`],
    ])('a revocation with %s of another version is not passed over', async (_, values) => {
      other.exec(`INSERT INTO device_trust_revocations (subject, state, reason, at) VALUES (${values})`);
      await expectUnavailable(stores.revocations.list({ afterSequence: 0, limit: 10 }));
    });

    it('the revocation log refuses to be changed, by whatever connection', async () => {
      await stores.revocations.revoke({
        subject: { kind: 'key', publicKeySha256: 'x' },
        reason: 'keyCompromise',
        at: NOW,
      });
      for (const sql of [
        'DELETE FROM device_trust_revocations',
        `UPDATE device_trust_revocations SET at = 0`,
      ]) {
        expect(String(thrownBy(() => other.exec(sql)))).toMatch(/append-only/);
        expect(String(thrownBy(() => connection.exec(sql)))).toMatch(/append-only/);
      }
      expect(await stores.revocations.list({ afterSequence: 0, limit: 10 })).toHaveLength(1);
    });

    it('lists refuse a limit or cursor that is none', async () => {
      for (const refused of [
        stores.certificates.list({ limit: 0 }),
        stores.certificates.list({ limit: 1001 }),
        stores.certificates.list({ limit: 1, cursor: 'x' }),
        stores.certificates.list({ limit: 1, cursor: '9'.repeat(40) }),
        stores.revocations.list({ afterSequence: 0, limit: 10_001 }),
        stores.certificates.pruneExpired({ before: NOW, limit: 0 }),
      ]) {
        const error = await rejectionOf(refused);
        expect(error).toBeInstanceOf(MalformedError);
        expect(error).toMatchObject({ code: 'request_malformed' });
      }
    });
  });
}

async function expectUnavailable(promise: Promise<unknown>, cause = /./): Promise<void> {
  const error = await rejectionOf(promise);
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error).toMatchObject({ code: 'store_unavailable' });
  expect(error instanceof Error && String(error.cause)).toMatch(cause);
}
