// stores/postgres: imports core, contracts and this folder only.

import { ConfigurationError } from '../../core/errors.js';
import type { PostgresClient, PostgresPool } from './postgres-pool.js';
import { readBoolean, readInteger, toOnlyRow, toRow } from './row.js';
import { CERTIFICATE_FUNCTIONS } from './schema-certificate-functions.js';
import { FUNCTIONS } from './schema-functions.js';
import { GUARDS } from './schema-guards.js';
import { TABLES } from './schema-tables.js';
import { VERSION_2 } from './schema-version-2.js';
import { VERSION_3 } from './schema-version-3.js';

/**
 * The schema, step by step: entry n brings version n to version n + 1. A step that was released is never edited; a change
 * is a further step.
 */
const migrations: readonly string[] = [
  TABLES + GUARDS + FUNCTIONS + CERTIFICATE_FUNCTIONS,
  VERSION_2,
  VERSION_3,
];

/** Any number that all replicas agree on: the lock under which one of them migrates and the others wait. */
const LOCK = 'SELECT pg_advisory_xact_lock(7203561820461239)';

/**
 * Brings the schema up to date. Each step is one transaction together with the note that it was done, and begins by taking
 * a lock and looking again: of two replicas that start at once, one does the step and the other finds it done.
 *
 * @throws ConfigurationError if the database was written by a newer version of the library
 */
export async function migrate(pool: PostgresPool): Promise<void> {
  const client = await pool.connect();
  let finished = false;
  // A connection that breaks says so twice: the statement fails, and an event is raised that must have a listener.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  try {
    let version = await readVersion(client);
    while (version < migrations.length) version = await takeStep(client);
    if (version > migrations.length) {
      throw new ConfigurationError('pool', {
        message: `the database has schema version ${version}, this version of the library knows ${migrations.length}`,
      });
    }
    finished = true;
  } finally {
    client.off('error', ignore);
    // After a failure the connection may be inside a transaction; closing it rolls that back.
    client.release(!finished);
  }
}

/** Does the next step, unless another replica did meanwhile; resolves to the version after it. */
async function takeStep(client: PostgresClient): Promise<number> {
  await client.query({ text: 'BEGIN' });
  await client.query({ text: LOCK });
  // First, because it makes the connection look again at which tables there are.
  await client.query({
    text: 'CREATE TABLE IF NOT EXISTS device_trust_migrations (version integer PRIMARY KEY)',
  });
  const version = await readLastStep(client);
  const step = migrations[version];
  if (step !== undefined) {
    await client.query({ text: step });
    await client.query({
      text: 'INSERT INTO device_trust_migrations (version) VALUES ($1)',
      values: [version + 1],
    });
  }
  await client.query({ text: 'COMMIT' });
  return step === undefined ? version : version + 1;
}

/** How many steps were done; 0 for a new database. */
async function readVersion(client: PostgresClient): Promise<number> {
  const { rows } = await client.query({
    text: `SELECT to_regclass('device_trust_migrations') IS NOT NULL AS known`,
  });
  return readBoolean(toOnlyRow(rows.map(toRow)), 'known') ? readLastStep(client) : 0;
}

async function readLastStep(client: PostgresClient): Promise<number> {
  const { rows } = await client.query({
    text: 'SELECT coalesce(max(version), 0) AS version FROM device_trust_migrations',
  });
  return readInteger(toOnlyRow(rows.map(toRow)), 'version');
}
