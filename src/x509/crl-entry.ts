// x509: imports core and x509 only.

import { derTag } from './der-tag.js';
import { DerReader, malformed } from './der-reader.js';
import { readExtensions } from './extension.js';
import { oid } from './oid.js';
import { readSerialNumber, skipSerialNumber } from './serial-number.js';

/** Every CRLReason (RFC 5280 section 5.3.1) at its number; 7 is not used. */
const reasons = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  null,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const;

/** Why a certificate is on a CRL. */
export type RevokedCertificateReason = Exclude<(typeof reasons)[number], null>;

/** A certificate that is on a CRL. */
export interface RevokedCertificate {
  /** Lower-case hex, in the form of {@link Certificate.serialNumber}. */
  readonly serialNumber: string;
  readonly revokedAt: Date;
  /** `unspecified` if the CRL tells none. */
  readonly reason: RevokedCertificateReason;
  /** OIDs of critical extensions of this entry, none of which we process: they make the whole CRL unusable. */
  readonly criticalUnknown: readonly string[];
}

const NO_EXTENSIONS: Pick<RevokedCertificate, 'reason' | 'criticalUnknown'> = {
  reason: 'unspecified',
  criticalUnknown: [],
};

/**
 * Reads one entry of `revokedCertificates` (RFC 5280 section 5.1.2.6).
 *
 * @param version of the CRL: in version 1 an entry has no extensions
 */
export function readCrlEntry(list: DerReader, version: 1 | 2): RevokedCertificate {
  const fields = list.enter(derTag.sequence);
  const serialNumber = readSerialNumber(fields);
  const revokedAt = fields.time();
  return { serialNumber, revokedAt, ...readEntryExtensions(fields, version) };
}

/** Passes over one entry, checks it as {@link readCrlEntry} does, and returns its critical extensions. */
export function skipCrlEntry(list: DerReader, version: 1 | 2): readonly string[] {
  const fields = list.enter(derTag.sequence);
  skipSerialNumber(fields);
  fields.time();
  return readEntryExtensions(fields, version).criticalUnknown;
}

function readEntryExtensions(
  fields: DerReader,
  version: 1 | 2,
): Pick<RevokedCertificate, 'reason' | 'criticalUnknown'> {
  if (fields.atEnd()) return NO_EXTENSIONS;
  if (version === 1) throw malformed('an entry of a version 1 CRL has extensions');
  const extensions = readExtensions(fields);
  fields.finish();
  const reasonCode = extensions.find(({ type }) => type === oid.crlReason);
  return {
    reason: reasonCode === undefined ? 'unspecified' : parseReason(reasonCode.value),
    criticalUnknown: extensions.filter(({ critical }) => critical).map(({ type }) => type),
  };
}

function parseReason(value: Uint8Array): RevokedCertificateReason {
  const reader = new DerReader(value);
  const reason = reasons[reader.smallInteger(derTag.enumerated)];
  reader.finish();
  if (reason === undefined || reason === null) throw malformed('there is no such revocation reason');
  return reason;
}
