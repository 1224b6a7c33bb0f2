// stores/postgres: imports core, contracts and this folder only; types only here.

/** A statement with its parameters. */
export interface PostgresQuery {
  readonly text: string;
  /** With a name, a connection parses and plans the statement once. */
  readonly name?: string;
  readonly values?: unknown[];
}

/** What the stores read of a result: rows as objects by column name. */
export interface PostgresResult {
  readonly rows: readonly unknown[];
}

/** One connection of a pool. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<PostgresResult>;
  on(event: 'notification' | 'error' | 'end', listener: () => void): unknown;
  off(event: 'error', listener: () => void): unknown;
  /** Gives it back; with `true` it is closed. */
  release(destroy?: boolean): void;
}

/** A pool of connections: as much of `Pool` of `pg` 8.11 or later as the stores use. */
export interface PostgresPool {
  query(query: PostgresQuery): Promise<PostgresResult>;
  connect(): Promise<PostgresClient>;
}
