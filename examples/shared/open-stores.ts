// Opens the store that STORE_URL names.

import type { Stores } from 'device-trust';
import { createMemoryStores } from 'device-trust/memory';
import { createSqliteStores, type SqliteConnection } from 'device-trust/sqlite';

/** `sqlite:<path>` or `memory:`. */
export async function openStores(url: string): Promise<{ readonly stores: Stores; close(): void }> {
  if (url === 'memory:') {
    return {
      stores: createMemoryStores(),
      close: () => {
        // Nothing outlives the process.
      },
    };
  }
  if (!url.startsWith('sqlite:')) throw new Error('STORE_URL must be sqlite:<path> or memory:');
  const connection = await openSqlite(url.slice('sqlite:'.length));
  return {
    stores: createSqliteStores({ connection }),
    close: () => {
      connection.close();
    },
  };
}

/** The SQLite of the runtime where it has one, else the driver from npm: the stores work over either. */
export async function openSqlite(path: string): Promise<SqliteConnection & { close(): void }> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 13)) {
    const { DatabaseSync } = await import('node:sqlite');
    return new DatabaseSync(path);
  }
  const { default: Database } = await import('better-sqlite3');
  return new Database(path);
}
