// stores/sqlite: imports core, contracts, stores/format and this folder only.

import type { UsageCounterStore } from '../../contracts/usage-counter-store.js';
import { assertCountUsageRequest, countUse, type UsageCounter } from '../format/usage-counter.js';
import { readInteger, toRow } from './row.js';
import type { SqliteConnection } from './sqlite-connection.js';
import type { WriteQueue } from './write-queue.js';

const TABLE = 'device_trust_usage_counters';

/** Counters of the processes of one machine, by the time of the caller: they all have the same clock. */
export function createSqliteUsageCounterStore(
  connection: SqliteConnection,
  queue: WriteQueue,
): UsageCounterStore {
  const find = connection.prepare(`SELECT total, expires_at FROM ${TABLE} WHERE key = ?`);
  /** key, total, end */
  const keep = connection.prepare(
    `INSERT INTO ${TABLE} (key, total, expires_at) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET total = excluded.total, expires_at = excluded.expires_at`,
  );

  function readCounter(key: string): UsageCounter | undefined {
    const found = find.get(key);
    if (found === undefined) return undefined;
    const row = toRow(found);
    return { total: readInteger(row, 'total'), expiresAt: readInteger(row, 'expires_at') };
  }

  return {
    async countUsage(request) {
      assertCountUsageRequest(request);
      return queue.write(() => {
        const { outcome, counter } = countUse(readCounter(request.key), request);
        if (counter) keep.run(request.key, counter.total, counter.expiresAt);
        return outcome;
      });
    },
  };
}
