// ca: imports core, contracts, x509.

import { ConfigurationError } from '../core/errors.js';
import { type Random, systemRandom } from '../core/random.js';
import { encodeCertificate } from '../x509/encode-certificate.js';
import { encodeAuthorityKeyIdentifier, encodeSubjectKeyIdentifier } from '../x509/encode-extensions.js';
import { encodeName, type SubjectName } from '../x509/encode-name.js';
import { encodeKeyIdentifier } from '../x509/key-identifier.js';
import { readSpki } from '../x509/signing-key.js';
import type { CertificateIssuer } from './certificate-issuer.js';
import { createSerialNumber, SERIAL_NUMBER_BYTES } from './serial-number.js';

/** What the certificates have in common that an operator makes by hand: those of CAs, servers and app releases. */
export interface OperatorCertificateOptions {
  readonly subject: SubjectName;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** First moment of validity. Part of a second is cut off. */
  readonly notBefore: Date;
  /** Last moment of validity. Part of a second is cut off. */
  readonly notAfter: Date;
  readonly random?: Random;
}

/**
 * Signs a certificate with these extensions, and with those that name the keys of issuer and subject.
 *
 * @throws ConfigurationError if the certificate would live longer than its issuer, or an option cannot be encoded
 * @throws UnavailableError `authority_unavailable` if the key store could not sign
 */
export async function encodeIssuedCertificate(
  issuer: CertificateIssuer,
  options: OperatorCertificateOptions,
  extensions: readonly Uint8Array[],
): Promise<Uint8Array> {
  const { notBefore, notAfter } = options;
  const { certificate, key, keyIdentifier } = issuer;
  verifyValidity(options);
  if (notBefore < certificate.notBefore || notAfter > certificate.notAfter) {
    throw new ConfigurationError('notAfter', {
      message: 'a certificate must lie within the life of its issuer',
    });
  }
  const content = {
    serialNumber: createSerialNumber((options.random ?? systemRandom)(SERIAL_NUMBER_BYTES)),
    issuer: certificate.subject,
    notBefore,
    notAfter,
    subject: encodeName(options.subject),
    publicKey: options.publicKey,
    extensions: [
      ...extensions,
      encodeSubjectKeyIdentifier(encodeKeyIdentifier(readSpki(options.publicKey))),
      encodeAuthorityKeyIdentifier(keyIdentifier),
    ],
  };
  return encodeCertificate(content, key);
}

/** @throws ConfigurationError */
export function verifyValidity({
  notBefore,
  notAfter,
}: {
  readonly notBefore: Date;
  readonly notAfter: Date;
}): void {
  if (!(notBefore.getTime() < notAfter.getTime())) {
    throw new ConfigurationError('notAfter', { message: 'must be after notBefore' });
  }
}
