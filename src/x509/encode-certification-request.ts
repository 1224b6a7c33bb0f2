// x509: imports core and x509 only.

import type { KeyObject } from 'node:crypto';
import { der } from './der-writer.js';
import { encodeName, type SubjectName } from './encode-name.js';
import { encodeSigned } from './encode-signed.js';
import { createSigningKey } from './signing-key.js';

/**
 * Writes a PKCS #10 certification request (RFC 2986), signed with the private key that it asks a certificate for: what an app
 * sends to enrol.
 *
 * @param privateKey of a kind that {@link createSigningKey} takes
 * @param subject default: an empty name; the authority of this library reads nothing but the key
 * @throws ConfigurationError if the key or the subject is not usable
 */
export function encodeCertificationRequest(privateKey: KeyObject, subject?: SubjectName): Uint8Array {
  const key = createSigningKey(privateKey);
  const toBeSigned = der.sequence(
    der.integer(0n),
    subject === undefined ? der.sequence() : encodeName(subject),
    key.publicKey,
    der.constructedContext(0),
  );
  return encodeSigned(toBeSigned, key.signatureAlgorithm, key.sign(toBeSigned));
}
