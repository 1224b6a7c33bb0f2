// stores/sqlite: imports core, contracts and this folder only.

/** Version 4: attested keys, counters of uses. */
export const MIGRATION_4 = `
  CREATE TABLE device_trust_attested_keys (
    provider TEXT NOT NULL,
    key_id TEXT NOT NULL,
    public_key BLOB NOT NULL,
    device_id TEXT,
    details TEXT NOT NULL,
    attested_at INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    last_use TEXT NOT NULL,
    last_used_at INTEGER NOT NULL,
    receipt BLOB,
    PRIMARY KEY (provider, key_id)
  ) STRICT;
  CREATE INDEX device_trust_attested_keys_use ON device_trust_attested_keys (last_used_at);

  CREATE TABLE device_trust_usage_counters (
    key TEXT PRIMARY KEY,
    total INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX device_trust_usage_counters_end ON device_trust_usage_counters (expires_at);
`;
