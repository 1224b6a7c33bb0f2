// stores/postgres: imports core, contracts and this folder only.

import type { Retention } from '../../contracts/retention.js';
import { assertBounds } from './assert-query.js';
import type { Database } from './database.js';
import { readInteger, toOnlyRow } from './row.js';

/**
 * An id is remembered for this long after it has expired, because the clock of a replica may be behind the one by which it
 * is forgotten: then the id still counts as unexpired, and must not be consumed again.
 */
const CLOCK_SKEW_MILLISECONDS = 5 * 60 * 1000;

export function createPostgresRetention(database: Database): Retention {
  return {
    async prune({ before, limit }) {
      assertBounds('limit', limit, 1, 10_000);
      return database.run(
        {
          name: 'prune',
          text: `SELECT certificates, revocations, replays, renewal_orders, rate_limits, attested_keys, usage_counters
            FROM device_trust_prune($1, $2, $3), device_trust_prune_passing($1, $2), device_trust_prune_unused($1, $2)`,
          values: [before.getTime(), limit, CLOCK_SKEW_MILLISECONDS],
        },
        (rows) => {
          const row = toOnlyRow(rows);
          return {
            certificates: readInteger(row, 'certificates'),
            revocations: readInteger(row, 'revocations'),
            replays: readInteger(row, 'replays'),
            renewalOrders: readInteger(row, 'renewal_orders'),
            attestedKeys: readInteger(row, 'attested_keys'),
            usageCounters: readInteger(row, 'usage_counters'),
            rateLimits: readInteger(row, 'rate_limits'),
          };
        },
      );
    },
  };
}
