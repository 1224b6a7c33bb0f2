// stores/postgres: imports core, contracts and this folder only.

import type { LeaseStore } from '../../contracts/lease-store.js';
import { assertBounds, assertName } from './assert-query.js';
import type { Database } from './database.js';

/** Leases by the clock of the server, which all replicas share. */
export function createPostgresLeaseStore(database: Database): LeaseStore {
  return {
    async acquireLease({ name, holder, lifetimeSeconds }) {
      assertName('name of a lease', name);
      assertName('holder of a lease', holder);
      assertBounds('lifetime of a lease', lifetimeSeconds, 1, 3600);
      return database.run(
        {
          name: 'acquire_lease',
          text: `INSERT INTO device_trust_leases AS lease (name, holder, ends_at)
            VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, ends_at = excluded.ends_at
            WHERE lease.holder = excluded.holder OR lease.ends_at <= clock_timestamp()
            RETURNING 1`,
          values: [name, holder, lifetimeSeconds],
        },
        (rows) => rows.length === 1,
      );
    },

    async releaseLease({ name, holder }) {
      assertName('name of a lease', name);
      assertName('holder of a lease', holder);
      await database.run(
        {
          name: 'release_lease',
          text: 'DELETE FROM device_trust_leases WHERE name = $1 AND holder = $2',
          values: [name, holder],
        },
        () => undefined,
      );
    },
  };
}
