// x509: imports core and x509 only.

import { hash } from 'node:crypto';
import type { PublicKey } from './public-key.js';

/**
 * The 20-byte key identifier of a public key: SHA-1 of its bits (RFC 5280 section 4.2.1.2, method 1).
 *
 * It is a name, not a proof, so that the weakness of SHA-1 does no harm; and it is the form that OCSP demands of a
 * responder id (RFC 6960 section 4.2.1), so that one value serves both.
 */
export function encodeKeyIdentifier(key: Pick<PublicKey, 'keyBits'>): Uint8Array {
  // By way of hex: Node takes twice as long to make a buffer of a digest by itself.
  return Buffer.from(hash('sha1', key.keyBits, 'hex'), 'hex');
}
