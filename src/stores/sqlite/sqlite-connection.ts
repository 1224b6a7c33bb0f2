// stores/sqlite: imports core, contracts and this folder only; types only here.

/** What SQLite takes as a parameter, as far as these stores use it. */
export type SqliteParameter = string | number | Uint8Array;

/** A prepared statement. */
export interface SqliteStatement {
  /** Runs it to its end; `changes` is how many rows it inserted, updated or deleted. */
  run(...parameters: SqliteParameter[]): { readonly changes: number | bigint };
  /** The first row as an object by column name, or `undefined`. */
  get(...parameters: SqliteParameter[]): unknown;
  /** Every row. */
  all(...parameters: SqliteParameter[]): unknown[];
}

/**
 * An open SQLite database: what `Database` of `better-sqlite3` and `DatabaseSync` of `node:sqlite` have in common, so
 * that either can be passed, or anything else of this shape. It must give integers as numbers and rows as
 * objects, which is the default of both.
 */
export interface SqliteConnection {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
}
