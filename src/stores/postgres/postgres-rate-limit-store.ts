// stores/postgres: imports core, contracts, stores/format and this folder only.

import type {
  RateLimitStore,
  TokenBucketOutcome,
  TokenBucketRequest,
} from '../../contracts/rate-limit-store.js';
import { assertTokenBucketRequest } from '../format/token-bucket.js';
import { assertName } from './assert-query.js';
import { toBatchResults } from './batch-results.js';
import type { Database } from './database.js';
import { readInteger, readNullable, type Row } from './row.js';
import { createWriteLane } from './write-lane.js';

/**
 * Rate limits by the clock of the server, which all replicas share. Grouped like the other writes, though no commit is waited
 * for: a flood of requests holds one connection of the pool and not all of them.
 */
export function createPostgresRateLimitStore(database: Database): RateLimitStore {
  const take = createWriteLane((items: readonly TokenBucketRequest[]) =>
    database.run(
      {
        name: 'take_tokens',
        text: 'SELECT place, retry_after_seconds FROM device_trust_take_tokens($1, $2, $3)',
        values: [
          items.map(({ key }) => key),
          items.map(({ capacity }) => capacity),
          items.map(({ refillPerSecond }) => refillPerSecond),
        ],
      },
      (rows) => toBatchResults(rows, items.length, toOutcome),
    ),
  );

  return {
    async takeToken(request) {
      assertName('key of a bucket', request.key);
      return take(assertTokenBucketRequest(request));
    },
  };
}

function toOutcome(row: Row): TokenBucketOutcome {
  const retryAfterSeconds = readNullable(row, 'retry_after_seconds', readInteger);
  return retryAfterSeconds === null ? { taken: true } : { taken: false, retryAfterSeconds };
}
