// stores/sqlite: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';
import type { LeaseStore } from '../../contracts/lease-store.js';
import { assertLength } from './assert-length.js';
import type { SqliteConnection } from './sqlite-connection.js';
import type { WriteQueue } from './write-queue.js';

const TABLE = 'device_trust_leases';

/** Leases among the processes of one machine, by the time of the caller: they all have the same clock. */
export function createSqliteLeaseStore(connection: SqliteConnection, queue: WriteQueue): LeaseStore {
  /** name, holder, end, now */
  const acquire = connection.prepare(
    `INSERT INTO ${TABLE} (name, holder, ends_at) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, ends_at = excluded.ends_at
     WHERE holder = excluded.holder OR ends_at <= ?`,
  );
  /** name, holder */
  const release = connection.prepare(`DELETE FROM ${TABLE} WHERE name = ? AND holder = ?`);

  return {
    async acquireLease({ name, holder, lifetimeSeconds, now }) {
      assertLength('name of a lease', name);
      assertLength('holder of a lease', holder);
      if (!(lifetimeSeconds >= 1 && lifetimeSeconds <= 3600)) {
        throw new MalformedError('request_malformed', { message: 'a lease lives 1 to 3600 seconds' });
      }
      const start = now.getTime();
      const end = start + Math.round(lifetimeSeconds * 1000);
      return queue.write(() => Number(acquire.run(name, holder, end, start).changes) === 1);
    },

    async releaseLease({ name, holder }) {
      assertLength('name of a lease', name);
      assertLength('holder of a lease', holder);
      await queue.write(() => release.run(name, holder));
    },
  };
}
