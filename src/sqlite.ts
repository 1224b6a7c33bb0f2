// door: re-exports only. `device-trust/sqlite`.

export { createSqliteStores } from './stores/sqlite/sqlite-stores.js';
export type { SqliteStores, SqliteStoresOptions } from './stores/sqlite/sqlite-stores.js';
export type {
  SqliteConnection,
  SqliteParameter,
  SqliteStatement,
} from './stores/sqlite/sqlite-connection.js';
