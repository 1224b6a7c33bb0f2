// door: re-exports only. `device-trust/postgres`.

export { createPostgresStores } from './stores/postgres/postgres-stores.js';
export type { PostgresStores, PostgresStoresOptions } from './stores/postgres/postgres-stores.js';
export type {
  PostgresClient,
  PostgresPool,
  PostgresQuery,
  PostgresResult,
} from './stores/postgres/postgres-pool.js';
