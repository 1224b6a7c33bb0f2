// stores/sqlite: imports core, contracts and this folder only.

import { ConfigurationError } from '../../core/errors.js';
import { MIGRATION_2 } from './migration-2.js';
import { MIGRATION_3 } from './migration-3.js';
import { MIGRATION_4 } from './migration-4.js';
import { readInteger, toRow } from './row.js';
import type { SqliteConnection } from './sqlite-connection.js';

/**
 * The schema, step by step: entry n brings version n to version n + 1. A step that was released is never edited; a change
 * is a further step.
 *
 * Tables are STRICT, so that a wrong type is refused at the write. AUTOINCREMENT, so that a number is never given twice
 * even if the row that had it was dropped: cursors and the revocation log rely on it.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE device_trust_certificates (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    issuer_id TEXT NOT NULL,
    serial_number TEXT NOT NULL,
    device_id TEXT NOT NULL,
    public_key_sha256 TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    crl_shard INTEGER NOT NULL,
    to_be_signed BLOB NOT NULL,
    tier TEXT NOT NULL,
    action TEXT NOT NULL,
    request_id TEXT NOT NULL UNIQUE,
    appraisal TEXT NOT NULL,
    intended_at INTEGER NOT NULL,
    certificate BLOB,
    issued_at INTEGER,
    first_used_at INTEGER,
    superseded_at INTEGER,
    UNIQUE (serial_number, issuer_id)
  ) STRICT;
  CREATE INDEX device_trust_certificates_device ON device_trust_certificates (device_id);
  CREATE INDEX device_trust_certificates_key ON device_trust_certificates (public_key_sha256, not_after);
  CREATE INDEX device_trust_certificates_end ON device_trust_certificates (not_after);

  CREATE TABLE device_trust_revocations (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    note TEXT
  ) STRICT;
  CREATE INDEX device_trust_revocations_subject ON device_trust_revocations (subject);
  -- Only a device comes more than once.
  CREATE UNIQUE INDEX device_trust_revocations_once ON device_trust_revocations (subject) WHERE state = 'revoked';
  CREATE TRIGGER device_trust_revocations_keep BEFORE DELETE ON device_trust_revocations
    BEGIN SELECT RAISE(ABORT, 'the revocation log is append-only'); END;
  CREATE TRIGGER device_trust_revocations_fix BEFORE UPDATE ON device_trust_revocations
    BEGIN SELECT RAISE(ABORT, 'the revocation log is append-only'); END;

  CREATE TABLE device_trust_replays (
    id TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX device_trust_replays_end ON device_trust_replays (expires_at);
  `,
  MIGRATION_2,
  MIGRATION_3,
  MIGRATION_4,
];

/**
 * Brings the schema up to date. Each step is one transaction together with the note that it was done, and begins by
 * taking the write lock and looking again: of two processes that start at once, one does the step and the other finds
 * it done.
 *
 * @throws ConfigurationError if the database was written by a newer version of the library
 */
export function migrate(connection: SqliteConnection): void {
  for (
    let version = readVersion(connection);
    version < migrations.length;
    version = readVersion(connection)
  ) {
    connection.exec('BEGIN IMMEDIATE');
    try {
      if (readVersion(connection) === version) {
        connection.exec(
          'CREATE TABLE IF NOT EXISTS device_trust_migrations (version INTEGER PRIMARY KEY) STRICT',
        );
        connection.exec(migrations[version] ?? '');
        connection.exec(`INSERT INTO device_trust_migrations (version) VALUES (${version + 1})`);
      }
      connection.exec('COMMIT');
    } catch (error) {
      connection.exec('ROLLBACK');
      throw error;
    }
  }
  if (readVersion(connection) > migrations.length) {
    throw new ConfigurationError('connection', {
      message: `the database has schema version ${readVersion(connection)}, this version of the library knows ${migrations.length}`,
    });
  }
}

/** How many steps were done; 0 for a new database. */
function readVersion(connection: SqliteConnection): number {
  const table = connection
    .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'device_trust_migrations'`)
    .get();
  if (table === undefined) return 0;
  return readInteger(
    toRow(
      connection.prepare('SELECT coalesce(max(version), 0) AS version FROM device_trust_migrations').get(),
    ),
    'version',
  );
}
