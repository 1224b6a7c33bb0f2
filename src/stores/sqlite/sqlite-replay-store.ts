// stores/sqlite: imports core, contracts and this folder only.

import type { ReplayStore } from '../../contracts/replay-store.js';
import { assertLength } from './assert-length.js';
import { readText, toRow } from './row.js';
import type { SqliteConnection } from './sqlite-connection.js';
import type { WriteQueue } from './write-queue.js';

/**
 * An id is remembered for this long after it has expired, because the caller's clock may be behind the one by which it
 * is forgotten: then the id still counts as unexpired, and must not be consumed again.
 */
export const CLOCK_SKEW_MILLISECONDS = 5 * 60 * 1000;

/** Most expired ids that one write sweeps out: more than it brings in, so the table shrinks, and never a long wait. */
const SWEEP = 8;

const TABLE = 'device_trust_replays';

export function createSqliteReplayStore(connection: SqliteConnection, queue: WriteQueue): ReplayStore {
  const insert = connection.prepare(
    `INSERT INTO ${TABLE} (id, holder, expires_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING`,
  );
  const findHolder = connection.prepare(`SELECT holder FROM ${TABLE} WHERE id = ?`);
  const sweep = connection.prepare(
    `DELETE FROM ${TABLE} WHERE id IN (SELECT id FROM ${TABLE} WHERE expires_at < ? ORDER BY expires_at LIMIT ${SWEEP})`,
  );

  return {
    async consume({ id, holder, expiresAt, now }) {
      assertLength('id', id);
      assertLength('holder', holder);
      return queue.write(() => {
        if (Number(insert.run(id, holder, expiresAt.getTime()).changes) === 1) {
          sweep.run(now.getTime() - CLOCK_SKEW_MILLISECONDS);
          return { outcome: 'consumed' };
        }
        return { outcome: 'already_consumed', holder: readText(toRow(findHolder.get(id)), 'holder') };
      });
    },
  };
}
