// stores/sqlite: imports core, contracts, stores/format and this folder only.

import { assertWholeNumber } from '../../core/assert-option.js';
import { ConfigurationError } from '../../core/errors.js';
import type { Stores } from '../../contracts/stores.js';
import { prepareCertificateStatements } from './certificate-statements.js';
import { applyDurability } from './durability.js';
import { migrate } from './migrations.js';
import { createRecordCache } from './record-cache.js';
import { createSqliteAttestedKeyStore } from './sqlite-attested-key-store.js';
import { createSqliteAuditStore } from './sqlite-audit-store.js';
import { createSqliteCertificateSearch } from './sqlite-certificate-search.js';
import { createSqliteCertificateStore } from './sqlite-certificate-store.js';
import { createProcessChangeFeed } from '../format/process-change-feed.js';
import type { SqliteConnection } from './sqlite-connection.js';
import { createSqliteCrlStore } from './sqlite-crl-store.js';
import { createSqliteLeaseStore } from './sqlite-lease-store.js';
import { createSqliteRateLimitStore } from './sqlite-rate-limit-store.js';
import { createSqliteRenewalOrderStore } from './sqlite-renewal-order-store.js';
import { createSqliteReplayStore } from './sqlite-replay-store.js';
import { createSqliteRetention } from './sqlite-retention.js';
import { createSqliteRevocationStore } from './sqlite-revocation-store.js';
import { createSqliteRevokedCertificates } from './sqlite-revoked-certificates.js';
import { createSqliteUsageCounterStore } from './sqlite-usage-counter-store.js';
import { withFailures } from './store-failure.js';
import { createWriteQueue } from './write-queue.js';

export interface SqliteStoresOptions {
  /**
   * An open database in a file: `new Database(path)` of `better-sqlite3` or `new DatabaseSync(path)` of `node:sqlite`, with
   * SQLite 3.38 or later. Leave the connection to the stores alone, because a transaction of yours that is open while
   * they write makes their writes fail; you close it when you are done. Its tables begin with `device_trust_`, so the file
   * may hold others too.
   */
  readonly connection: SqliteConnection;
  /**
   * How long a write waits for another process that is writing, in milliseconds. Waiting holds the event loop, as
   * every call of these drivers does. Default: 5,000.
   */
  readonly busyTimeoutMilliseconds?: number;
  /**
   * How many certificate records are kept in memory for `find` by name, which each request of a device asks; about
   * 3 kB each. What is kept is checked against the file each time, so it is never out of date. 0 keeps none. Default: 2,000.
   */
  readonly cachedCertificates?: number;
}

/** What {@link createSqliteStores} makes. */
export type SqliteStores = Stores;

/**
 * Stores over one SQLite file. Any number of processes on one machine may share the file; a file on a network share
 * may not be shared, since SQLite cannot lock it reliably.
 *
 * The change feed tells of what was appended through these stores; what another process appended is found by asking the
 * log. Leases go by the time of the caller, retention by the clock of SQLite.
 *
 * What a method has resolved to is on the disk (WAL, `synchronous=FULL`). A SIGKILL or power cut at any moment loses
 * nothing that was resolved, but for rate limits: a power cut may give back the last tokens that were taken.
 *
 * @throws ConfigurationError if an option is out of range, the database cannot be made durable (one in memory), or
 *   it was written by a newer version of the library
 * @throws UnavailableError `store_unavailable` if the database fails: closed, busy, read-only, corrupt
 */
export function createSqliteStores(options: SqliteStoresOptions): SqliteStores {
  const { connection, busyTimeoutMilliseconds = 5000, cachedCertificates = 2000 } = options;
  if (!isConnection(connection)) {
    throw new ConfigurationError('connection', {
      message: 'must be an open SQLite database with exec and prepare',
    });
  }
  assertWholeNumber('busyTimeoutMilliseconds', busyTimeoutMilliseconds, 0, 60_000);
  assertWholeNumber('cachedCertificates', cachedCertificates, 0, 1_000_000);

  return withFailures(() => {
    applyDurability(connection, busyTimeoutMilliseconds);
    migrate(connection);
    const queue = createWriteQueue(connection, 'FULL');
    const cache = createRecordCache(connection, cachedCertificates);
    const statements = prepareCertificateStatements(connection);
    const changes = createProcessChangeFeed();
    return {
      certificates: {
        ...createSqliteCertificateStore(statements, queue, cache),
        ...createSqliteCertificateSearch(connection),
      },
      revocations: {
        ...createSqliteRevocationStore(connection, queue, changes.announce),
        ...createSqliteRevokedCertificates(connection),
      },
      replays: createSqliteReplayStore(connection, queue),
      audit: createSqliteAuditStore(connection, queue),
      crls: createSqliteCrlStore(connection, queue),
      leases: createSqliteLeaseStore(connection, queue),
      rateLimits: createSqliteRateLimitStore(connection, createWriteQueue(connection, 'NORMAL')),
      renewalOrders: createSqliteRenewalOrderStore(connection, queue),
      attestedKeys: createSqliteAttestedKeyStore(connection, queue),
      usageCounters: createSqliteUsageCounterStore(connection, queue),
      retention: createSqliteRetention(connection, statements, queue, cache),
      changes,
    };
  });
}

/** For callers without types. */
function isConnection(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'exec' in value &&
    typeof value.exec === 'function' &&
    'prepare' in value &&
    typeof value.prepare === 'function'
  );
}
