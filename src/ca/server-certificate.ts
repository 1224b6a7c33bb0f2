// ca: imports core, contracts, x509.

import { ConfigurationError } from '../core/errors.js';
import {
  encodeBasicConstraints,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeSubjectAltName,
} from '../x509/encode-extensions.js';
import type { SubjectAltName } from '../x509/encode-general-name.js';
import { oid } from '../x509/oid.js';
import { readSpki } from '../x509/signing-key.js';
import { type CertificateIssuerOptions, createCertificateIssuer } from './certificate-issuer.js';
import { encodeIssuedCertificate, type OperatorCertificateOptions } from './encode-issued-certificate.js';

/** A server's certificate to make. */
export interface ServerCertificateOptions extends OperatorCertificateOptions {
  readonly issuer: CertificateIssuerOptions;
  /** Host names and addresses at which clients reach it, such as `localhost` and `127.0.0.1`. */
  readonly names: readonly SubjectAltName[];
}

/**
 * Makes the certificate of a TLS server in a private PKI: keyUsage digitalSignature, for RSA keyEncipherment too; extKeyUsage
 * serverAuth; its names as subjectAltName.
 *
 * @returns DER
 * @throws ConfigurationError if the issuer is no CA, there is no name, or another option cannot be used
 * @throws UnavailableError `authority_unavailable` if the key store could not sign
 */
export async function issueServerCertificate(options: ServerCertificateOptions): Promise<Uint8Array> {
  if (options.names.length === 0)
    throw new ConfigurationError('names', { message: 'at least one is needed' });
  const issuer = createCertificateIssuer(options.issuer, 'issuer');
  const isRsa = readSpki(options.publicKey).kind === 'RSA';
  return encodeIssuedCertificate(issuer, options, [
    encodeBasicConstraints({ ca: false }),
    isRsa ? encodeKeyUsage('digitalSignature', 'keyEncipherment') : encodeKeyUsage('digitalSignature'),
    encodeExtendedKeyUsage(oid.serverAuth),
    encodeSubjectAltName(...options.names),
  ]);
}
