// x509: imports core and x509 only.

import { ConfigurationError } from '../core/errors.js';
import { crlReasons, type CrlReason } from './crl-reason.js';
import { derTag } from './der-tag.js';
import { der, isUtcTime, writeHeader, writeTime } from './der-writer.js';
import { encodeExtension } from './encode-extensions.js';
import { oid } from './oid.js';

/** A revoked certificate. */
export interface RevokedSerial {
  /** Hex without leading zero octets, 1 to 20 octets. */
  readonly serialNumber: string;
  /** Part of a second is cut off. */
  readonly revokedAt: Date;
  readonly reason: CrlReason;
}

/** The value of each hex digit at its character code; -1 for what is none. */
const HEX_DIGITS = new Int8Array(128).fill(-1);
for (const [value, digit] of Array.from('0123456789abcdef').entries()) {
  HEX_DIGITS[digit.charCodeAt(0)] = value;
  HEX_DIGITS[digit.toUpperCase().charCodeAt(0)] = value;
}

/** The longest entry: header, serial number of 20 octets after one for the sign, GeneralizedTime, reason. */
export const MAX_CRL_ENTRY_BYTES = 2 + 23 + 17 + 14;

/**
 * `crlEntryExtensions` by reason. There are none for `unspecified`: the code should be absent then, and an empty list of
 * extensions is not allowed (RFC 5280 sections 5.3.1 and 5.1.2.6).
 */
const entryExtensions: Readonly<Record<CrlReason, Uint8Array>> = {
  unspecified: new Uint8Array(0),
  keyCompromise: encodeReason('keyCompromise'),
  cACompromise: encodeReason('cACompromise'),
  affiliationChanged: encodeReason('affiliationChanged'),
  superseded: encodeReason('superseded'),
  cessationOfOperation: encodeReason('cessationOfOperation'),
  privilegeWithdrawn: encodeReason('privilegeWithdrawn'),
};

/**
 * Writes an entry of `revokedCertificates` at `at`, where there must be room for {@link MAX_CRL_ENTRY_BYTES}.
 *
 * @returns where it ends
 * @throws ConfigurationError if the serial number is none, or the date is none that DER can hold
 */
export function writeCrlEntry(target: Buffer, at: number, entry: RevokedSerial): number {
  const { serialNumber, revokedAt } = entry;
  const extensions = entryExtensions[entry.reason];
  const serialOctets = serialNumber.length / 2;
  if (!Number.isInteger(serialOctets) || serialOctets < 1 || serialOctets > 20) throw notASerialNumber();
  const first = hexOctet(serialNumber, 0);
  if (first === 0) throw notASerialNumber();
  // In front of a number whose top bit is set stands an octet for the sign.
  const signOctets = first >= 0x80 ? 1 : 0;
  let next = writeHeader(target, at + 2, derTag.integer, signOctets + serialOctets);
  if (signOctets === 1) target[next] = 0;
  next += signOctets;
  for (let digit = 0; digit < serialNumber.length; digit += 2) {
    target[next] = hexOctet(serialNumber, digit);
    next += 1;
  }
  const utc = isUtcTime(revokedAt);
  const timeTag = utc ? derTag.utcTime : derTag.generalizedTime;
  next = writeTime(target, writeHeader(target, next, timeTag, utc ? 13 : 15), timeTag, revokedAt);
  if (extensions.length > 0) target.set(extensions, next);
  next += extensions.length;
  writeHeader(target, at, derTag.sequence, next - at - 2);
  return next;
}

/** By a table: for so few digits, calling the decoder of Node takes longer than decoding. */
function hexOctet(text: string, at: number): number {
  const high = HEX_DIGITS[text.charCodeAt(at)] ?? -1;
  const low = HEX_DIGITS[text.charCodeAt(at + 1)] ?? -1;
  if ((high | low) < 0) throw notASerialNumber();
  return (high << 4) | low;
}

function encodeReason(reason: CrlReason): Uint8Array {
  return der.sequence(encodeExtension(oid.crlReason, false, der.enumerated(crlReasons[reason])));
}

function notASerialNumber(): ConfigurationError {
  return new ConfigurationError('serialNumber', {
    message: 'must be 1 to 20 octets of hex, the first not zero',
  });
}
