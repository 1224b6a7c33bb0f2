// authentication: imports core, contracts, x509.

import { ConfigurationError } from '../core/errors.js';
import { parseCertificate, type Certificate } from '../x509/certificate.js';
import { parsePem } from '../x509/pem.js';

/** Whose certificates count, PEM or DER. */
export interface IssuerCertificates {
  /** The issuing CAs of device certificates: exactly these are trusted, not what is above them. At least one. */
  readonly deviceIssuers: readonly (string | Uint8Array)[];
  /** The CAs of bootstrap certificates. They open the enrolment endpoints and nothing else. */
  readonly bootstrapIssuers: readonly (string | Uint8Array)[];
}

/** The same, read and checked. */
export interface TrustedIssuers {
  readonly devices: readonly Certificate[];
  readonly bootstrap: readonly Certificate[];
}

/**
 * @throws ConfigurationError unless each is one CA certificate with a subject key identifier, no CA is of both kinds, and
 *   there is one for devices
 */
export function readTrustedIssuers(certificates: IssuerCertificates): TrustedIssuers {
  const devices = readIssuers('deviceIssuers', certificates.deviceIssuers);
  const bootstrap = readIssuers('bootstrapIssuers', certificates.bootstrapIssuers);
  if (devices.length === 0)
    throw new ConfigurationError('deviceIssuers', { message: 'at least one is needed' });
  if (
    bootstrap.some(({ publicKey }) => devices.some((issuer) => issuer.publicKey.sha256 === publicKey.sha256))
  ) {
    throw new ConfigurationError('bootstrapIssuers', {
      message: 'must not be issuers of device certificates, nor have their keys',
    });
  }
  return { devices, bootstrap };
}

function readIssuers(option: string, issuers: readonly (string | Uint8Array)[]): readonly Certificate[] {
  return issuers.map((issuer, index) => {
    const fail = (message: string, cause?: unknown) =>
      new ConfigurationError(`${option}[${index}]`, { message, ...(cause === undefined ? {} : { cause }) });
    let certificate: Certificate;
    try {
      const [der, ...more] = typeof issuer === 'string' ? parsePem(issuer, 'CERTIFICATE') : [issuer];
      if (der === undefined || more.length > 0) throw fail('must be exactly one certificate');
      certificate = parseCertificate(Uint8Array.from(der));
      certificate.publicKey.keyObject();
    } catch (cause) {
      throw cause instanceof ConfigurationError ? cause : fail('is no certificate', cause);
    }
    if (certificate.extensions.basicConstraints?.ca !== true) throw fail('is no CA certificate');
    if (certificate.extensions.subjectKeyIdentifier === null) throw fail('has no subject key identifier');
    return certificate;
  });
}
