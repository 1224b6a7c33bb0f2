// ca: imports core, contracts, x509.

import { ConfigurationError } from '../core/errors.js';
import {
  encodeBasicConstraints,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeOcspNoCheck,
} from '../x509/encode-extensions.js';
import { oid } from '../x509/oid.js';
import { type CertificateIssuerOptions, createCertificateIssuer } from './certificate-issuer.js';
import { encodeIssuedCertificate, type OperatorCertificateOptions } from './encode-issued-certificate.js';

/** The certificate of an OCSP responder to make; it lives for a year at most. */
export interface OcspCertificateOptions extends OperatorCertificateOptions {
  /** The CA of the certificates that it answers for. */
  readonly issuer: CertificateIssuerOptions;
}

const MAX_LIFETIME_MS = 366 * 24 * 60 * 60 * 1000;

/**
 * Makes the certificate with which a CA lets another key sign its OCSP answers, so that its own key need not be in reach of
 * whoever asks (RFC 6960 section 4.2.2.2): keyUsage digitalSignature, extKeyUsage OCSPSigning alone, and ocsp-nocheck. Clients do
 * not ask whether it is revoked, so its short life is what bounds the damage of a stolen key.
 *
 * @returns DER
 * @throws ConfigurationError if the issuer is no CA, it would live for more than a year, or another option cannot be used
 * @throws UnavailableError `authority_unavailable` if the key store could not sign
 */
export async function issueOcspCertificate(options: OcspCertificateOptions): Promise<Uint8Array> {
  const issuer = createCertificateIssuer(options.issuer, 'issuer');
  if (options.notAfter.getTime() - options.notBefore.getTime() > MAX_LIFETIME_MS) {
    throw new ConfigurationError('notAfter', { message: 'must be at most a year after notBefore' });
  }
  return encodeIssuedCertificate(issuer, options, [
    encodeBasicConstraints({ ca: false }),
    encodeKeyUsage('digitalSignature'),
    encodeExtendedKeyUsage(oid.ocspSigning),
    encodeOcspNoCheck(),
  ]);
}
