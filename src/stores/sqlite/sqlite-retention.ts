// stores/sqlite: imports core, contracts and this folder only.

import type { Retention } from '../../contracts/retention.js';
import { assertLimit } from './assert-limit.js';
import type { CertificateStatements } from './certificate-statements.js';
import type { RecordCache } from './record-cache.js';
import { readInteger, readText, toRow } from './row.js';
import type { SqliteConnection } from './sqlite-connection.js';
import { CLOCK_SKEW_MILLISECONDS } from './sqlite-replay-store.js';
import type { WriteQueue } from './write-queue.js';

/** Forgets one kind after another, each in a transaction of its own, so that other writes get their turn between. */
export function createSqliteRetention(
  connection: SqliteConnection,
  { prune: pruneCertificates, setLatest }: CertificateStatements,
  queue: WriteQueue,
  cache: RecordCache,
): Retention {
  /** end, rows; the trigger of the log refuses everything else */
  const pruneRevocations = connection.prepare(
    `DELETE FROM device_trust_revocations WHERE sequence IN
     (SELECT sequence FROM device_trust_revocations WHERE not_after < min(?, unixepoch() * 1000)
      AND +sequence < (SELECT max(sequence) FROM device_trust_revocations) ORDER BY not_after LIMIT ?)`,
  );
  /** end, rows */
  const pruneReplays = connection.prepare(
    `DELETE FROM device_trust_replays WHERE id IN
     (SELECT id FROM device_trust_replays WHERE expires_at < min(?, unixepoch() * 1000) - ${CLOCK_SKEW_MILLISECONDS}
      ORDER BY expires_at LIMIT ?)`,
  );
  /** end, rows */
  const pruneOrders = connection.prepare(
    `DELETE FROM device_trust_renewal_orders WHERE id IN
     (SELECT id FROM device_trust_renewal_orders WHERE ends_at < min(?, unixepoch() * 1000) ORDER BY ends_at LIMIT ?)`,
  );
  /** end, rows */
  const pruneAttestedKeys = connection.prepare(
    `DELETE FROM device_trust_attested_keys WHERE rowid IN
     (SELECT rowid FROM device_trust_attested_keys WHERE last_used_at < min(?, unixepoch() * 1000)
      ORDER BY last_used_at LIMIT ?)`,
  );
  /** end, rows */
  const pruneUsageCounters = connection.prepare(
    `DELETE FROM device_trust_usage_counters WHERE key IN
     (SELECT key FROM device_trust_usage_counters WHERE expires_at < min(?, unixepoch() * 1000)
      ORDER BY expires_at LIMIT ?)`,
  );
  /** rows */
  const pruneRateLimits = connection.prepare(
    `DELETE FROM device_trust_rate_limits WHERE key IN
     (SELECT key FROM device_trust_rate_limits WHERE full_at < unixepoch() * 1000 ORDER BY full_at LIMIT ?)`,
  );

  function forgetCertificates(end: number, limit: number): number {
    const dropped = pruneCertificates.all(end, limit).map(toRow);
    for (const row of dropped) {
      cache.forget({ issuerId: readText(row, 'issuer_id'), serialNumber: readText(row, 'serial_number') });
      // The latest certificate of a device need not be the one that ends last.
      if (readInteger(row, 'latest') === 1) setLatest.run(readText(row, 'device_id'));
    }
    return dropped.length;
  }

  return {
    async prune({ before, limit }) {
      assertLimit(limit, 10_000);
      const end = before.getTime();
      return {
        certificates: await queue.write(() => forgetCertificates(end, limit)),
        revocations: await queue.write(() => Number(pruneRevocations.run(end, limit).changes)),
        replays: await queue.write(() => Number(pruneReplays.run(end, limit).changes)),
        renewalOrders: await queue.write(() => Number(pruneOrders.run(end, limit).changes)),
        attestedKeys: await queue.write(() => Number(pruneAttestedKeys.run(end, limit).changes)),
        usageCounters: await queue.write(() => Number(pruneUsageCounters.run(end, limit).changes)),
        rateLimits: await queue.write(() => Number(pruneRateLimits.run(limit).changes)),
      };
    },
  };
}
