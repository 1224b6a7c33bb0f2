import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { CertificateFilter } from '../../../src/contracts/certificate-search.js';
import { createSqliteStores, type SqliteConnection } from '../../../src/sqlite.js';
import { days } from '../../../src/testing/contracts/sample-intent.js';
import { betterSqlite, createFolder, type OpenConnection } from './drivers.js';

/** A step of a plan that looks at every row of a table or index instead of stepping to the right ones. */
const SCAN_OF_A_TABLE = /^SCAN (device_trust_\w+|c|p)\b/;

/** Each member of a filter; every set of them is a search of its own. */
const FILTERS: readonly CertificateFilter[] = [
  { tier: 'device' },
  { provider: 'play-integrity' },
  { appVersion: '1.2.3' },
  { bootstrapCertificateSha256: 'e5'.repeat(32) },
  { enrolledFrom: days(0) },
  { enrolledBefore: days(1) },
  { notAfterFrom: days(0) },
  { notAfterBefore: days(1) },
  { latestOnly: true },
];

describe.skipIf(!betterSqlite.available)('every statement of the SQLite stores', () => {
  const folder = createFolder();
  const statements: string[] = [];
  let connection: OpenConnection;

  beforeAll(async () => {
    connection = betterSqlite.open(join(folder.path, 'stores.db'));
    createSqliteStores({ connection });
    const listening: SqliteConnection = {
      exec: (sql) => connection.exec(sql),
      prepare: (sql) => {
        statements.push(sql);
        return connection.prepare(sql);
      },
    };
    const { certificates } = createSqliteStores({ connection: listening });
    for (const filter of subsets(FILTERS)) {
      await certificates.search({ ...filter, limit: 1 });
      await certificates.count(filter);
    }
  });
  afterAll(() => {
    connection.close();
    folder.dispose();
  });

  const plans = () =>
    statements
      .filter((sql) => sql.includes('device_trust_') && !sql.includes('device_trust_migrations'))
      .map((sql) => ({ sql, steps: explain(sql) }));

  it('goes through an index, but for the one that lists a table', () => {
    expect(plans().length).toBeGreaterThanOrEqual(2 * 2 ** FILTERS.length + 35);
    const scans = plans().filter(({ steps }) => steps.some((step) => SCAN_OF_A_TABLE.test(step)));
    expect(scans.map(({ sql }) => sql)).toEqual([
      expect.stringMatching(/^SELECT issuer_id, .* FROM device_trust_crls$/),
    ]);
  });

  it('sorts at most the rows of one key', () => {
    const sorts = plans().filter(({ steps }) => steps.some((step) => step.includes('TEMP B-TREE')));
    expect(sorts.map(({ sql }) => /WHERE (\w+) = \?/.exec(sql)?.[1])).toEqual(['public_key_sha256']);
  });

  it('follows the first equality of a search in order of intent, and counts by indexes alone', () => {
    const searches = plans().filter(({ sql }) => sql.includes('device_trust_certificates c'));
    expect(searches).toHaveLength(2 * 2 ** FILTERS.length);
    for (const { sql, steps } of searches) {
      expect(steps[0], sql).toMatch(expectedStep(sql));
    }
  });

  it('is what the checks above would notice if it scanned or sorted', () => {
    for (const sql of [
      'SELECT * FROM device_trust_certificates WHERE action = ?',
      'SELECT * FROM device_trust_certificates c WHERE +tier = ?',
      'SELECT * FROM device_trust_replays WHERE holder = ?',
      'SELECT count(*) FROM device_trust_audit',
    ]) {
      expect(
        explain(sql).some((step) => SCAN_OF_A_TABLE.test(step)),
        sql,
      ).toBe(true);
    }
    const sorted = explain('SELECT * FROM device_trust_certificates WHERE tier = ? ORDER BY not_after');
    expect(sorted.some((step) => step.includes('TEMP B-TREE'))).toBe(true);
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

/** What the outermost step of a search is to be. */
function expectedStep(sql: string): RegExp {
  const counts = sql.startsWith('SELECT count');
  const place = counts ? '' : '.*(sequence|rowid)>\\?';
  const index = 'USING (COVERING )?INDEX device_trust_certificates_';
  if (sql.includes('WHERE c.bootstrap')) return new RegExp(`^SEARCH c ${index}release \\(.*=\\?${place}`);
  if (sql.includes('WHERE c.app_version'))
    return new RegExp(`^SEARCH c ${index}app_version \\(.*=\\?${place}`);
  if (sql.includes('WHERE p.provider')) return new RegExp(`^SEARCH p USING .*provider=\\?${place}`);
  if (sql.includes('WHERE c.tier')) return new RegExp(`^SEARCH c ${index}tier \\(.*=\\?${place}`);
  if (sql.includes('WHERE c.latest')) return new RegExp(`^SEARCH c ${index}devices \\(latest=\\?${place}`);
  return counts
    ? /^SEARCH c USING COVERING INDEX device_trust_certificates_end \(not_after>\?\)/
    : /^SEARCH c USING INTEGER PRIMARY KEY \(rowid>\?\)/;
}

/** Every combination of the members, none and all included. */
function subsets(filters: readonly CertificateFilter[]): readonly CertificateFilter[] {
  return filters.reduce<readonly CertificateFilter[]>(
    (sets, filter) => [...sets, ...sets.map((set) => ({ ...set, ...filter }))],
    [{}],
  );
}
