import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createPostgresStores, type PostgresStores } from '../../../src/postgres.js';
import { days, sampleIntent, sampleKey } from '../../../src/testing/contracts/sample-intent.js';
import { sampleAttestedKey, sampleUse } from '../../../src/testing/contracts/sample-attested-key.js';
import { sampleUsage } from '../../../src/testing/contracts/sample-usage.js';
import { sampleOrder } from '../../../src/testing/contracts/sample-renewal-order.js';
import { CERTIFICATE, NAME, revocation } from '../../../src/testing/contracts/sample-revocation.js';
import { createTestDatabase, hasServer, type TestDatabase } from './server.js';

/** Twenty thousand of each, spread so that each filter picks some. */
const FILL = `
  INSERT INTO device_trust_certificates (issuer_id, serial_number, device_id, public_key_sha256, not_before, not_after,
    crl_shard, to_be_signed, tier, action, request_id, appraisal, app_version, enrolled_at, bootstrap_certificate_sha256,
    intended_at)
  SELECT 'issuer', 'serial-' || i, 'device-' || i / 2, 'key-' || i / 2, i, 4000000000000 + i, i % 16, '\\x30', 'tier-' || i % 200,
    'enroll', 'request-' || i, '{"reasons":[],"verdicts":[],"claimed":{}}', 'version-' || i % 200, i, 'release-' || i % 200, i
  FROM generate_series(1, 20000) AS i;
  INSERT INTO device_trust_certificate_providers SELECT 'provider-' || sequence % 100, sequence FROM device_trust_certificates;
  INSERT INTO device_trust_revocations (subject, state, reason, at, issuer_id, serial_number, crl_shard, not_after)
  SELECT 'certificate:issuer:serial-' || i, 'revoked', 'unspecified', i, 'issuer-' || i % 10, 'serial-' || i, i % 16,
    4000000000000 + i FROM generate_series(1, 20000) AS i;
  INSERT INTO device_trust_replays SELECT 'challenge:' || i, 'holder', 4000000000000 + i FROM generate_series(1, 20000) AS i;
  INSERT INTO device_trust_audit SELECT i, '{}', 'device-' || i / 2, repeat('0', 64), repeat('0', 64) FROM generate_series(1, 20000) AS i;
  INSERT INTO device_trust_crls SELECT 'issuer', i, 1, 1, 1, 1, 1, 1, '\\x30' FROM generate_series(1, 20000) AS i;
  INSERT INTO device_trust_rate_limits SELECT 'key-' || i, 5, 1, 4000000000000 + i FROM generate_series(1, 20000) AS i;
  INSERT INTO device_trust_renewal_orders SELECT 'order-' || i, i, '{}' FROM generate_series(1, 20000) AS i;
  INSERT INTO device_trust_attested_keys SELECT 'app-attest', 'key-' || i, '\\x30', NULL, '', NULL, 1, 0, '', 4000000000000 + i
    FROM generate_series(1, 20000) AS i;
  INSERT INTO device_trust_usage_counters SELECT 'key-' || i, 1, 4000000000000 + i FROM generate_series(1, 20000) AS i;
  INSERT INTO device_trust_leases SELECT 'lease-' || i, 'holder', now() FROM generate_series(1, 20000) AS i;
  ANALYZE;
`;

const SCAN_OF_A_TABLE = /Seq Scan on (device_trust_\w+)/g;

