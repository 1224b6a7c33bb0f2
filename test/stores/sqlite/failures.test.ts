import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { MalformedError, UnavailableError } from '../../../src/core/errors.js';
import type { AuditEntry } from '../../../src/contracts/audit-store.js';
import type { Revocation } from '../../../src/contracts/revocation-store.js';
import { createSqliteStores, type SqliteStores } from '../../../src/sqlite.js';
import { auditAfter, auditChain } from '../../../src/testing/contracts/sample-audit.js';
import { sampleCrl } from '../../../src/testing/contracts/sample-crl.js';
import { days, sampleIntent } from '../../../src/testing/contracts/sample-intent.js';
import { certificate, NAME, revocation } from '../../../src/testing/contracts/sample-revocation.js';
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

    it.each([
      ['without an issuer', `NULL, 1, 1`],
      ['of another issuer', `'b2', 1, 1`],
      ['without a shard', `'a1', NULL, 1`],
      ['without an end', `'a1', 1, NULL`],
    ])('a revoked certificate %s is not handed out', async (_, values) => {
      other.exec('DROP TRIGGER device_trust_revocations_whole');
      other.exec(
        `INSERT INTO device_trust_revocations (subject, state, reason, at, issuer_id, crl_shard, not_after)
         VALUES ('certificate:a1:7f', 'revoked', 'unspecified', 1, ${values})`,
      );
      await expectUnavailable(stores.revocations.list({ afterSequence: 0, limit: 10 }));
    });

    it.each([
      ['an empty number', `number = ''`],
      ['a number that is none', `number = '1x'`],
      ['a base that is none', `base_number = 'x'`],
    ])('a list with %s is not handed out', async (_, change) => {
      await stores.crls.publishCrl(sampleCrl(1n), { expectedNumber: null });
      other.exec(`UPDATE device_trust_crls SET ${change}`);
      await expectUnavailable(stores.crls.findCrl(sampleCrl(1n)));
    });

    it('the audit trail refuses to be changed, forked or begun anew, by whatever connection', async () => {
      const trail = auditChain(null, ['a', 'b', 'c']);
      await stores.audit.appendAudit(trail);
      const insert = (verb: string, { sequence, body, previousHash, hash }: AuditEntry) =>
        `${verb} INTO device_trust_audit (sequence, body, previous_hash, hash)
         VALUES (${sequence}, '${body}', '${previousHash}', '${hash}')`;
      const [first = auditAfter(null, 'x'), , third = first] = trail;
      for (const [sql, message] of [
        ['DELETE FROM device_trust_audit', /append-only/],
        [`UPDATE device_trust_audit SET body = ''`, /append-only/],
        [insert('INSERT', auditAfter(first, 'fork')), /one chain/],
        [insert('REPLACE', auditAfter(first, 'fork')), /one chain/],
        [insert('INSERT', auditAfter(null, 'anew')), /one chain/],
        [insert('INSERT', { ...auditAfter(third, 'gap'), sequence: 5 }), /one chain/],
        [insert('INSERT', { ...auditAfter(third, 'x'), previousHash: 'ab'.repeat(32) }), /one chain/],
      ] as const) {
        for (const database of [other, connection]) {
          expect(String(thrownBy(() => database.exec(sql)))).toMatch(message);
        }
      }
      expect(await stores.audit.listAudit({ afterSequence: 0, limit: 10 })).toEqual(trail);
    });

    describe('a full disk', () => {
      /** Leaves room for so many pages more. */
      const limitPages = (more: number): void => {
        const pages = Number(firstValue(connection.prepare('PRAGMA page_count').get()));
        connection.prepare(`PRAGMA max_page_count = ${pages + more}`).get();
      };

      it('leaves the audit trail as it was, however far an append had got', async () => {
        const first = auditChain(null, ['first']);
        await stores.audit.appendAudit(first);
        const batch = auditChain(
          first[0] ?? null,
          Array.from({ length: 100 }, (_, index) => `${index}`.repeat(1000)),
        );
        limitPages(4);
        await expectUnavailable(stores.audit.appendAudit(batch), /full/);
        expect(await stores.audit.listAudit({ afterSequence: 0, limit: 10 })).toEqual(first);
        limitPages(10_000);
        expect(await stores.audit.appendAudit(batch)).toBe(true);
        expect(await stores.audit.findAuditHead()).toEqual(batch.at(-1));
      });

      it('leaves the published list in its place', async () => {
        await stores.crls.publishCrl(sampleCrl(1n), { expectedNumber: null });
        const next = sampleCrl(2n, { crl: new Uint8Array(100_000).fill(1) });
        limitPages(4);
        await expectUnavailable(stores.crls.publishCrl(next, { expectedNumber: 1n }), /full/);
        expect(await stores.crls.findCrl(next)).toEqual(sampleCrl(1n));
        limitPages(10_000);
        expect(await stores.crls.publishCrl(next, { expectedNumber: 1n })).toBe(true);
        expect(await stores.crls.findCrl(next)).toEqual(next);
      });

      it('loses no revocation that was resolved, and keeps none that was not', async () => {
        limitPages(2);
        const resolved: Revocation[] = [];
        const MANY = 1000;
        for (let index = 0; index < MANY; index += 1) {
          const revoked = stores.revocations.revoke(revocation(certificate(index)));
          const [result] = await Promise.allSettled([revoked]);
          if (result.status === 'rejected') break;
          if (result.value.revocation) resolved.push(result.value.revocation);
        }
        expect(resolved.length).toBeLessThan(MANY);
        await expectUnavailable(stores.revocations.revoke(revocation(certificate(MANY))), /full/);
        expect(await stores.revocations.list({ afterSequence: 0, limit: 1000 })).toEqual(resolved);
        const scope = { issuerId: NAME.issuerId, crlShard: null };
        const revoked = await stores.revocations.listRevoked({
          ...scope,
          notAfterFrom: NOW,
          afterSequence: 0,
          limit: 1000,
        });
        expect(revoked.map(({ sequence }) => sequence)).toEqual(resolved.map(({ sequence }) => sequence));
        limitPages(10_000);
        const next = await stores.revocations.revoke(revocation(certificate(MANY)));
        expect(next.recorded).toBe(true);
        expect(await stores.revocations.findLastRevoked(scope)).toBe(next.revocation?.sequence);
      });
    });

    it('ids, names and numbers that are none are refused', async () => {
      const long = 'x'.repeat(201);
      const challenge = { id: 'a', holder: 'h', expiresAt: days(1), now: NOW };
      await expectMalformed([
        () => stores.replays.consume({ ...challenge, id: long }),
        () => stores.replays.consume({ ...challenge, holder: long }),
        () => stores.crls.publishCrl(sampleCrl(2n ** 159n), { expectedNumber: null }),
        () => stores.crls.publishCrl(sampleCrl(1n, { number: -1n }), { expectedNumber: null }),
      ]);
    });

    it('lists refuse a limit or cursor that is none', async () => {
      await expectMalformed([
        () => stores.certificates.list({ limit: 0 }),
        () => stores.certificates.list({ limit: 1001 }),
        () => stores.certificates.list({ limit: 1, cursor: 'x' }),
        () => stores.certificates.list({ limit: 1, cursor: '9'.repeat(40) }),
        () => stores.revocations.list({ afterSequence: 0, limit: 10_001 }),
        () => stores.certificates.search({ limit: 1, cursor: 'x' }),
        () => stores.retention.prune({ before: NOW, limit: 0 }),
      ]);
    });
  });
}

async function expectUnavailable(promise: Promise<unknown>, cause = /./): Promise<void> {
  const error = await rejectionOf(promise);
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error).toMatchObject({ code: 'store_unavailable' });
  expect(error instanceof Error && String(error.cause)).toMatch(cause);
}

async function expectMalformed(calls: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const call of calls) {
    const error = await rejectionOf(call());
    expect(error).toBeInstanceOf(MalformedError);
    expect(error).toMatchObject({ code: 'request_malformed' });
  }
}
