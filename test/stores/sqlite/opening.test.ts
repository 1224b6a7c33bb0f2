import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ConfigurationError, UnavailableError } from '../../../src/core/errors.js';
import { createSqliteStores, type SqliteConnection } from '../../../src/sqlite.js';
import { sampleIntent } from '../../../src/testing/contracts/sample-intent.js';
import { thrownBy } from '../../thrown-by.js';
import { betterSqlite, createFolder, drivers, firstValue, type OpenConnection } from './drivers.js';

const folder = { path: '', dispose: (): void => undefined };
const opened: OpenConnection[] = [];

beforeEach(() => Object.assign(folder, createFolder()));
afterEach(() => {
  for (const connection of opened.splice(0)) connection.close();
  folder.dispose();
});

for (const driver of drivers) {
  describe.skipIf(!driver.available)(`opening SQLite stores over ${driver.name}`, () => {
    const open = (name = 'stores.db'): OpenConnection => {
      const connection = driver.open(name === ':memory:' ? name : join(folder.path, name));
      opened.push(connection);
      return connection;
    };

    it('makes the connection durable', () => {
      const connection = open();
      createSqliteStores({ connection, busyTimeoutMilliseconds: 1234 });
      const pragma = (name: string) => firstValue(connection.prepare(`PRAGMA ${name}`).get());
      expect(pragma('journal_mode')).toBe('wal');
      expect(pragma('synchronous')).toBe(2);
      expect(pragma('busy_timeout')).toBe(1234);
      expect(pragma('foreign_keys')).toBe(1);
    });

    it('refuses a database in memory, which cannot be durable', () => {
      expectConfigurationError(() => createSqliteStores({ connection: open(':memory:') }), 'connection');
    });

    it('refuses a connection inside a transaction', () => {
      const connection = open();
      connection.exec('PRAGMA journal_mode = WAL');
      connection.exec('BEGIN');
      expectUnavailable(() => createSqliteStores({ connection }));
      connection.exec('ROLLBACK');
    });

    it('says that a closed connection is out of reach', () => {
      const connection = driver.open(join(folder.path, 'stores.db'));
      connection.close();
      expectUnavailable(() => createSqliteStores({ connection }));
    });

    it('says that a file that is no database is out of reach', () => {
      writeFileSync(join(folder.path, 'stores.db'), 'not a database, but long enough to look at'.repeat(100));
      expectUnavailable(() => createSqliteStores({ connection: open() }));
    });

    it('says that a database that another process keeps busy is out of reach', () => {
      const other = open();
      other.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE');
      expectUnavailable(() => createSqliteStores({ connection: open(), busyTimeoutMilliseconds: 10 }));
      other.exec('ROLLBACK');
    });

    it('waits its turn when another process switches the new database to WAL at the same moment', () => {
      const connection = open();
      let refusals = 2;
      const contended: SqliteConnection = {
        prepare: (sql) => connection.prepare(sql),
        exec: (sql) => {
          if (sql.includes('journal_mode') && refusals > 0) {
            refusals -= 1;
            throw new Error('database is locked');
          }
          return connection.exec(sql);
        },
      };
      createSqliteStores({ connection: contended });
      expect(refusals).toBe(0);
      expect(firstValue(connection.prepare('PRAGMA journal_mode').get())).toBe('wal');
    });

    it('gives up on a database that never gets to WAL', () => {
      const connection = open();
      const locked: SqliteConnection = {
        prepare: (sql) => connection.prepare(sql),
        exec: (sql) => {
          if (sql.includes('journal_mode')) throw new Error('database is locked');
          return connection.exec(sql);
        },
      };
      expectUnavailable(() => createSqliteStores({ connection: locked }));
    });

    it('creates its tables once, and finds them the next time', async () => {
      await createSqliteStores({ connection: open() }).certificates.recordIntent(sampleIntent(1), {
        keyHeldFrom: new Date(0),
      });
      const again = createSqliteStores({ connection: open() });
      expect((await again.certificates.list({ limit: 10 })).records).toHaveLength(1);
      expect(versions(open())).toEqual([1, 2, 3, 4]);
    });

    it('refuses a database that a newer version of the library has written', () => {
      createSqliteStores({ connection: open() });
      const connection = open();
      connection.exec('INSERT INTO device_trust_migrations (version) VALUES (99)');
      expectConfigurationError(() => createSqliteStores({ connection }), 'connection');
    });

    it('undoes a migration that fails, whole', () => {
      const connection = open();
      connection.exec('CREATE TABLE device_trust_replays (in_the_way INTEGER)');
      expectUnavailable(() => createSqliteStores({ connection }));
      expect(tables(connection)).toEqual(['device_trust_replays']);
      connection.exec('DROP TABLE device_trust_replays');
      createSqliteStores({ connection });
      expect(versions(connection)).toEqual([1, 2, 3, 4]);
    });

    it('leaves the tables of others alone', () => {
      const connection = open();
      connection.exec('CREATE TABLE certificates (mine TEXT); INSERT INTO certificates VALUES (1)');
      createSqliteStores({ connection });
      expect(firstValue(connection.prepare('SELECT mine FROM certificates').get())).toBe('1');
    });

    it.each([-1, 0.5, 60_001, Number.NaN])('refuses a busy timeout of %d', (busyTimeoutMilliseconds) => {
      const create = () => createSqliteStores({ connection: open(), busyTimeoutMilliseconds });
      expectConfigurationError(create, 'busyTimeoutMilliseconds');
    });

    it.each([-1, 0.5, 1_000_001])('refuses to keep %d records', (cachedCertificates) => {
      const create = () => createSqliteStores({ connection: open(), cachedCertificates });
      expectConfigurationError(create, 'cachedCertificates');
    });
  });
}

describe('opening SQLite stores', () => {
  it.skipIf(!betterSqlite.available)('refuses a driver that gives integers as BigInt', () => {
    const connection = new Database(join(folder.path, 'stores.db'));
    opened.push(connection);
    connection.defaultSafeIntegers(true);
    expectConfigurationError(() => createSqliteStores({ connection }), 'connection');
  });

  it.each([undefined, null, 'stores.db', {}, { exec: () => undefined }])(
    'refuses %o as a connection',
    (value) => {
      const connection = value as unknown as OpenConnection;
      expectConfigurationError(() => createSqliteStores({ connection }), 'connection');
    },
  );
});

function expectConfigurationError(create: () => unknown, option: string): void {
  const error = thrownBy(create);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error).toMatchObject({ code: 'configuration_invalid', option });
}

function expectUnavailable(create: () => unknown): void {
  const error = thrownBy(create);
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error).toMatchObject({ code: 'store_unavailable', cause: expect.any(Error) as Error });
}

function tables(connection: OpenConnection): readonly unknown[] {
  return connection.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all().map(firstValue);
}

function versions(connection: OpenConnection): readonly unknown[] {
  return connection.prepare('SELECT version FROM device_trust_migrations').all().map(firstValue);
}
