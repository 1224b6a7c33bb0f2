// stores/postgres: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';
import type { CertificateFilter } from '../../contracts/certificate-search.js';
import { RECORD_COLUMNS, toSearchable } from './certificate-row.js';
import type { PostgresQuery } from './postgres-pool.js';

/** Which certificates are meant, by any of the things that are asked for. */
export interface CertificateSelection extends CertificateFilter {
  readonly deviceId?: string;
  readonly publicKeySha256?: string;
}

/** Records in order of intent from a cursor on. */
export function selectRecords(
  selection: CertificateSelection,
  page: { readonly cursor?: string; readonly limit: number },
): PostgresQuery {
  const { from, sequence, conditions, values } = toConditions(selection);
  values.push(parseCursor(page.cursor), page.limit);
  conditions.push(`${sequence} > $${values.length - 1}`);
  const columns = RECORD_COLUMNS.map((column) => `c.${column}`).join(', ');
  return {
    text: `SELECT ${columns} FROM ${from} WHERE ${conditions.join(' AND ')} ORDER BY ${sequence} LIMIT $${values.length}`,
    values,
  };
}

/** How many there are. */
export function countRecords(selection: CertificateSelection): PostgresQuery {
  const { from, conditions, values } = toConditions(selection);
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  // Those of a provider are counted without a look at their records.
  const onlyProvider = selection.provider !== undefined && conditions.length === 1;
  const table = onlyProvider ? 'device_trust_certificate_providers p' : from;
  return { text: `SELECT count(*) AS number FROM ${table}${where}`, values };
}

/**
 * Only what is asked for is in the statement, so that the planner sees which index serves. The statement has no name,
 * for the same reason: it is planned for its values.
 */
function toConditions(selection: CertificateSelection) {
  const values: unknown[] = [];
  const conditions: string[] = [];
  const add = (condition: string, value: unknown): void => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(`${condition} $${values.length}`);
  };
  const { provider, appVersion, latestOnly = false } = selection;

  // The order is that of the side table, whose key begins with the provider.
  add('p.provider =', provider);
  const from =
    provider === undefined
      ? 'device_trust_certificates c'
      : 'device_trust_certificate_providers p JOIN device_trust_certificates c ON c.sequence = p.sequence';
  add('c.device_id =', selection.deviceId);
  add('c.public_key_sha256 =', selection.publicKeySha256);
  add('c.tier =', selection.tier);
  add('c.app_version =', appVersion === undefined ? undefined : toSearchable(appVersion));
  add('c.bootstrap_certificate_sha256 =', selection.bootstrapCertificateSha256);
  add('c.enrolled_at >=', selection.enrolledFrom?.getTime());
  add('c.enrolled_at <', selection.enrolledBefore?.getTime());
  add('c.not_after >', selection.notAfterFrom?.getTime());
  add('c.not_after <', selection.notAfterBefore?.getTime());
  if (latestOnly) {
    conditions.push(
      'NOT EXISTS (SELECT 1 FROM device_trust_certificates later' +
        ' WHERE later.device_id = c.device_id AND later.sequence > c.sequence)',
    );
  }
  return { from, sequence: provider === undefined ? 'c.sequence' : 'p.sequence', conditions, values };
}

function parseCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (!/^[1-9][0-9]{0,14}$/.test(cursor)) {
    throw new MalformedError('request_malformed', {
      message: 'the cursor is not one that this store gave out',
    });
  }
  return Number(cursor);
}
