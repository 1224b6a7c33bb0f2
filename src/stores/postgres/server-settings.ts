// stores/postgres: imports core, contracts and this folder only.

import { ConfigurationError } from '../../core/errors.js';
import type { Database } from './database.js';
import { readInteger, readText, toOnlyRow } from './row.js';

const OLDEST_VERSION = 130_000;

/**
 * Checks what the stores promise by, as it is for the user and database of this pool:
 *
 * - `synchronous_commit` and `fsync`: a commit is on the disk before it returns. Without, a crash of the server may lose
 *   commits that were answered, and a lost `consume` is a replay
 *   (https://www.postgresql.org/docs/current/wal-async-commit.html);
 * - `default_transaction_isolation`: what is read after a lock was waited for must be what the one before has written;
 * - the version, for what the statements use.
 *
 * @throws ConfigurationError if one of them does not hold
 */
export async function verifyServerSettings(database: Database, allowLossyCommits: boolean): Promise<void> {
  const settings = await database.run(
    {
      text: `SELECT current_setting('server_version_num') AS version, current_setting('fsync') AS fsync,
        current_setting('synchronous_commit') AS synchronous_commit,
        current_setting('default_transaction_isolation') AS isolation`,
    },
    (rows) => {
      const row = toOnlyRow(rows);
      return {
        version: readInteger(row, 'version'),
        fsync: readText(row, 'fsync'),
        synchronousCommit: readText(row, 'synchronous_commit'),
        isolation: readText(row, 'isolation'),
      };
    },
  );
  if (settings.version < OLDEST_VERSION) {
    throw new ConfigurationError('pool', { message: 'the server must be PostgreSQL 13 or later' });
  }
  if (settings.isolation !== 'read committed') {
    throw new ConfigurationError('pool', {
      message: `default_transaction_isolation is ${settings.isolation}; set it to "read committed" for this user`,
    });
  }
  if (allowLossyCommits) return;
  if (settings.synchronousCommit === 'off' || settings.fsync === 'off') {
    throw new ConfigurationError('pool', {
      message: `synchronous_commit is ${settings.synchronousCommit} and fsync is ${settings.fsync}; both must be on, or a crash of the server loses what was answered`,
    });
  }
}
