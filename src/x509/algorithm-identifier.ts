// x509: imports core and x509 only.

import { derTag } from './der-tag.js';
import { DerReader } from './der-reader.js';
import { skipWellFormed } from './skip-well-formed.js';

/**
 * Checks the form of an AlgorithmIdentifier that we do not know (RFC 5280 section 4.1.1.2).
 *
 * @throws MalformedError `der_malformed`
 */
export function checkAlgorithmIdentifier(der: Uint8Array): void {
  const reader = new DerReader(der);
  const fields = reader.enter(derTag.sequence);
  reader.finish();
  fields.objectIdentifier();
  if (!fields.atEnd()) skipWellFormed(fields);
  fields.finish();
}
