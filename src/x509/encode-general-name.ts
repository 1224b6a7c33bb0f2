// x509: imports core and x509 only.

import { isIPv4, isIPv6 } from 'node:net';
import { ConfigurationError } from '../core/errors.js';
import { der } from './der-writer.js';

/** A name of a subject besides its distinguished name (RFC 5280 section 4.2.1.6). */
export interface SubjectAltName {
  readonly type: 'dns' | 'ip' | 'uri';
  /** Host name in ASCII form, IPv4 or IPv6 address, or absolute URI. */
  readonly value: string;
}

/** Letters, digits and hyphens in labels of 1 to 63; the first may be the wildcard. */
const HOST_NAME =
  /^(\*\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const ABSOLUTE_URI = /^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/;

/**
 * Writes the names one after another, without a sequence around them.
 *
 * @throws ConfigurationError if a name is not of its type
 */
export function encodeGeneralNames(names: readonly SubjectAltName[]): Uint8Array {
  return Buffer.concat(names.map(encodeGeneralName));
}

function encodeGeneralName({ type, value }: SubjectAltName): Uint8Array {
  switch (type) {
    case 'dns':
      if (value.length > 253 || !HOST_NAME.test(value)) throw notOfType('a host name');
      return der.contextIa5String(2, value);
    case 'uri':
      if (!ABSOLUTE_URI.test(value)) throw notOfType('an absolute URI');
      return der.contextIa5String(6, value);
    case 'ip':
      return der.context(7, addressOctets(value));
  }
}

function addressOctets(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  if (!isIPv6(address) || address.includes('%')) throw notOfType('an IP address');
  // A URL has an IPv6 address in its canonical form: groups of hex only, one run of zero groups left out.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical.split('::').map((side) => (side === '' ? [] : side.split(':')));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function notOfType(what: string): ConfigurationError {
  return new ConfigurationError('subjectAltName', { message: `must be ${what}` });
}
