// x509: imports core and x509 only.

import { contextTag, derTag } from './der-tag.js';
import { type DerReader, malformed } from './der-reader.js';
import { readDistributionPointName } from './distribution-point.js';
import type { GeneralNames } from './general-name.js';

/** What a CRL is limited to (RFC 5280 section 5.2.5). */
export interface IssuingDistributionPoint {
  /** Where it is published; certificates that name none of these places are not covered. `null`: no such limit. */
  readonly names: GeneralNames | null;
  /** The place is named relative to the issuer, which we do not resolve. */
  readonly hasRelativeName: boolean;
  readonly onlyContainsUserCerts: boolean;
  readonly onlyContainsCaCerts: boolean;
  readonly onlyContainsAttributeCerts: boolean;
  /** It is silent about other revocation reasons. */
  readonly onlySomeReasons: boolean;
  /** It may hold certificates of other issuers. */
  readonly indirectCrl: boolean;
}

/** Reads the value of an issuingDistributionPoint extension, which may not be empty. */
export function readIssuingDistributionPoint(reader: DerReader): IssuingDistributionPoint {
  const fields = reader.enter(derTag.sequence);
  if (fields.atEnd()) throw malformed('an issuing distribution point is empty');
  const name = readDistributionPointName(fields);
  const onlyContainsUserCerts = readFlag(fields, contextTag(1));
  const onlyContainsCaCerts = readFlag(fields, contextTag(2));
  const onlySomeReasons = fields.nextTag() === contextTag(3);
  if (onlySomeReasons) fields.namedBits(contextTag(3));
  const indirectCrl = readFlag(fields, contextTag(4));
  const onlyContainsAttributeCerts = readFlag(fields, contextTag(5));
  fields.finish();
  if (Number(onlyContainsUserCerts) + Number(onlyContainsCaCerts) + Number(onlyContainsAttributeCerts) > 1) {
    throw malformed('an issuing distribution point contains only two things at once');
  }
  return {
    names: name?.names ?? null,
    hasRelativeName: name !== null && name.names === null,
    onlyContainsUserCerts,
    onlyContainsCaCerts,
    onlyContainsAttributeCerts,
    onlySomeReasons,
    indirectCrl,
  };
}

/** `BOOLEAN DEFAULT FALSE`: in DER there if it is TRUE. */
function readFlag(fields: DerReader, tag: number): boolean {
  if (fields.nextTag() !== tag) return false;
  if (!fields.boolean(tag)) throw malformed('a default value is encoded');
  return true;
}
