// x509: imports core and x509 only.

import { der } from './der-writer.js';
import { encodeSigned } from './encode-signed.js';
import type { SigningKey } from './signing-key.js';

/** What a certificate says. */
export interface CertificateContent {
  /** Big-endian octets of a positive number, at most 20 (RFC 5280 section 4.1.2.2). */
  readonly serialNumber: Uint8Array;
  /** DER Name, byte for byte the subject of the issuer's certificate. */
  readonly issuer: Uint8Array;
  /** Part of a second is cut off. */
  readonly notBefore: Date;
  /** Last moment of validity. Part of a second is cut off. */
  readonly notAfter: Date;
  /** DER Name. */
  readonly subject: Uint8Array;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** DER of each Extension, in order. */
  readonly extensions: readonly Uint8Array[];
}

/** `[0] Version`: v3, which is written as 2. */
export const encodedVersion3 = der.constructedContext(0, der.integer(2n));

/** Writes a DER TBSCertificate, version 3 (RFC 5280 section 4.1). */
export function encodeTbsCertificate(
  content: CertificateContent & { readonly signatureAlgorithm: Uint8Array },
): Uint8Array {
  return der.sequence(
    encodedVersion3,
    der.integer(content.serialNumber),
    content.signatureAlgorithm,
    content.issuer,
    der.sequence(der.time(content.notBefore), der.time(content.notAfter)),
    content.subject,
    content.publicKey,
    der.constructedContext(3, der.sequence(...content.extensions)),
  );
}

/**
 * Writes and signs a DER Certificate.
 *
 * @throws UnavailableError `authority_unavailable` if the key store could not sign
 */
export async function encodeCertificate(content: CertificateContent, key: SigningKey): Promise<Uint8Array> {
  const { signatureAlgorithm } = key;
  const toBeSigned = encodeTbsCertificate({ ...content, signatureAlgorithm });
  return encodeSigned(toBeSigned, signatureAlgorithm, await key.sign(toBeSigned));
}
