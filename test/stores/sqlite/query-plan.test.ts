import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createSqliteStores, type SqliteConnection } from '../../../src/sqlite.js';
import { betterSqlite, createFolder, type OpenConnection } from './drivers.js';

/** A step of a plan that looks at every row of a table or index instead of stepping to the right ones. */
const SCAN_OF_A_TABLE = /^SCAN device_trust_/;

describe.skipIf(!betterSqlite.available)('every statement of the SQLite stores', () => {
  const folder = createFolder();
  const statements: string[] = [];
  let connection: OpenConnection;

  beforeAll(() => {
    connection = betterSqlite.open(join(folder.path, 'stores.db'));
    createSqliteStores({ connection });
    const listening: SqliteConnection = {
      exec: (sql) => connection.exec(sql),
      prepare: (sql) => {
        statements.push(sql);
        return connection.prepare(sql);
      },
    };
    createSqliteStores({ connection: listening });
  });
  afterAll(() => {
    connection.close();
    folder.dispose();
  });

  it('goes through an index, and sorts at most the rows of one key', () => {
    const questions = statements.filter((sql) => /device_trust_(certificates|revocations|replays)/.test(sql));
    expect(questions.length).toBeGreaterThanOrEqual(18);
    const plans = questions.map((sql) => ({ sql, steps: explain(sql) }));
    const scans = plans.filter(({ steps }) => steps.some((step) => SCAN_OF_A_TABLE.test(step)));
    expect(scans).toEqual([]);
    const sorts = plans.filter(({ steps }) => steps.some((step) => step.includes('TEMP B-TREE')));
    expect(sorts.map(({ sql }) => /WHERE (\w+) = \?/.exec(sql)?.[1])).toEqual(['public_key_sha256']);
  });

  it('is what the check above would notice if it scanned', () => {
    expect(
      explain('SELECT * FROM device_trust_certificates WHERE tier = ?').some((step) =>
        SCAN_OF_A_TABLE.test(step),
      ),
    ).toBe(true);
    expect(
      explain('SELECT * FROM device_trust_replays WHERE holder = ?').some((step) =>
        SCAN_OF_A_TABLE.test(step),
      ),
    ).toBe(true);
  });

  function explain(sql: string): readonly string[] {
    const parameters = Array.from(sql.matchAll(/\?/g), () => 1);
    return connection
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...parameters)
      .map((step) =>
        typeof step === 'object' && step !== null && 'detail' in step ? String(step.detail) : '',
      );
  }
});
