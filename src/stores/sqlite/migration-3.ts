// stores/sqlite: imports core, contracts and this folder only.

/** Version 3: buckets of rate limits, orders of renewal. */
export const MIGRATION_3 = `
  CREATE TABLE device_trust_rate_limits (
    key TEXT PRIMARY KEY,
    tokens REAL NOT NULL,
    at INTEGER NOT NULL,
    full_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX device_trust_rate_limits_full ON device_trust_rate_limits (full_at);

  CREATE TABLE device_trust_renewal_orders (
    id TEXT PRIMARY KEY,
    ends_at INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX device_trust_renewal_orders_end ON device_trust_renewal_orders (ends_at);
`;
