// stores/postgres: imports core, contracts and this folder only.

import { assertWholeNumber } from '../../core/assert-option.js';
import { ConfigurationError } from '../../core/errors.js';
import type { Stores } from '../../contracts/stores.js';
import { createDatabase } from './database.js';
import { migrate } from './migrations.js';
import { createPostgresAttestedKeyStore } from './postgres-attested-key-store.js';
import { createPostgresAuditStore } from './postgres-audit-store.js';
import { createPostgresCertificateStore } from './postgres-certificate-store.js';
import { createPostgresChangeFeed } from './postgres-change-feed.js';
import { createPostgresCrlStore } from './postgres-crl-store.js';
import { createPostgresLeaseStore } from './postgres-lease-store.js';
import type { PostgresPool } from './postgres-pool.js';
import { createPostgresRateLimitStore } from './postgres-rate-limit-store.js';
import { createPostgresRenewalOrderStore } from './postgres-renewal-order-store.js';
import { createPostgresReplayStore } from './postgres-replay-store.js';
import { createPostgresRetention } from './postgres-retention.js';
import { createPostgresRevocationStore } from './postgres-revocation-store.js';
import { createPostgresUsageCounterStore } from './postgres-usage-counter-store.js';
import { verifyServerSettings } from './server-settings.js';
import { describeFailure } from './store-failure.js';

export interface PostgresStoresOptions {
  /**
   * `new Pool(...)` of `pg` 8.11 or later, over PostgreSQL 13 or later; you end it when you are done. Listen to its `error`
   * event, as its manual asks, or an idle connection that breaks ends your process. All tables and functions
   * begin with `device_trust_` and are made in the first schema of the `search_path`, which must be the same for every
   * connection. One connection of the pool is held for as long as somebody follows the change feed: end that before
   * the pool, and set `keepAlive`, so that a connection that is dead is found out.
   */
  readonly pool: PostgresPool;
  /**
   * After how many milliseconds an operation is given up as `store_unavailable`, the wait for a connection included.
   * Migration has no limit. Default: 5,000.
   */
  readonly statementTimeoutMilliseconds?: number;
  /**
   * Whether statements are prepared, so that a connection parses and plans each one once. Turn it off for a connection
   * pooler in transaction mode that does not keep prepared statements apart (PgBouncer before 1.21). Default: `true`.
   */
  readonly prepareStatements?: boolean;
  /**
   * Accepts a server with `synchronous_commit=off` or `fsync=off`. If that server crashes, challenges that were used can be
   * used again, and revocations and certificates that were answered for are gone. Default: `false`.
   *
   * @deprecated For tests whose data may be lost. There is no safe use in production.
   */
  readonly dangerouslyAllowLossyCommits?: boolean;
}

/** Stores over one PostgreSQL database. */
export type PostgresStores = Stores;

/**
 * Stores over one PostgreSQL database, for any number of replicas. Brings the schema up to date first; replicas may
 * start at the same moment.
 *
 * Each operation is one round trip and one transaction. What a method has resolved to is durable, as far as
 * `synchronous_commit` goes: with `on` and a synchronous standby, on both. Rate limits are not: after a crash or a failover
 * every bucket is full.
 *
 * @throws ConfigurationError if an option is out of range, the server is too old, loses commits or has another default
 *   isolation level than READ COMMITTED, or the database was written by a newer version of the library
 * @throws UnavailableError `store_unavailable` if the database cannot be reached or fails
 */
export async function createPostgresStores(options: PostgresStoresOptions): Promise<PostgresStores> {
  return createStores(options);
}

/** The same options; in here the dangerous one is not struck out. */
interface CheckedOptions extends Omit<PostgresStoresOptions, 'dangerouslyAllowLossyCommits'> {
  readonly dangerouslyAllowLossyCommits?: boolean;
}

async function createStores(options: CheckedOptions): Promise<PostgresStores> {
  const { pool, statementTimeoutMilliseconds = 5000, prepareStatements = true } = options;
  if (!isPool(pool)) {
    throw new ConfigurationError('pool', { message: 'must be a pool of pg with query and connect' });
  }
  assertWholeNumber('statementTimeoutMilliseconds', statementTimeoutMilliseconds, 1, 600_000);

  const database = createDatabase({ pool, statementTimeoutMilliseconds, prepareStatements });
  await verifyServerSettings(database, options.dangerouslyAllowLossyCommits ?? false);
  try {
    await migrate(pool);
  } catch (cause) {
    throw describeFailure(cause);
  }
  return {
    certificates: createPostgresCertificateStore(database),
    revocations: createPostgresRevocationStore(database),
    replays: createPostgresReplayStore(database),
    audit: createPostgresAuditStore(database),
    crls: createPostgresCrlStore(database),
    leases: createPostgresLeaseStore(database),
    rateLimits: createPostgresRateLimitStore(database),
    renewalOrders: createPostgresRenewalOrderStore(database),
    attestedKeys: createPostgresAttestedKeyStore(database),
    usageCounters: createPostgresUsageCounterStore(database),
    retention: createPostgresRetention(database),
    changes: createPostgresChangeFeed(pool),
  };
}

/** For callers without types. */
function isPool(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'query' in value &&
    typeof value.query === 'function' &&
    'connect' in value &&
    typeof value.connect === 'function'
  );
}
