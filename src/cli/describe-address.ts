// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { encodeHex } from '../core/bytes.js';

/** An IP address as people write it: four numbers, or eight groups of hex. Anything else as hex. */
export function describeAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const hex = encodeHex(octets);
  return octets.length === 16 ? hex.replaceAll(/(....)(?=.)/g, '$1:') : hex;
}
