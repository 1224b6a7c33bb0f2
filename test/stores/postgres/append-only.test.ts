import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createPostgresStores, type PostgresStores } from '../../../src/postgres.js';
import { auditChain } from '../../../src/testing/contracts/sample-audit.js';
import { device, KEY, revocation } from '../../../src/testing/contracts/sample-revocation.js';
import { createTestDatabase, hasServer, type TestDatabase } from './server.js';

/** A certificate of the issuer of the samples. */
const ending = (serialNumber: string, notAfter: string) =>
  ({
    kind: 'certificate',
    issuerId: 'a1'.repeat(20),
    serialNumber,
    crlShard: 1,
    notAfter: new Date(notAfter),
  }) as const;

describe.skipIf(!hasServer)('the tables that are append-only', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let stores: PostgresStores;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = database.openPool();
    stores = await createPostgresStores({ pool });
    for (const subject of [ending('01', '2020-01-01'), ending('02', '2200-01-01'), device('banned'), KEY]) {
      await stores.revocations.revoke(revocation(subject));
    }
    await stores.audit.appendAudit(auditChain(null, ['{"a":1}', '{"a":2}']));
  });
  afterAll(async () => {
    await database.drop();
  });

  it.each([
    `UPDATE device_trust_revocations SET state = 'active' WHERE subject LIKE 'device:%'`,
    `UPDATE device_trust_revocations SET not_after = 0 WHERE not_after IS NOT NULL`,
    `DELETE FROM device_trust_revocations WHERE subject LIKE 'device:%'`,
    `DELETE FROM device_trust_revocations WHERE subject LIKE 'key:%'`,
    `DELETE FROM device_trust_revocations WHERE serial_number = '02'`,
    `DELETE FROM device_trust_revocations`,
    `TRUNCATE device_trust_revocations`,
    `UPDATE device_trust_audit SET body = '{}' WHERE sequence = 2`,
    `DELETE FROM device_trust_audit WHERE sequence = 2`,
    `TRUNCATE device_trust_audit`,
  ])('refuse: %s', async (statement) => {
    await expect(pool.query(statement)).rejects.toThrow(/is append-only/);
    expect(await stores.revocations.list({ afterSequence: 0, limit: 10 })).toHaveLength(4);
    expect(await stores.audit.listAudit({ afterSequence: 0, limit: 10 })).toEqual(
      auditChain(null, ['{"a":1}', '{"a":2}']),
    );
  });

  it('let go of an entry about a certificate that has ended', async () => {
    const { rowCount } = await pool.query(`DELETE FROM device_trust_revocations WHERE serial_number = '01'`);
    expect(rowCount).toBe(1);
  });
});
