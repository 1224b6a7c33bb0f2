// stores/postgres: imports core, contracts and this folder only.

import type { ConsumeOutcome, ConsumeRequest, ReplayStore } from '../../contracts/replay-store.js';
import { assertName } from './assert-query.js';
import { toBatchResults } from './batch-results.js';
import type { Database } from './database.js';
import { readNullable, readText, type Row } from './row.js';
import { createWriteLane } from './write-lane.js';

export function createPostgresReplayStore(database: Database): ReplayStore {
  const consume = createWriteLane((items: readonly ConsumeRequest[]) =>
    database.run(
      {
        name: 'consume',
        text: 'SELECT place, first_holder FROM device_trust_consume($1, $2, $3)',
        values: [
          items.map(({ id }) => id),
          items.map(({ holder }) => holder),
          items.map(({ expiresAt }) => expiresAt.getTime()),
        ],
      },
      (rows) => toBatchResults(rows, items.length, toOutcome),
    ),
  );

  return {
    async consume(request) {
      assertName('id', request.id);
      assertName('holder', request.holder);
      return consume(request);
    },
  };
}

function toOutcome(row: Row): ConsumeOutcome {
  const holder = readNullable(row, 'first_holder', readText);
  return holder === null ? { outcome: 'consumed' } : { outcome: 'already_consumed', holder };
}
