import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createSqliteStores, type SqliteStores } from '../../../src/sqlite.js';
import { auditChain } from '../../../src/testing/contracts/sample-audit.js';
import { sampleCrl } from '../../../src/testing/contracts/sample-crl.js';
import { certificate, NAME, revocation } from '../../../src/testing/contracts/sample-revocation.js';
import { createFolder, drivers, firstValue, type OpenConnection } from './drivers.js';

for (const driver of drivers) {
  describe.skipIf(!driver.available)(
    `a SQLite database over ${driver.name} that is restored from a backup`,
    () => {
      let folder: ReturnType<typeof createFolder>;
      let path: string;
      let connection: OpenConnection;

      beforeEach(() => {
        folder = createFolder();
        path = join(folder.path, 'stores.db');
        connection = driver.open(path);
      });
      afterEach(() => {
        connection.close();
        folder.dispose();
      });

      /** Backs up, goes on, and puts the backup in the place of the file. */
      async function restoreAfter(goOn: (stores: SqliteStores) => Promise<void>): Promise<SqliteStores> {
        const backup = join(folder.path, 'backup.db');
        connection.exec(`VACUUM INTO '${backup}'`);
        await goOn(createSqliteStores({ connection }));
        connection.close();
        for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
        copyFileSync(backup, path);
        connection = driver.open(path);
        return createSqliteStores({ connection });
      }

      it('is whole, and shows the heads that it had then', async () => {
        const before = createSqliteStores({ connection });
        const first = auditChain(null, ['a', 'b']);
        for (const index of [1, 2, 3]) await before.revocations.revoke(revocation(certificate(index)));
        await before.audit.appendAudit(first);
        await before.crls.publishCrl(sampleCrl(1n), { expectedNumber: null });

        const after = await restoreAfter(async ({ revocations, audit, crls }) => {
          for (const index of [4, 5]) await revocations.revoke(revocation(certificate(index)));
          await audit.appendAudit(auditChain(first.at(-1) ?? null, ['c']));
          await crls.publishCrl(sampleCrl(2n), { expectedNumber: 1n });
        });

        expect(firstValue(connection.prepare('PRAGMA integrity_check').get())).toBe('ok');
        expect(await after.revocations.list({ afterSequence: 2, limit: 10 })).toHaveLength(1);
        const scope = { issuerId: NAME.issuerId, crlShard: null };
        expect(await after.revocations.findLastRevoked(scope)).toBe(3);
        expect(await after.audit.findAuditHead()).toEqual(first.at(-1));
        expect(await after.crls.findCrl(sampleCrl(1n))).toEqual(sampleCrl(1n));
      });

      it('has nothing where a follower of the log had got to: that is how it is found out', async () => {
        const before = createSqliteStores({ connection });
        await before.revocations.revoke(revocation(certificate(1)));
        const after = await restoreAfter(async ({ revocations }) => {
          await revocations.revoke(revocation(certificate(2)));
        });
        expect(await after.revocations.list({ afterSequence: 1, limit: 1 })).toEqual([]);
        // Its next entry gets the place of the one that was lost, and is not that one.
        await after.revocations.revoke(revocation(certificate(3)));
        const [entry] = await after.revocations.list({ afterSequence: 1, limit: 1 });
        expect(entry).toMatchObject({ sequence: 2, subject: certificate(3) });
      });
    },
  );
}