/** Every plan that the server used, those inside of functions included: it tells them to its client. */
describe.skipIf(!hasServer)('every statement of the PostgreSQL stores', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let stores: PostgresStores;
  const plans: string[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = database.openPool({ max: 1 });
    stores = await createPostgresStores({ pool });
    await pool.query(FILL);
    const client = await pool.connect();
    client.on('notice', ({ message }) => plans.push(message ?? ''));
    await client.query(`LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0;
      SET auto_explain.log_nested_statements = on; SET client_min_messages = log`);
    client.release();
  }, 60_000);
  afterAll(async () => {
    await database.drop();
  });

  /** The tables that were read from one end to the other. */
  async function scansOf(work: () => Promise<unknown>): Promise<readonly string[]> {
    plans.length = 0;
    // The planner may settle for another plan once it has seen a statement five times.
    for (let time = 0; time < 7; time += 1) await work();
    expect(plans.length).toBeGreaterThanOrEqual(7);
    return [...new Set(plans.flatMap((plan) => [...plan.matchAll(SCAN_OF_A_TABLE)].map(([scan]) => scan)))];
  }

  const held = { keyHeldFrom: days(0) };
  const name = { issuerId: 'issuer', serialNumber: 'serial-77' };
  const scope = { issuerId: 'issuer-7', crlShard: 7 };
  const lease = { name: 'lease-7', holder: 'me', lifetimeSeconds: 1, now: days(0) };
  let index = 0;

  const questions: Readonly<Record<string, () => Promise<unknown>>> = {
    consume: () =>
      stores.replays.consume({ id: 'challenge:7', holder: 'h', expiresAt: days(1), now: days(0) }),
    recordIntent: () => stores.certificates.recordIntent(sampleIntent((index += 1)), held),
    'recordIntent of a key in use': () =>
      stores.certificates.recordIntent(sampleIntent((index += 1), { publicKeySha256: sampleKey(1) }), held),
    recordIssued: () =>
      stores.certificates.recordIssued(name, { certificate: Uint8Array.of(1), issuedAt: days(0) }),
    recordFirstUse: () =>
      stores.certificates.recordFirstUse({ ...name, serialNumber: `serial-${(index += 1)}` }, days(0)),
    'find by name': () => stores.certificates.find({ by: 'name', ...name }),
    'find by request': () => stores.certificates.find({ by: 'request', requestId: 'request-7' }),
    'find by key': () => stores.certificates.find({ by: 'key', publicKeySha256: 'key-7' }),
    'find by device': () => stores.certificates.find({ by: 'device', deviceId: 'device-7' }),
    list: () => stores.certificates.list({ limit: 10, cursor: '7' }),
    'list to come': () => stores.certificates.list({ limit: 10, notAfterFrom: days(0) }),
    'list of a device': () => stores.certificates.list({ deviceId: 'device-7', limit: 10 }),
    'list of a key': () => stores.certificates.list({ publicKeySha256: 'key-7', limit: 10, cursor: '7' }),
    'list of a device and key': () =>
      stores.certificates.list({ deviceId: 'device-7', publicKeySha256: 'key-7', limit: 10 }),
    'search by tier': () => stores.certificates.search({ tier: 'tier-7', limit: 10, cursor: '7' }),
    'search by version': () => stores.certificates.search({ appVersion: 'version-7', limit: 10 }),
    'search by provider': () =>
      stores.certificates.search({ provider: 'provider-7', limit: 10, cursor: '7' }),
    'search by release': () =>
      stores.certificates.search({ bootstrapCertificateSha256: 'release-7', limit: 10, latestOnly: true }),
    'search for the latest': () => stores.certificates.search({ latestOnly: true, limit: 10 }),
    'count by tier': () => stores.certificates.count({ tier: 'tier-7' }),
    'count by provider': () => stores.certificates.count({ provider: 'provider-7' }),
    'count the latest by version': () =>
      stores.certificates.count({ appVersion: 'version-7', latestOnly: true }),
    revoke: () => stores.revocations.revoke(revocation(CERTIFICATE)),
    'find revocations': () => stores.revocations.find(NAME),
    'list revocations': () => stores.revocations.list({ afterSequence: 7, limit: 10 }),
    'list revoked of a shard': () =>
      stores.revocations.listRevoked({ ...scope, notAfterFrom: days(0), afterSequence: 0, limit: 10 }),
    'list revoked of an issuer': () =>
      stores.revocations.listRevoked({
        ...scope,
        crlShard: null,
        notAfterFrom: days(0),
        afterSequence: 0,
        limit: 10,
      }),
    'last revoked of a shard': () => stores.revocations.findLastRevoked(scope),
    'last revoked of an issuer': () => stores.revocations.findLastRevoked({ ...scope, crlShard: null }),
    'append to the trail': async () => {
      const head = await stores.audit.findAuditHead();
      const previousHash = head?.hash ?? '';
      const sequence = (head?.sequence ?? 0) + 1;
      expect(
        await stores.audit.appendAudit([
          { sequence, body: '{}', deviceId: null, previousHash, hash: sampleKey(sequence) },
        ]),
      ).toBe(true);
    },
    'list the trail': () => stores.audit.listAudit({ afterSequence: 7, limit: 10 }),
    'list the trail of a device': () =>
      stores.audit.listAudit({ afterSequence: 0, deviceId: 'device-7', limit: 10 }),
    'find a CRL': () => stores.crls.findCrl({ issuerId: 'issuer', crlShard: 7 }),
    'publish a CRL': () =>
      stores.crls.publishCrl(
        {
          issuerId: 'issuer',
          crlShard: 7,
          number: 2n,
          thisUpdate: days(0),
          nextUpdate: days(1),
          logSequence: 1,
          entryCount: 0,
          bytes: 1,
          crl: Uint8Array.of(1),
          deltaCrl: null,
          base: null,
        },
        { expectedNumber: 1n },
      ),
    'acquire a lease': () => stores.leases.acquireLease(lease),
    'release a lease': () => stores.leases.releaseLease(lease),
    'take a token': () =>
      stores.rateLimits.takeToken({ key: 'key-7', capacity: 5, refillPerSecond: 1, now: days(0) }),
    'take a token of a new bucket': () =>
      stores.rateLimits.takeToken({
        key: `new-${(index += 1)}`,
        capacity: 5,
        refillPerSecond: 1,
        now: days(0),
      }),
    'record an order': () => stores.renewalOrders.recordOrder(sampleOrder((index += 1))),
    'list orders': () => stores.renewalOrders.listOrders(days(0)),
    'register an attested key': () =>
      stores.attestedKeys.registerAttestedKey(sampleAttestedKey({ keyId: `new-${(index += 1)}` })),
    'find an attested key': () => stores.attestedKeys.findAttestedKey(sampleUse({ keyId: 'key-7' })),
    'use an attested key': () => stores.attestedKeys.useAttestedKey(sampleUse({ keyId: 'key-7' })),
    'replace a receipt': () =>
      stores.attestedKeys.replaceReceipt({ ...sampleUse({ keyId: 'key-7' }), receipt: Uint8Array.of(1) }),
    'count a use': () => stores.usageCounters.countUsage(sampleUsage({ key: 'key-7' })),
    'count a first use': () => stores.usageCounters.countUsage(sampleUsage({ key: `new-${(index += 1)}` })),
    prune: () => stores.retention.prune({ before: days(0), limit: 10 }),
  };

  for (const [question, ask] of Object.entries(questions)) {
    it(`goes through an index: ${question}`, async () => {
      expect(await scansOf(ask)).toEqual([]);
    });
  }

  it('is what the checks above would notice if it scanned', async () => {
    expect(await scansOf(() => stores.crls.listCrls())).toEqual(['Seq Scan on device_trust_crls']);
    expect(
      await scansOf(() =>
        pool.query(`DO $$ BEGIN PERFORM 1 FROM device_trust_replays WHERE holder = 'h'; END $$`),
      ),
    ).toEqual(['Seq Scan on device_trust_replays']);
  });
});
