import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ConfigurationError, UnavailableError } from '../../../src/core/errors.js';
import { createPostgresStores, type PostgresPool } from '../../../src/postgres.js';
import { days, sampleIntent } from '../../../src/testing/contracts/sample-intent.js';
import { rejectionOf } from '../../thrown-by.js';
import { createTestDatabase, hasServer, openPool, type TestDatabase } from './server.js';

const HELD = { keyHeldFrom: days(0) };

describe.skipIf(!hasServer)('opening PostgreSQL stores', () => {
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeEach(async () => {
    database = await createTestDatabase();
    pool = database.openPool();
  });
  afterEach(async () => {
    await database.drop();
  });

  it('again keeps what is there', async () => {
    const first = await createPostgresStores({ pool });
    await first.certificates.recordIntent(sampleIntent(1), HELD);
    const second = await createPostgresStores({ pool });
    expect(await second.certificates.count({})).toBe(1);
  });

  it('by eight replicas at once makes the tables once', async () => {
    const pools = Array.from({ length: 8 }, () => database.openPool({ max: 2 }));
    await Promise.all(pools.map((one) => createPostgresStores({ pool: one })));
    const { rows } = await pool.query('SELECT version FROM device_trust_migrations');
    expect(rows).toEqual([{ version: 1 }, { version: 2 }, { version: 3 }]);
  });

  it('brings a database of version 1 up to date, with what is in it', async () => {
    const first = await createPostgresStores({ pool });
    await first.certificates.recordIntent(sampleIntent(1), HELD);
    await pool.query(`
      DROP TABLE device_trust_rate_limits, device_trust_renewal_orders, device_trust_attested_keys,
        device_trust_usage_counters;
      DROP FUNCTION device_trust_take_tokens, device_trust_record_renewal_order, device_trust_prune_passing,
        device_trust_use_attested_keys, device_trust_count_uses, device_trust_prune_unused;
      DELETE FROM device_trust_migrations WHERE version > 1`);
    const { certificates, rateLimits } = await createPostgresStores({ pool });
    expect(await certificates.count({})).toBe(1);
    const limit = { key: 'a', capacity: 1, refillPerSecond: 1, now: days(0) };
    expect(await rateLimits.takeToken(limit)).toEqual({ taken: true });
  });

  it('keeps buckets of rate limits out of the write-ahead log', async () => {
    await createPostgresStores({ pool });
    const { rows } = await pool.query(
      `SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'device_trust_%' AND relpersistence = 'u'`,
    );
    expect(rows).toEqual([{ relname: 'device_trust_rate_limits' }]);
  });

  it('that fails half-way leaves nothing behind, and succeeds when the cause is gone', async () => {
    await pool.query('CREATE TABLE device_trust_leases (mine integer)');
    expect(await rejectionOf(createPostgresStores({ pool }))).toBeInstanceOf(UnavailableError);
    const { rows } = await pool.query(`SELECT relname FROM pg_class WHERE relname LIKE 'device_trust_%'`);
    expect(rows).toEqual([{ relname: 'device_trust_leases' }]);
    await pool.query('DROP TABLE device_trust_leases');
    const { leases } = await createPostgresStores({ pool });
    expect(await leases.acquireLease({ name: 'a', holder: 'b', lifetimeSeconds: 1, now: days(0) })).toBe(
      true,
    );
  });

  it('refuses a database of a newer version, and leaves it as it is', async () => {
    await createPostgresStores({ pool });
    await pool.query('INSERT INTO device_trust_migrations VALUES (4)');
    await expectRefused({ pool }, /schema version 4.*knows 3/);
  });

  it('refuses commits that are not on the disk, unless the danger is accepted', async () => {
    const lossy = database.openPool({ options: '-c synchronous_commit=off' });
    await expectRefused({ pool: lossy }, /synchronous_commit is off/);
    const accepted = { dangerouslyAllowLossyCommits: true };
    const { replays } = await createPostgresStores({ pool: lossy, ...accepted });
    const request = { id: 'a', holder: 'h', expiresAt: days(1), now: days(0) };
    expect(await replays.consume(request)).toEqual({ outcome: 'consumed' });
  });

  it.each(['repeatable read', 'serializable'])('refuses the isolation level %s', async (level) => {
    const options = `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`;
    await expectRefused({ pool: database.openPool({ options }) }, /default_transaction_isolation/);
  });

  it('refuses a server that is too old, and one without fsync', async () => {
    const answering = (settings: Readonly<Record<string, string>>): PostgresPool => ({
      query: async () => ({
        rows: [
          {
            version: '150000',
            fsync: 'on',
            synchronous_commit: 'on',
            isolation: 'read committed',
            ...settings,
          },
        ],
      }),
      connect: () => Promise.reject(new Error('the settings are asked first')),
    });
    await expectRefused({ pool: answering({ version: '129999' }) }, /PostgreSQL 13/);
    await expectRefused({ pool: answering({ fsync: 'off' }) }, /fsync is off/);
    // With settings that are as they should be it goes on.
    expect(await rejectionOf(createPostgresStores({ pool: answering({}) }))).toBeInstanceOf(UnavailableError);
  });

  it.each([undefined, null, {}, { query: () => undefined }, { query: 1, connect: 1 }])(
    'refuses what is no pool: %s',
    async (value) => {
      await expectRefused({ pool: value as PostgresPool }, /must be a pool/);
    },
  );

  it.each([0, -1, 1.5, Number.NaN, 600_001])('refuses a time limit of %s', async (value) => {
    await expectRefused({ pool, statementTimeoutMilliseconds: value }, /whole number/);
  });

  it('says that it could not reach a server', async () => {
    const nowhere = openPool(database.name, { port: 1 });
    const error = await rejectionOf(createPostgresStores({ pool: nowhere }));
    expect(error).toMatchObject({ code: 'store_unavailable', cause: { code: 'ECONNREFUSED' } });
    await nowhere.end();
  });

  it('gives every connection back', async () => {
    const one = database.openPool({ max: 1 });
    await createPostgresStores({ pool: one });
    await pool.query('INSERT INTO device_trust_migrations VALUES (4)');
    await rejectionOf(createPostgresStores({ pool: one }));
    expect((await one.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});

async function expectRefused(
  options: Parameters<typeof createPostgresStores>[0],
  message: RegExp,
): Promise<void> {
  const error = await rejectionOf(createPostgresStores(options));
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error).toMatchObject({ message: expect.stringMatching(message) as unknown });
}
