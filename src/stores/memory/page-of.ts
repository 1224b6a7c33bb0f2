// stores/memory: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';
import type { CertificatePage } from '../../contracts/certificate-store.js';
import { assertLimit } from './assert-limit.js';
import type { CertificateEntry } from './certificate-index.js';
import { copyRecord } from './copy-record.js';
import { findAfter } from './find-after.js';

/**
 * The next page of those candidates, in order of intent, that match.
 *
 * @throws MalformedError `request_malformed` if the cursor or the limit is none
 */
export function pageOf(
  candidates: readonly CertificateEntry[],
  { cursor, limit }: { readonly cursor?: string; readonly limit: number },
  matches: (entry: CertificateEntry) => boolean,
): CertificatePage {
  assertLimit(limit, 1000);
  const page: CertificateEntry[] = [];
  for (
    let index = findAfter(candidates, parseCursor(cursor));
    index < candidates.length && page.length <= limit; // one more tells whether there is a next page
    index += 1
  ) {
    const entry = candidates[index];
    if (entry && matches(entry)) page.push(entry);
  }
  const last = page.length > limit ? page[limit - 1] : undefined;
  return {
    records: page.slice(0, limit).map(({ record }) => copyRecord(record)),
    cursor: last ? String(last.sequence) : null,
  };
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
