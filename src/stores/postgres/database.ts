// stores/postgres: imports core, contracts and this folder only.

import { UnavailableError } from '../../core/errors.js';
import type { PostgresPool, PostgresQuery } from './postgres-pool.js';
import { toRow, type Row } from './row.js';
import { describeFailure } from './store-failure.js';

/** Runs single statements, each a transaction and a round trip of its own. */
export interface Database {
  /**
   * Runs one statement and reads its rows. A failure of any kind, also of `read`, becomes `store_unavailable`.
   */
  run<T>(query: PostgresQuery, read: (rows: readonly Row[]) => T): Promise<T>;
}

/** How a {@link Database} runs statements. */
export interface DatabaseOptions {
  readonly pool: PostgresPool;
  readonly statementTimeoutMilliseconds: number;
  readonly prepareStatements: boolean;
}

export function createDatabase(options: DatabaseOptions): Database {
  const { pool, statementTimeoutMilliseconds: timeout, prepareStatements } = options;

  return {
    async run({ text, name, values = [] }, read) {
      const named = prepareStatements && name !== undefined ? { name: `device_trust_${name}` } : {};
      try {
        // query_timeout is an option of the driver: it gives the connection up, so that the pool closes it.
        const query = { text, values, query_timeout: timeout, ...named };
        const { rows } = await withTimeout(pool.query(query), timeout);
        return read(rows.map(toRow));
      } catch (cause) {
        throw describeFailure(cause);
      }
    },
  };
}

/** The wait for a connection of the pool counts too, and the driver knows no limit for it unless told. */
async function withTimeout<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `the PostgreSQL database did not answer within ${milliseconds} ms`;
      reject(new UnavailableError('store_unavailable', { message }));
    }, milliseconds);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
