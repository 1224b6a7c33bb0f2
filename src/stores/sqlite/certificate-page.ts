// stores/sqlite: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';
import type { CertificatePage } from '../../contracts/certificate-store.js';
import { toRecord } from './certificate-row.js';
import { readInteger, toRow } from './row.js';

/**
 * The place in the order of intent after which a page begins.
 *
 * @throws MalformedError `request_malformed` if the cursor is not one that {@link toPage} gave out
 */
export function parseCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (!/^[1-9][0-9]{0,14}$/.test(cursor)) {
    throw new MalformedError('request_malformed', {
      message: 'the cursor is not one that this store gave out',
    });
  }
  return Number(cursor);
}

/** A page of `limit` records; one row more than that tells that there is a next one. */
export function toPage(rows: readonly unknown[], limit: number): CertificatePage {
  const page = rows.slice(0, limit).map(toRow);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    records: page.map(toRecord),
    cursor: last === undefined ? null : String(readInteger(last, 'sequence')),
  };
}
