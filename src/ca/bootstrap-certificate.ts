// ca: imports core, contracts, x509.

import { encodeBasicConstraints, encodeExtendedKeyUsage, encodeKeyUsage } from '../x509/encode-extensions.js';
import { oid } from '../x509/oid.js';
import { type CertificateIssuerOptions, createCertificateIssuer } from './certificate-issuer.js';
import { encodeIssuedCertificate, type OperatorCertificateOptions } from './encode-issued-certificate.js';

/** The client certificate of an app release to make. */
export interface BootstrapCertificateOptions extends Omit<OperatorCertificateOptions, 'subject'> {
  /** The bootstrap CA: another one than that of device certificates, so that neither passes for the other. */
  readonly issuer: CertificateIssuerOptions;
  /** Names the release, such as `app 4.2`; 1 to 64 characters. */
  readonly release: string;
}

/**
 * Makes the client certificate that all installs of a release share. It proves nothing of a device, and says so: no device id,
 * no tier.
 *
 * @returns DER
 * @throws ConfigurationError if the issuer is no CA, or another option cannot be used
 * @throws UnavailableError `authority_unavailable` if the key store could not sign
 */
export async function issueBootstrapCertificate(options: BootstrapCertificateOptions): Promise<Uint8Array> {
  const issuer = createCertificateIssuer(options.issuer, 'issuer');
  const subject = { commonName: options.release };
  return encodeIssuedCertificate(issuer, { ...options, subject }, [
    encodeBasicConstraints({ ca: false }),
    encodeKeyUsage('digitalSignature'),
    encodeExtendedKeyUsage(oid.clientAuth),
  ]);
}
