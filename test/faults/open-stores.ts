import { createPostgresStores } from '../../src/postgres.js';
import { createRedisStores } from '../../src/redis.js';
import { createSqliteStores } from '../../src/sqlite.js';
import type { Stores } from '../../src/index.js';
import { openPool } from '../stores/postgres/server.js';
import { ONLY_STORE } from '../stores/redis/contract-options.js';
import { connect } from '../stores/redis/server.js';
import { betterSqlite } from '../stores/sqlite/drivers.js';

/** Where stores are that several processes share. */
export type StoresAddress =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly database: string }
  | { readonly kind: 'redis'; readonly port: number };

/** Stores over a connection of this process. */
export interface OpenStores {
  readonly stores: Stores;
  close(): Promise<void>;
}

export async function openStores(address: StoresAddress): Promise<OpenStores> {
  if (address.kind === 'sqlite') {
    const connection = betterSqlite.open(address.path);
    return {
      stores: createSqliteStores({ connection }),
      close: async () => void connection.close(),
    };
  }
  if (address.kind === 'postgres') {
    const pool = openPool(address.database);
    return { stores: await createPostgresStores({ pool }), close: () => pool.end() };
  }
  const client = await connect(address.port);
  const subscriber = await connect(address.port);
  return {
    stores: await createRedisStores({ client, subscriber, ...ONLY_STORE }),
    close: async () => {
      client.destroy();
      subscriber.destroy();
    },
  };
}
