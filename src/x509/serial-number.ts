// x509: imports core and x509 only.

import { type DerReader, malformed } from './der-reader.js';

/** Serial numbers have at most 20 octets (RFC 5280 section 4.1.2.2). */
const MAX_SERIAL_BYTES = 20;

/**
 * Reads a serial number as lower-case hex without leading zero octets. RFC 5280 asks users to take zero (`00`) and negative
 * numbers with grace: those are the octets of their two's complement after a minus sign, such as `-ff`, so that they are
 * never taken for another number.
 */
export function readSerialNumber(reader: DerReader): string {
  const hex = reader.integerHex();
  if (hex.length > 2 * MAX_SERIAL_BYTES) throw malformed('a serial number is longer than 20 octets');
  if (hex >= '8') return `-${hex}`;
  return hex.startsWith('00') && hex.length > 2 ? hex.slice(2) : hex;
}

/** Passes over a serial number and checks it as {@link readSerialNumber} does. */
export function skipSerialNumber(reader: DerReader): void {
  if (reader.integer().length > MAX_SERIAL_BYTES) throw malformed('a serial number is longer than 20 octets');
}
