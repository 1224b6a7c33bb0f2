// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { existsSync } from 'node:fs';
import { getBuiltinModule } from 'node:process';
import { ConfigurationError, DeviceTrustError, UnavailableError } from '../core/errors.js';
import type { Stores } from '../contracts/stores.js';
import type { PostgresPool } from '../stores/postgres/postgres-pool.js';
import { createPostgresStores } from '../stores/postgres/postgres-stores.js';
import type { RedisClient, RedisSubscriber } from '../stores/redis/redis-client.js';
import { createRedisStores } from '../stores/redis/redis-stores.js';
import type { SqliteConnection } from '../stores/sqlite/sqlite-connection.js';
import { createSqliteStores } from '../stores/sqlite/sqlite-stores.js';
import { loadDriver, readExport } from './load-driver.js';

/** Which store to open. */
export interface StoreChoice {
  /** `sqlite:<path>`, `postgres://...` or `redis://...`. */
  readonly url: string;
  /** Consent to what `dangerouslyUseAsOnlyStore` of `createRedisStores` tells of. */
  readonly redisAsOnlyStore: boolean;
  /** The folder of a project that has the driver, should this package stand elsewhere. */
  readonly directory: string;
}

/** Stores and the way to let go of them. */
export interface OpenedStores {
  readonly stores: Stores;
  readonly close: () => Promise<void>;
}

const CONNECT_MILLISECONDS = 10_000;

/**
 * Opens the stores that a URL names, as a replica of the service does: a schema of an older version is brought up to date.
 *
 * @throws ConfigurationError if the URL names no store, the driver is missing, or the store cannot be used
 * @throws UnavailableError `store_unavailable` if it cannot be reached
 */
export async function openStores(choice: StoreChoice): Promise<OpenedStores> {
  const open = openers.get(/^([a-z]+):/.exec(choice.url)?.[1] ?? '');
  if (open === undefined) {
    // The rest of the URL may hold a password.
    throw new ConfigurationError('store', {
      message: 'must be sqlite:<path>, postgres://... or redis://...',
    });
  }
  try {
    return await open(choice);
  } catch (cause) {
    if (cause instanceof DeviceTrustError) throw cause;
    throw new UnavailableError('store_unavailable', { message: 'the store could not be opened', cause });
  }
}

const openers: ReadonlyMap<string, (choice: StoreChoice) => Promise<OpenedStores>> = new Map([
  ['sqlite', openSqlite],
  ['postgres', openPostgres],
  ['postgresql', openPostgres],
  ['redis', openRedis],
  ['rediss', openRedis],
]);

type SqliteDriver = new (path: string) => SqliteConnection & { close(): unknown };

async function openSqlite({ url, directory }: StoreChoice): Promise<OpenedStores> {
  const path = url.slice('sqlite:'.length);
  // The drivers make a file that is not there, and a slip of the pen would read as "no devices".
  if (!existsSync(path)) throw new ConfigurationError('store', { message: `there is no file ${path}` });
  const Driver = await loadSqliteDriver(directory);
  const connection = new Driver(path);
  try {
    const stores = createSqliteStores({ connection });
    return { stores, close: async () => void connection.close() };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** The driver from npm where there is one, else the SQLite of the runtime, which has had one since 22.13. */
async function loadSqliteDriver(directory: string): Promise<SqliteDriver> {
  const driver = await loadDriver('better-sqlite3', directory).then(
    (module) => readExport(module, 'default'),
    (error: unknown) => {
      // Asked for only now, because Node.js prints a warning when it loads.
      const builtIn: unknown = getBuiltinModule('node:sqlite');
      if (builtIn === undefined) throw error;
      return readExport(builtIn, 'DatabaseSync');
    },
  );
  if (isSqliteDriver(driver)) return driver;
  throw noDriver('better-sqlite3');
}

type PoolDriver = new (options: {
  readonly connectionString: string;
  readonly connectionTimeoutMillis: number;
}) => PostgresPool & { on(event: 'error', listener: () => void): unknown; end(): Promise<void> };

async function openPostgres({ url, directory }: StoreChoice): Promise<OpenedStores> {
  const Driver = readExport(await loadDriver('pg', directory), 'Pool');
  if (!isPoolDriver(Driver)) throw noDriver('pg');
  const pool = new Driver({ connectionString: url, connectionTimeoutMillis: CONNECT_MILLISECONDS });
  // An idle connection that breaks shows in the next statement.
  pool.on('error', ignore);
  try {
    return { stores: await createPostgresStores({ pool }), close: () => pool.end() };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

interface DriverClient extends RedisClient, Omit<RedisSubscriber, 'on'> {
  readonly isOpen: boolean;
  on(event: 'ready' | 'error', listener: () => void): unknown;
  connect(): Promise<unknown>;
  duplicate(): DriverClient;
  destroy(): void;
}

type CreateClient = (options: {
  readonly url: string;
  readonly disableOfflineQueue: true;
  readonly socket: { readonly connectTimeout: number; readonly reconnectStrategy: false };
}) => DriverClient;

async function openRedis({ url, redisAsOnlyStore, directory }: StoreChoice): Promise<OpenedStores> {
  if (!redisAsOnlyStore) {
    throw new ConfigurationError('store', {
      message: 'a redis URL needs --redis-as-only-store: a failover may lose what was acknowledged',
    });
  }
  const createClient = readExport(await loadDriver('redis', directory), 'createClient');
  if (!isCreateClient(createClient)) throw noDriver('redis');
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_MILLISECONDS, reconnectStrategy: false },
  });
  const subscriber = client.duplicate();
  const clients = [client, subscriber];
  const close = async () => {
    for (const each of clients) if (each.isOpen) each.destroy();
  };
  try {
    for (const each of clients) {
      // What goes wrong with a connection shows in the commands.
      each.on('error', ignore);
      await each.connect();
    }
    const consent = { dangerouslyUseAsOnlyStore: true } as const;
    return { stores: await createRedisStores({ client, subscriber, ...consent }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function isSqliteDriver(value: unknown): value is SqliteDriver {
  return typeof value === 'function';
}

function isPoolDriver(value: unknown): value is PoolDriver {
  return typeof value === 'function';
}

function isCreateClient(value: unknown): value is CreateClient {
  return typeof value === 'function';
}

function noDriver(name: string): ConfigurationError {
  return new ConfigurationError('store', { message: `the package ${name} that is here is not the driver` });
}

function ignore(): void {
  return;
}
