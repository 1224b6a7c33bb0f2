import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { MalformedError, UnavailableError } from '../../../src/core/errors.js';
import { createPostgresStores, type PostgresPool, type PostgresStores } from '../../../src/postgres.js';
import { assertRecord, days, recordOf, sampleIntent } from '../../../src/testing/contracts/sample-intent.js';
import { sampleAttestedKey, sampleUse } from '../../../src/testing/contracts/sample-attested-key.js';
import { auditChain } from '../../../src/testing/contracts/sample-audit.js';
import { sampleCrl } from '../../../src/testing/contracts/sample-crl.js';
import {
  certificate,
  CERTIFICATE,
  NAME,
  revocation,
} from '../../../src/testing/contracts/sample-revocation.js';
import { rejectionOf } from '../../thrown-by.js';
import { createTestDatabase, hasServer, type TestDatabase } from './server.js';

const HELD = { keyHeldFrom: days(0) };

describe.skipIf(!hasServer)('PostgreSQL stores, when something fails', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  /** Of the test itself. */
  let other: pg.Pool;
  let stores: PostgresStores;

  beforeEach(async () => {
    database = await createTestDatabase();
    pool = database.openPool();
    other = database.openPool();
    stores = await createPostgresStores({ pool });
  });
  afterEach(async () => {
    await database.drop();
  });

  const consume = (id: string, from = stores) =>
    from.replays.consume({ id, holder: 'h', expiresAt: days(1), now: days(0) });

  it('a pool without a free connection is unavailable in time, and works when there is one', async () => {
    const small = database.openPool({ max: 1 });
    const impatient = await createPostgresStores({ pool: small, statementTimeoutMilliseconds: 500 });
    const held = await small.connect();
    await expectUnavailable(impatient.certificates.count({}), /did not answer within 500 ms/);
    await expectUnavailable(consume('a', impatient), /did not answer within 500 ms/);
    held.release();
    await until(
      async () => (await stores.replays.consume(request('a', 'late'))).outcome === 'already_consumed',
    );
    expect(await consume('b', impatient)).toEqual({ outcome: 'consumed' });
  });

  it('a statement that takes too long is given up, and its connection with it', async () => {
    const small = database.openPool({ max: 1 });
    const impatient = await createPostgresStores({ pool: small, statementTimeoutMilliseconds: 1000 });
    const blocker = await other.connect();
    await blocker.query('BEGIN; LOCK TABLE device_trust_replays');
    await expectUnavailable(consume('a', impatient), /./);
    expect(await impatient.certificates.count({})).toBe(0);
    await blocker.query('ROLLBACK');
    blocker.release();
  });

  it('connections that the server ends are replaced', async () => {
    for (let round = 0; round < 3; round += 1) {
      await Promise.all([consume(`a${round}`), stores.certificates.count({}), stores.revocations.find(NAME)]);
      await terminateOthers();
      await until(async () => {
        try {
          await Promise.all([consume('again'), stores.certificates.count({})]);
          return true;
        } catch (error) {
          expect(error).toMatchObject({ code: 'store_unavailable' });
          return false;
        }
      });
    }
    expect(await consume('a0')).toEqual({ outcome: 'already_consumed', holder: 'h' });
  });

  it('a follower misses no entry while another writer holds its transaction open', async () => {
    await stores.revocations.revoke(revocation(certificate(1)));
    const writer = await other.connect();
    await writer.query('BEGIN');
    await writer.query(`SELECT device_trust_revoke(ARRAY['key:x'], ARRAY['revoked'], ARRAY['unspecified'], ARRAY[1],
      ARRAY[''], ARRAY[NULL], ARRAY[NULL], ARRAY[NULL::integer], ARRAY[NULL::bigint])`);
    let resolved = false;
    const later = stores.revocations.revoke(revocation(certificate(2))).then(() => {
      resolved = true;
    });
    await until(async () => resolved || (await isAnyoneWaiting()));
    expect(resolved).toBe(false);
    const seen = await stores.revocations.list({ afterSequence: 0, limit: 10 });
    expect(seen).toHaveLength(1);
    await writer.query('COMMIT');
    writer.release();
    await later;
    const rest = await stores.revocations.list({ afterSequence: seen[0]?.sequence ?? 0, limit: 10 });
    expect(rest.map(({ subject }) => subject)).toEqual([
      { kind: 'key', publicKeySha256: 'x' },
      certificate(2),
    ]);
  });

  it('a first use supersedes what another writer has not committed yet', async () => {
    const client = await other.connect();
    const slow = await createPostgresStores({
      pool: { query: (query) => client.query(query), connect: () => other.connect() },
    });
    const { deviceId } = sampleIntent(1);
    await client.query('BEGIN');
    await slow.certificates.recordIntent(sampleIntent(1), HELD);
    let resolved = false;
    const used = stores.certificates
      .recordIntent(sampleIntent(2, { deviceId }), HELD)
      .then(() => stores.certificates.recordFirstUse(sampleIntent(2), days(1)))
      .then(() => {
        resolved = true;
      });
    await until(async () => resolved || (await isAnyoneWaiting()));
    await client.query('COMMIT');
    client.release();
    await used;
    assertRecord(
      await stores.certificates.find({ by: 'name', ...sampleIntent(1) }),
      recordOf(sampleIntent(1), { supersededAt: days(1) }),
    );
  });

  it('a follower whose connection breaks is woken up when it listens anew, and nothing is lost', async () => {
    let wakeUps = 0;
    const end = await stores.changes.subscribe(() => {
      wakeUps += 1;
    });
    for (let round = 1; round <= 3; round += 1) {
      const before = wakeUps;
      await terminateOthers();
      await until(async () => wakeUps > before);
      const again = wakeUps;
      const writer = await createPostgresStores({ pool: other });
      await writer.revocations.revoke(revocation(certificate(round)));
      await until(async () => wakeUps > again);
      expect(await writer.revocations.list({ afterSequence: 0, limit: 10 })).toHaveLength(round);
    }
    await end();
  });

  it('a notification that never arrives keeps no entry from who asks', async () => {
    const deaf: PostgresPool = {
      query: (query) => pool.query(query),
      connect: async () => {
        const client = await pool.connect();
        return {
          query: (query) => client.query(query),
          on: () => undefined,
          off: () => undefined,
          release: (destroy) => {
            client.release(destroy);
          },
        };
      },
    };
    const follower = await createPostgresStores({ pool: deaf });
    let wakeUps = 0;
    const end = await follower.changes.subscribe(() => {
      wakeUps += 1;
    });
    await stores.revocations.revoke(revocation(certificate(1)));
    expect(await follower.revocations.list({ afterSequence: 0, limit: 10 })).toHaveLength(1);
    expect(wakeUps).toBe(0);
    await end();
  });

  it('a follower that ends gives its connection up, and the pool can be ended', async () => {
    const one = database.openPool({ max: 1 });
    const { changes, certificates } = await createPostgresStores({ pool: one });
    for (let round = 0; round < 3; round += 1) {
      const end = await changes.subscribe(() => undefined);
      expect(one.totalCount).toBe(1);
      await Promise.all([end(), end()]);
      expect(await certificates.count({})).toBe(0);
    }
    await one.end();
  });

  it.each([
    [`UPDATE device_trust_certificates SET appraisal = '{'`],
    [`UPDATE device_trust_certificates SET appraisal = '[]'`],
    [`UPDATE device_trust_certificates SET action = 'steal'`],
    [`UPDATE device_trust_certificates SET not_after = 9007199254740993`],
  ])('a certificate that is not what was written is unavailable: %s', async (statement) => {
    await stores.certificates.recordIntent(sampleIntent(1), HELD);
    assertRecord(
      await stores.certificates.find({ by: 'name', ...sampleIntent(1) }),
      recordOf(sampleIntent(1)),
    );
    await other.query(statement);
    await expectUnavailable(stores.certificates.find({ by: 'name', ...sampleIntent(1) }), /PostgreSQL/);
    await expectUnavailable(stores.certificates.search({ limit: 1 }), /PostgreSQL/);
    await expectUnavailable(stores.certificates.recordIntent(sampleIntent(1), HELD), /PostgreSQL/);
  });

  it.each([
    [`UPDATE device_trust_revocations SET reason = 'mood'`],
    [`UPDATE device_trust_revocations SET subject = 'certificate'`],
    [`UPDATE device_trust_revocations SET crl_shard = NULL`],
  ])('a revocation that is not what was written is unavailable: %s', async (statement) => {
    await stores.revocations.revoke(revocation(CERTIFICATE));
    await other.query(`ALTER TABLE device_trust_revocations DISABLE TRIGGER USER; ${statement}`);
    await expectUnavailable(stores.revocations.list({ afterSequence: 0, limit: 1 }), /PostgreSQL/);
  });

  it('numbers come back whole whether the driver gives them as text or not', async () => {
    const types = new pg.TypeOverrides();
    types.setTypeParser(pg.types.builtins.INT8, Number);
    const numbers = database.openPool({ types });
    const { rows } = await numbers.query('SELECT 1::bigint AS one');
    expect(rows).toEqual([{ one: 1 }]);
    const { certificates, crls } = await createPostgresStores({ pool: numbers });
    await certificates.recordIntent(sampleIntent(1), HELD);
    assertRecord(await certificates.find({ by: 'name', ...sampleIntent(1) }), recordOf(sampleIntent(1)));
    const large = sampleCrl(2n ** 159n - 1n);
    expect(await crls.publishCrl(large, { expectedNumber: null })).toBe(true);
    expect((await stores.crls.listCrls())[0]?.number).toBe(2n ** 159n - 1n);
  });

  it('of many who append to the trail at once exactly one does each time, and nobody fails', async () => {
    const second = await createPostgresStores({ pool: other });
    for (let round = 0; round < 5; round += 1) {
      const head = await stores.audit.findAuditHead();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) => {
          const { audit } = index % 2 === 0 ? stores : second;
          return audit.appendAudit(auditChain(head, [`{"by":${index}}`, '{}']));
        }),
      );
      expect(results.filter((appended) => appended)).toHaveLength(1);
      expect(results.filter((appended) => !appended)).toHaveLength(19);
    }
    expect(await stores.audit.listAudit({ afterSequence: 0, limit: 100 })).toHaveLength(10);
  });

  it('a claim of any length and with any character is recorded as it came, and found', async () => {
    const appVersion = `\0${'x'.repeat(10_000)}é`;
    const intent = sampleIntent(1, {
      appraisal: { ...sampleIntent(1).appraisal, claimed: { appVersion } },
    });
    await stores.certificates.recordIntent(intent, HELD);
    const { records } = await stores.certificates.search({ appVersion, limit: 10 });
    assertRecord(records[0], recordOf(intent));
  });

  it.each([
    [`UPDATE device_trust_attested_keys SET counter = 9007199254740993`],
    [`UPDATE device_trust_attested_keys SET last_used_at = 9007199254740993`],
  ])('an attested key that is not what was written is unavailable: %s', async (statement) => {
    await stores.attestedKeys.registerAttestedKey(sampleAttestedKey());
    await other.query(statement);
    await expectUnavailable(stores.attestedKeys.findAttestedKey(sampleUse()), /PostgreSQL/);
  });

  it('counters that have ended are forgotten, the first first, no more than asked for', async () => {
    const ended = (day: number) => new Date(Date.UTC(2020, 0, 1 + day));
    for (const day of [3, 1, 2, 9])
      await stores.usageCounters.countUsage({
        key: `day ${day}`,
        limit: 1,
        expiresAt: ended(day),
        now: ended(0),
      });
    const prune = async () => (await stores.retention.prune({ before: ended(9), limit: 2 })).usageCounters;
    const keys = async () => {
      const { rows } = await other.query<object>('SELECT key FROM device_trust_usage_counters ORDER BY key');
      return rows;
    };
    expect(await prune()).toBe(2);
    expect(await keys()).toEqual([{ key: 'day 3' }, { key: 'day 9' }]);
    expect([await prune(), await prune()]).toEqual([1, 0]);
    expect(await keys()).toEqual([{ key: 'day 9' }]);
  });

  it.each(['x'.repeat(201), 'a\0b'])('a name that cannot be kept is malformed', async (name) => {
    const lease = { name: 'a', holder: 'b', lifetimeSeconds: 1, now: days(0) };
    for (const call of [
      () => stores.replays.consume(request(name, 'h')),
      () => stores.replays.consume(request('a', name)),
      () => stores.leases.acquireLease({ ...lease, name }),
      () => stores.leases.acquireLease({ ...lease, holder: name }),
      () => stores.leases.releaseLease({ name, holder: 'b' }),
      () => stores.rateLimits.takeToken({ key: name, capacity: 1, refillPerSecond: 1, now: days(0) }),
      () => stores.leases.releaseLease({ name: 'a', holder: name }),
    ]) {
      expect(await rejectionOf(call())).toBeInstanceOf(MalformedError);
    }
  });

  function request(id: string, holder: string) {
    return { id, holder, expiresAt: days(1), now: days(0) };
  }

  async function isAnyoneWaiting(): Promise<boolean> {
    const { rowCount } = await other.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rowCount === 1;
  }

  /** Ends every other connection to the database. */
  async function terminateOthers(): Promise<void> {
    await other.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
  }
});

async function expectUnavailable(promise: Promise<unknown>, message: RegExp): Promise<void> {
  const error = await rejectionOf(promise);
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error).toMatchObject({
    code: 'store_unavailable',
    message: expect.stringMatching(message) as unknown,
  });
}

/** Waits until something holds; that it never does fails the test. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it never came to hold');
}
