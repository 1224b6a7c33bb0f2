import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createSqliteStores, type SqliteStores } from '../../../src/sqlite.js';
import { days } from '../../../src/testing/contracts/sample-intent.js';
import { KEY, revocation } from '../../../src/testing/contracts/sample-revocation.js';
import { createFolder, drivers, firstValue, type OpenConnection } from './drivers.js';

const NORMAL = 1;
const FULL = 2;

for (const driver of drivers) {
  describe.skipIf(!driver.available)(`rate limits in SQLite over ${driver.name}`, () => {
    let folder: ReturnType<typeof createFolder>;
    let connection: OpenConnection;
    let stores: SqliteStores;
    /** `synchronous` at each commit. */
    const commits: unknown[] = [];

    beforeEach(() => {
      folder = createFolder();
      connection = driver.open(join(folder.path, 'stores.db'));
      stores = createSqliteStores({
        connection: {
          exec: (sql) => connection.exec(sql),
          prepare: (sql) => {
            const statement = connection.prepare(sql);
            if (sql !== 'COMMIT') return statement;
            return {
              run: () => {
                commits.push(firstValue(connection.prepare('PRAGMA synchronous').get()));
                return statement.run();
              },
              get: () => statement.get(),
              all: () => statement.all(),
            };
          },
        },
      });
      commits.length = 0;
    });
    afterEach(() => {
      connection.close();
      folder.dispose();
    });

    const take = () =>
      stores.rateLimits.takeToken({ key: 'a', capacity: 1, refillPerSecond: 1, now: days(0) });

    it('wait for no disk, and nothing else is written so', async () => {
      await take();
      await stores.revocations.revoke(revocation(KEY));
      await take();
      await stores.leases.acquireLease({ name: 'a', holder: 'b', lifetimeSeconds: 1, now: days(0) });
      expect(commits).toEqual([NORMAL, FULL, NORMAL, FULL]);
    });

    it('and other writes that are asked for at once are groups of their own', async () => {
      await Promise.all([take(), stores.revocations.revoke(revocation(KEY)), take()]);
      expect(commits).toEqual([NORMAL, FULL]);
    });

    it('write nothing when they refuse', async () => {
      await take();
      const changes = () => firstValue(connection.prepare('SELECT total_changes()').get());
      const before = changes();
      expect(await take()).toMatchObject({ taken: false });
      expect(changes()).toBe(before);
    });
  });
}
