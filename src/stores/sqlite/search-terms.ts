// stores/sqlite: imports core, contracts and this folder only.

import type { CertificateFilter } from '../../contracts/certificate-search.js';
import type { SqliteParameter } from './sqlite-connection.js';

/** One condition on a certificate `c`, with one parameter or none. */
export interface SearchTerm {
  readonly sql: string;
  readonly parameters: readonly SqliteParameter[];
}

/** A filter, taken apart by how each of its conditions is met. */
export interface SearchTerms {
  /** The equality whose index is followed, of a certificate `c` or a provider `p`; `null` if none is given. */
  readonly followed: (SearchTerm & { readonly table: 'c' | 'p' }) | null;
  /** What each row that is come by on the way is compared with. */
  readonly compared: readonly SearchTerm[];
}

/**
 * Takes a filter apart. Of the equalities that are given the first is followed: each has an index in order of intent that
 * holds the dates too. A plus before a column keeps SQLite from choosing another index, for it knows nothing of how many
 * rows each would leave.
 */
export function toSearchTerms(filter: CertificateFilter): SearchTerms {
  const equalities = [
    ...given(filter.bootstrapCertificateSha256, 'c', 'c.bootstrap_certificate_sha256 = ?'),
    ...given(filter.appVersion, 'c', 'c.app_version = ?'),
    ...given(filter.provider, 'p', 'p.provider = ?'),
    ...given(filter.tier, 'c', 'c.tier = ?'),
    ...(filter.latestOnly === true ? [IS_LATEST] : []),
  ];
  const [followed = null, ...others] = equalities;
  return {
    followed,
    compared: [
      ...others.map(({ table, sql, parameters }) => ({
        sql: table === 'c' ? `+${sql}` : `EXISTS (${IS_PROVIDER_OF_C} AND ${sql})`,
        parameters,
      })),
      ...given(filter.enrolledFrom, 'c', '+c.enrolled_at >= ?'),
      ...given(filter.enrolledBefore, 'c', '+c.enrolled_at < ?'),
      ...given(filter.notAfterFrom, 'c', '+c.not_after > ?'),
      ...given(filter.notAfterBefore, 'c', '+c.not_after < ?'),
    ],
  };
}

const IS_LATEST = { table: 'c', sql: 'c.latest = 1', parameters: [] } as const;
const IS_PROVIDER_OF_C =
  'SELECT 1 FROM device_trust_certificate_providers p WHERE p.certificate_sequence = c.sequence';

function given<Table extends 'c' | 'p'>(value: string | Date | undefined, table: Table, sql: string) {
  if (value === undefined) return [];
  return [{ table, sql, parameters: [typeof value === 'string' ? value : value.getTime()] }];
}
