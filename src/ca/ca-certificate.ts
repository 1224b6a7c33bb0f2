// ca: imports core, contracts, x509.

import { ConfigurationError } from '../core/errors.js';
import { type Random, systemRandom } from '../core/random.js';
import { encodeCertificate } from '../x509/encode-certificate.js';
import {
  encodeBasicConstraints,
  encodeCrlDistributionPoint,
  encodeKeyUsage,
  encodeSubjectKeyIdentifier,
} from '../x509/encode-extensions.js';
import { encodeName, type SubjectName } from '../x509/encode-name.js';
import { encodeKeyIdentifier } from '../x509/key-identifier.js';
import { readSpki } from '../x509/signing-key.js';
import {
  type CertificateIssuerOptions,
  createCertificateIssuer,
  readSigningKey,
} from './certificate-issuer.js';
import {
  encodeIssuedCertificate,
  type OperatorCertificateOptions,
  verifyValidity,
} from './encode-issued-certificate.js';
import { createSerialNumber, SERIAL_NUMBER_BYTES } from './serial-number.js';

/** A root to make. */
export interface RootCertificateOptions {
  readonly subject: SubjectName;
  /** The root's own key. */
  readonly privateKey: CertificateIssuerOptions['privateKey'];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** How many CAs may stand one below the other under it. Default 1: those that sign devices, and none below them. */
  readonly pathLength?: number;
  readonly random?: Random;
}

/**
 * Makes a self-signed root certificate: basicConstraints and keyUsage (keyCertSign, cRLSign) critical, subjectKeyIdentifier by
 * SHA-1 of the key.
 *
 * @returns DER
 * @throws ConfigurationError if an option cannot be used
 * @throws UnavailableError `authority_unavailable` if the key store could not sign
 */
export async function issueRootCertificate(options: RootCertificateOptions): Promise<Uint8Array> {
  const { notBefore, notAfter, pathLength = 1, random = systemRandom } = options;
  verifyValidity(options);
  const key = readSigningKey(options.privateKey, 'privateKey');
  const subject = encodeName(options.subject);
  const content = {
    serialNumber: createSerialNumber(random(SERIAL_NUMBER_BYTES)),
    issuer: subject,
    notBefore,
    notAfter,
    subject,
    publicKey: key.publicKey,
    extensions: [
      encodeBasicConstraints({ ca: true, pathLength }),
      encodeKeyUsage('keyCertSign', 'cRLSign'),
      encodeSubjectKeyIdentifier(encodeKeyIdentifier(readSpki(key.publicKey))),
    ],
  };
  return encodeCertificate(content, key);
}

/** A CA below another one to make. */
export interface IntermediateCertificateOptions extends OperatorCertificateOptions {
  readonly issuer: CertificateIssuerOptions;
  /** Where the CRL is on which this CA would stand: that of its issuer. Default: nowhere. */
  readonly crlUrl?: string;
}

/**
 * Makes the certificate of a CA that signs end entities and no further CA: pathLenConstraint 0.
 *
 * @returns DER
 * @throws ConfigurationError if the issuer is no CA or may have no CA below it, or another option cannot be used
 * @throws UnavailableError `authority_unavailable` if the key store could not sign
 */
export async function issueIntermediateCertificate(
  options: IntermediateCertificateOptions,
): Promise<Uint8Array> {
  const issuer = createCertificateIssuer(options.issuer, 'issuer');
  if (issuer.certificate.extensions.basicConstraints?.pathLength === 0) {
    throw new ConfigurationError('issuer.certificate', { message: 'allows no CA below it' });
  }
  return encodeIssuedCertificate(issuer, options, [
    encodeBasicConstraints({ ca: true, pathLength: 0 }),
    encodeKeyUsage('keyCertSign', 'cRLSign'),
    ...(options.crlUrl === undefined ? [] : [encodeCrlDistributionPoint(options.crlUrl)]),
  ]);
}
