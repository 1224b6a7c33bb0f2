// stores/sqlite: imports core, contracts and this folder only.

import { ConfigurationError } from '../../core/errors.js';
import { toRow } from './row.js';
import type { SqliteConnection } from './sqlite-connection.js';

/** Each attempt but the last was lost to another process that got further, so few are needed. */
const MAX_ATTEMPTS = 10;

/**
 * Sets what the stores promise by, and reads each setting back, because SQLite ignores a PRAGMA that it cannot or will
 * not follow (https://www.sqlite.org/pragma.html):
 *
 * - `journal_mode=WAL`: readers and the one writer do not block each other;
 * - `synchronous=FULL`: a commit is on the disk before it returns. In WAL mode the milder NORMAL may lose the last
 *   commits in a power cut, and a lost `consume` is a replay. What may be lost is written with NORMAL; the write queue sets
 *   what its writes need each time;
 * - `busy_timeout`: how long to wait for another process that is writing.
 *
 * @throws ConfigurationError if one of them does not hold, as WAL in a database that is not a file
 */
export function applyDurability(connection: SqliteConnection, busyTimeoutMilliseconds: number): void {
  // First, because switching to WAL may itself have to wait for another process.
  connection.exec(`PRAGMA busy_timeout = ${busyTimeoutMilliseconds}`);
  switchToWal(connection);
  connection.exec('PRAGMA synchronous = FULL');
  connection.exec('PRAGMA foreign_keys = ON');

  const FULL = 2;
  assertPragma(connection, 'busy_timeout', busyTimeoutMilliseconds);
  assertPragma(connection, 'journal_mode', 'wal');
  assertPragma(connection, 'synchronous', FULL);
  assertPragma(connection, 'foreign_keys', 1);
}

/**
 * A database switches to WAL once in its life. Of two processes that do it at the same moment SQLite tells one that the
 * database is locked, without waiting, since each has a lock that the other waits for. That one waits its turn by asking for
 * the write lock, which does respect `busy_timeout`, and looks again.
 */
function switchToWal(connection: SqliteConnection): void {
  for (let attempt = 1; readPragma(connection, 'journal_mode') !== 'wal'; attempt += 1) {
    try {
      connection.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (attempt === MAX_ATTEMPTS) throw error;
      connection.exec('BEGIN IMMEDIATE');
      connection.exec('ROLLBACK');
    }
  }
}

function assertPragma(connection: SqliteConnection, name: string, expected: string | number): void {
  if (readPragma(connection, name) !== expected) {
    throw new ConfigurationError('connection', {
      message: `${name} could not be set to ${expected}; pass a database in a file, outside a transaction, that gives integers as numbers and rows as objects`,
    });
  }
}

/** A PRAGMA answers with one row of one column. Not every PRAGMA names the column after itself. */
function readPragma(connection: SqliteConnection, name: string): unknown {
  return Object.values(toRow(connection.prepare(`PRAGMA ${name}`).get()))[0];
}
