import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createPostgresStores, type PostgresPool, type PostgresStores } from '../../../src/postgres.js';
import { days, sampleIntent, sampleKey } from '../../../src/testing/contracts/sample-intent.js';
import { sampleAttestedKey, sampleUse } from '../../../src/testing/contracts/sample-attested-key.js';
import { sampleUsage } from '../../../src/testing/contracts/sample-usage.js';
import { sampleOrder } from '../../../src/testing/contracts/sample-renewal-order.js';
import { certificate, NAME, revocation } from '../../../src/testing/contracts/sample-revocation.js';
import { createTestDatabase, hasServer, type TestDatabase } from './server.js';

const HELD = { keyHeldFrom: days(0) };

describe.skipIf(!hasServer)('writes to PostgreSQL', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let stores: PostgresStores;
  /** What went over the wire since the stores were opened. */
  const statements: { readonly text: string; readonly name?: string }[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
    pool = database.openPool();
    stores = await open(true);
  });
  afterEach(async () => {
    await database.drop();
  });

  async function open(prepareStatements: boolean): Promise<PostgresStores> {
    const listening: PostgresPool = {
      query: (query) => {
        statements.push(query);
        return pool.query(query);
      },
      connect: () => pool.connect(),
    };
    const opened = await createPostgresStores({ pool: listening, prepareStatements });
    statements.length = 0;
    return opened;
  }

  const consume = (id: string, holder = 'h') =>
    stores.replays.consume({ id, holder, expiresAt: days(1), now: days(0) });
  const takeToken = (key: string) =>
    stores.rateLimits.takeToken({ key, capacity: 2, refillPerSecond: 0.001, now: days(0) });
  const issued = { certificate: Uint8Array.of(1), issuedAt: days(0) };
  const challenges = (count: number) => Array.from({ length: count }, (_, index) => `challenge:${index}`);

  it('and reads take one round trip each', async () => {
    const operations: readonly (() => Promise<unknown>)[] = [
      () => consume('a'),
      () => stores.certificates.recordIntent(sampleIntent(1), HELD),
      () => stores.certificates.recordIssued(sampleIntent(1), issued),
      () => stores.certificates.recordFirstUse(sampleIntent(1), days(0)),
      () => stores.certificates.find({ by: 'name', ...sampleIntent(1) }),
      () => stores.certificates.search({ tier: 'device', limit: 1 }),
      () => stores.revocations.revoke(revocation(certificate(1))),
      () => stores.revocations.find(NAME),
      () => stores.revocations.findLastRevoked({ issuerId: NAME.issuerId, crlShard: null }),
      () => stores.leases.acquireLease({ name: 'a', holder: 'h', lifetimeSeconds: 1, now: days(0) }),
      () => takeToken('a'),
      () => stores.renewalOrders.recordOrder(sampleOrder(1)),
      () => stores.renewalOrders.listOrders(days(0)),
      () => stores.attestedKeys.registerAttestedKey(sampleAttestedKey()),
      () => stores.attestedKeys.findAttestedKey(sampleUse()),
      () => stores.attestedKeys.useAttestedKey(sampleUse()),
      () => stores.attestedKeys.replaceReceipt({ ...sampleUse(), receipt: Uint8Array.of(1) }),
      () => stores.usageCounters.countUsage(sampleUsage()),
      () => stores.retention.prune({ before: days(0), limit: 1 }),
    ];
    for (const operation of operations) {
      statements.length = 0;
      await operation();
      expect(statements).toHaveLength(1);
    }
  });

  it('go out at once when alone, and what comes meanwhile goes out together', async () => {
    const first = consume('first');
    expect(statements).toHaveLength(1);
    await Promise.all([first, ...challenges(64).map((id) => consume(id))]);
    expect(statements).toHaveLength(2);
  });

  it('of one kind do not wait for those of another', async () => {
    const all = [
      consume('a'),
      stores.certificates.recordIntent(sampleIntent(1), HELD),
      stores.certificates.recordIssued(sampleIntent(1), issued),
      stores.certificates.recordFirstUse(sampleIntent(1), days(0)),
      stores.revocations.revoke(revocation(certificate(1))),
    ];
    expect(statements).toHaveLength(5);
    await Promise.all(all);
  });

  it('go out in batches of at most 64', async () => {
    const outcomes = await Promise.all(challenges(200).map((id) => consume(id)));
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['consumed']));
    expect(statements).toHaveLength(1 + Math.ceil(199 / 64));
  });

  it('of the same in one batch end as if one had come after the other', async () => {
    const [, second, third] = await Promise.all([consume('other'), consume('a', 'one'), consume('a', 'two')]);
    expect([second, third]).toEqual([
      { outcome: 'consumed' },
      { outcome: 'already_consumed', holder: 'one' },
    ]);

    const tokens = await Promise.all(['other', 'b', 'a', 'a', 'b', 'a'].map(takeToken));
    expect(tokens.map(({ taken }) => taken)).toEqual([true, true, true, true, true, false]);

    const same = { publicKeySha256: sampleKey(1) };
    const intents = await Promise.all(
      [
        sampleIntent(9),
        sampleIntent(1),
        sampleIntent(2, { requestId: sampleIntent(1).requestId }),
        sampleIntent(3, same),
      ].map((intent) => stores.certificates.recordIntent(intent, HELD)),
    );
    expect(intents.map(({ outcome }) => outcome)).toEqual([
      'recorded',
      'recorded',
      'request_exists',
      'key_in_use',
    ]);

    const [, once, again] = await Promise.all(
      [2, 1, 1].map((index) => stores.revocations.revoke(revocation(certificate(index)))),
    );
    expect([once?.recorded, again?.recorded]).toEqual([true, false]);
    expect(again?.revocation).toEqual(once?.revocation);
  });

  it('that fail do not take along those that went out with them', async () => {
    const twin = sampleIntent(2, { serialNumber: sampleIntent(1).serialNumber });
    const results = await Promise.allSettled(
      [sampleIntent(9), sampleIntent(1), twin, sampleIntent(3)].map((intent) =>
        stores.certificates.recordIntent(intent, HELD),
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await stores.certificates.count({})).toBe(3);
  });

  it('that many wait for are told all at once when the connection breaks, without a second try', async () => {
    const blocker = await pool.connect();
    await blocker.query('BEGIN; LOCK TABLE device_trust_replays');
    const results = Promise.allSettled(['a', 'b', 'c'].map((id) => consume(id)));
    const first = await terminateWaiting();
    await terminateWaiting(first);
    await blocker.query('COMMIT');
    blocker.release();
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(statements).toHaveLength(2);
    expect(await consume('b')).toEqual({ outcome: 'consumed' });
  });

  it('and reads have names by which they are prepared, or none if the team says so', async () => {
    await consume('a');
    expect(statements[0]?.name).toBe('device_trust_consume');
    stores = await open(false);
    await consume('b');
    expect(statements[0]).not.toHaveProperty('name');
  });

  /** Ends the connection that waits for a lock, as soon as there is one, and gives its id; `besides` is one that is ending. */
  async function terminateWaiting(besides = 0): Promise<number> {
    for (let attempt = 0; attempt < 1000; attempt += 1) {
      const { rows } = await pool.query<{ pid: number }>(
        `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> $1`,
        [besides],
      );
      if (rows[0]) return rows[0].pid;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('nobody waits');
  }
});
