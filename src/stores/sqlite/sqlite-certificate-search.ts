// stores/sqlite: imports core, contracts and this folder only.

import type { CertificateSearch } from '../../contracts/certificate-search.js';
import { assertLimit } from './assert-limit.js';
import { parseCursor, toPage } from './certificate-page.js';
import { RECORD_COLUMNS } from './certificate-row.js';
import { readInteger, toRow } from './row.js';
import { toSearchTerms, type SearchTerm, type SearchTerms } from './search-terms.js';
import type { SqliteConnection, SqliteStatement } from './sqlite-connection.js';
import { withFailures } from './store-failure.js';

export function createSqliteCertificateSearch(connection: SqliteConnection): CertificateSearch {
  /** By its text, which follows from the members that a filter has: some hundreds at the most. */
  const statements = new Map<string, SqliteStatement>();

  function prepare(sql: string): SqliteStatement {
    const statement = statements.get(sql) ?? connection.prepare(sql);
    statements.set(sql, statement);
    return statement;
  }

  return {
    async search({ cursor, limit, ...filter }) {
      assertLimit(limit, 1000);
      const { followed, compared } = toSearchTerms(filter);
      const place = followed?.table === 'p' ? 'p.certificate_sequence' : 'c.sequence';
      const terms = [
        ...(followed ? [followed] : []),
        { sql: `${place} > ?`, parameters: [parseCursor(cursor)] },
        ...compared,
      ];
      const sql = `SELECT ${RECORD_COLUMNS} ${fromWhere(followed, terms)} ORDER BY ${place} LIMIT ?`;
      // One row more than asked for tells whether there is a next page.
      return withFailures(() => toPage(prepare(sql).all(...parametersOf(terms), limit + 1), limit));
    },

    async count(filter) {
      const { followed, compared } = toSearchTerms(filter);
      const terms = [followed ?? EVERY_END, ...compared];
      const sql = `SELECT count(*) AS total ${fromWhere(followed, terms)}`;
      return withFailures(() => readInteger(toRow(prepare(sql).get(...parametersOf(terms))), 'total'));
    },
  };
}

/** Goes through the index of ends, which holds enough to count by, and is far smaller than the table. */
const EVERY_END: SearchTerm = { sql: 'c.not_after > ?', parameters: [Number.MIN_SAFE_INTEGER] };

/** CROSS JOIN keeps SQLite from beginning with the other table. */
function fromWhere(followed: SearchTerms['followed'], terms: readonly SearchTerm[]): string {
  const from =
    followed?.table === 'p'
      ? 'device_trust_certificate_providers p CROSS JOIN device_trust_certificates c ON c.sequence = p.certificate_sequence'
      : 'device_trust_certificates c';
  return `FROM ${from} WHERE ${terms.map(({ sql }) => sql).join(' AND ')}`;
}

function parametersOf(terms: readonly SearchTerm[]) {
  return terms.flatMap(({ parameters }) => parameters);
}
