// Opens the store that STORE_URL names.

import pg from 'pg';
import { createClient } from 'redis';
import type { Stores } from 'device-trust';
import { createMemoryStores } from 'device-trust/memory';
import { createPostgresStores } from 'device-trust/postgres';
import { createRedisStores } from 'device-trust/redis';
import { createSqliteStores, type SqliteConnection } from 'device-trust/sqlite';

/** Stores and the way to let go of them. */
export interface OpenedStores {
  readonly stores: Stores;
  close(): void;
}

/** `sqlite:<path>`, `postgres://...`, `redis://...` or `memory:`. */
export async function openStores(url: string): Promise<OpenedStores> {
  if (url === 'memory:') return { stores: createMemoryStores(), close: ignore };
  if (url.startsWith('sqlite:')) return openSqliteStores(url.slice('sqlite:'.length));
  if (/^postgres(ql)?:/.test(url)) return openPostgresStores(url);
  if (/^rediss?:/.test(url)) return openRedisStores(url);
  throw new Error('STORE_URL must be sqlite:<path>, postgres://..., redis://... or memory:');
}

async function openSqliteStores(path: string): Promise<OpenedStores> {
  const connection = await openSqlite(path);
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

async function openPostgresStores(url: string): Promise<OpenedStores> {
  const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // An idle connection that breaks shows in the next statement; unheard, it would end the process.
  pool.on('error', ignore);
  const close = () => {
    void pool.end();
  };
  return { stores: await orClose(createPostgresStores({ pool }), close), close };
}

/**
 * So that one server is enough to try it out. A failover to a replica may lose revocations and consumed challenges: in production
 * keep certificates and the log in PostgreSQL, with `createRedisReplayStore` and `createRedisChangeFeed` beside it.
 */
const ONLY_STORE = { dangerouslyUseAsOnlyStore: true } as const;

async function openRedisStores(url: string): Promise<OpenedStores> {
  const client = createClient({ url, disableOfflineQueue: true });
  // Wake-ups from other replicas come over a connection of their own.
  const subscriber = client.duplicate();
  const clients = [client, subscriber];
  const close = () => {
    for (const each of clients) if (each.isOpen) each.destroy();
  };
  // What goes wrong with a connection shows in the commands; unheard, it would end the process.
  for (const each of clients) each.on('error', ignore);
  const open = Promise.all(clients.map((each) => each.connect())).then(() =>
    createRedisStores({ client, subscriber, ...ONLY_STORE }),
  );
  return { stores: await orClose(open, close), close };
}

/** What could not be opened to its end is closed. */
async function orClose(opening: Promise<Stores>, close: () => void): Promise<Stores> {
  try {
    return await opening;
  } catch (error) {
    close();
    throw error;
  }
}

function ignore(): void {
  return;
}
