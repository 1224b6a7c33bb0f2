// stores/postgres: imports core, contracts, stores/format and this folder only.

import type { CountUsageRequest, UsageCounterStore } from '../../contracts/usage-counter-store.js';
import { assertCountUsageRequest } from '../format/usage-counter.js';
import { toBatchResults } from './batch-results.js';
import type { Database } from './database.js';
import { readBoolean, readInteger } from './row.js';
import { createWriteLane } from './write-lane.js';

/** Counters by the clock of the server, which all replicas share. */
export function createPostgresUsageCounterStore(database: Database): UsageCounterStore {
  const count = createWriteLane((items: readonly CountUsageRequest[]) =>
    database.run(
      {
        name: 'count_uses',
        text: 'SELECT place, counted, total FROM device_trust_count_uses($1, $2, $3)',
        values: [
          items.map(({ key }) => key),
          items.map(({ limit }) => limit),
          items.map(({ expiresAt }) => expiresAt.getTime()),
        ],
      },
      (rows) =>
        toBatchResults(rows, items.length, (row) => ({
          counted: readBoolean(row, 'counted'),
          total: readInteger(row, 'total'),
        })),
    ),
  );

  return {
    async countUsage(request) {
      assertCountUsageRequest(request);
      return count(request);
    },
  };
}
