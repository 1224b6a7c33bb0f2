import { randomBytes } from 'node:crypto';
import { once } from 'node:events';

import pg from 'pg';

/** Where the tests look for a server. */
const SERVER = { host: '127.0.0.1', port: 5432, user: 'postgres', connectionTimeoutMillis: 5000 };

/** A database of its own for the tests of one file. */
export interface TestDatabase {
  readonly name: string;
  /** A pool on it, ended with the database. */
  openPool(options?: pg.PoolConfig): pg.Pool;
  drop(): Promise<void>;
}

/** True if a server answers. Where none does the tests are skipped in plain sight, but never in CI. */
export const hasServer = await answers();

async function answers(): Promise<boolean> {
  try {
    await administer('SELECT 1');
    return true;
  } catch (cause) {
    if (process.env['CI'] === 'true')
      throw new Error('there is no PostgreSQL server to test with', { cause });
    process.stderr.write(
      'No PostgreSQL server at 127.0.0.1:5432: the tests of the PostgreSQL stores are skipped.\n',
    );
    return false;
  }
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `device_trust_test_${randomBytes(8).toString('hex')}`;
  await administer(`CREATE DATABASE ${name}`);
  const pools: pg.Pool[] = [];
  return {
    name,
    openPool(options = {}) {
      const pool = openPool(name, options);
      pools.push(pool);
      return pool;
    },
    async drop() {
      await Promise.all(pools.filter(({ ended }) => !ended).map(async (pool) => pool.end()));
      await administer(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** A pool on a database of the server. */
export function openPool(database: string, options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ ...SERVER, database, max: 4, ...options });
  // An idle connection that the server ends is not an event in the life of a test.
  pool.on('error', () => undefined);
  return pool;
}

/** Runs one statement outside of the databases of the tests. */
export async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ ...SERVER, database: 'postgres' });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    const ended = once(client, 'end');
    await client.end();
    await ended;
  }
}
