// stores/sqlite: imports core, contracts, stores/format and this folder only.

import type { RateLimitStore } from '../../contracts/rate-limit-store.js';
import { assertTokenBucketRequest, takeFromBucket } from '../format/token-bucket.js';
import { readInteger, readNumber, toRow } from './row.js';
import type { SqliteConnection } from './sqlite-connection.js';
import type { WriteQueue } from './write-queue.js';

const TABLE = 'device_trust_rate_limits';

/**
 * Rate limits among the processes of one machine, by the time of the caller: they all have the same clock. What is refused
 * writes nothing.
 *
 * @param queue one whose writes need not be on the disk: a power cut that loses the last ones leaves buckets fuller
 */
export function createSqliteRateLimitStore(connection: SqliteConnection, queue: WriteQueue): RateLimitStore {
  const find = connection.prepare(`SELECT tokens, at FROM ${TABLE} WHERE key = ?`);
  /** key, tokens, time, time when it is full */
  const keep = connection.prepare(
    `INSERT INTO ${TABLE} (key, tokens, at, full_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET tokens = excluded.tokens, at = excluded.at, full_at = excluded.full_at`,
  );

  function readBucket(key: string): { readonly tokens: number; readonly at: number } | undefined {
    const found = find.get(key);
    if (found === undefined) return undefined;
    const row = toRow(found);
    return { tokens: readNumber(row, 'tokens'), at: readInteger(row, 'at') };
  }

  return {
    async takeToken(asked) {
      const request = assertTokenBucketRequest(asked);
      return queue.write(() => {
        const { outcome, bucket } = takeFromBucket(readBucket(request.key), request);
        if (bucket) keep.run(request.key, bucket.tokens, bucket.at, bucket.fullAt);
        return outcome;
      });
    },
  };
}
