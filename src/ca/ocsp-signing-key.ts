// ca: imports core, contracts, x509.

import { ConfigurationError, RejectedError } from '../core/errors.js';
import { equalBytes } from '../core/bytes.js';
import type { Certificate } from '../x509/certificate.js';
import { encodeKeyIdentifier } from '../x509/key-identifier.js';
import { oid } from '../x509/oid.js';
import type { SigningKey } from '../x509/signing-key.js';
import { verifyIssuedBy } from '../x509/verify-issued-by.js';
import {
  type CertificateIssuer,
  type CertificateIssuerOptions,
  readOneCertificate,
  readSigningKey,
} from './certificate-issuer.js';

/** The key and certificate of an OCSP responder, such as {@link issueOcspCertificate} makes. */
export type OcspResponderKeyOptions = CertificateIssuerOptions;

/** What OCSP answers are signed with. */
export interface OcspSigningKey {
  readonly certificate: Certificate;
  readonly key: SigningKey;
  /** SHA-1 of the bits of its public key: its name in OCSP. */
  readonly keyHash: Uint8Array;
}

/**
 * Puts a responder's certificate and its key together; without one, the CA signs by itself. Dates are left alone: they count
 * when an answer is signed.
 *
 * @param option path of the options, for the error
 * @throws ConfigurationError unless the CA issued the certificate, for OCSP (RFC 6960 section 4.2.2.2), and the key is its key
 */
export function createOcspSigningKey(
  options: OcspResponderKeyOptions | undefined,
  issuer: CertificateIssuer,
  option: string,
): OcspSigningKey {
  if (options === undefined) {
    const { certificate, key } = issuer;
    return { certificate, key, keyHash: encodeKeyIdentifier(certificate.publicKey) };
  }
  const certificate = readOneCertificate(options.certificate, `${option}.certificate`);
  const fault = findResponderFault(certificate, issuer.certificate);
  if (fault !== null) throw new ConfigurationError(`${option}.certificate`, { message: fault });
  const key = readSigningKey(options.privateKey, `${option}.privateKey`);
  if (!equalBytes(key.publicKey, certificate.publicKey.spki)) {
    throw new ConfigurationError(`${option}.privateKey`, { message: 'is not the key of the certificate' });
  }
  return { certificate, key, keyHash: encodeKeyIdentifier(certificate.publicKey) };
}

function findResponderFault(certificate: Certificate, issuer: Certificate): string | null {
  const { extendedKeyUsage, keyUsage, criticalUnknown } = certificate.extensions;
  if (extendedKeyUsage?.includes(oid.ocspSigning) !== true)
    return 'must have the extended key usage OCSPSigning';
  if (keyUsage?.has('digitalSignature') === false) return 'must have the key usage digitalSignature';
  if (criticalUnknown.length > 0) return 'has a critical extension that is not known';
  try {
    verifyIssuedBy(certificate, issuer);
    return null;
  } catch (error) {
    if (!(error instanceof RejectedError)) throw error;
    return `was not issued by the CA that it answers for (${error.reasons.join(', ')})`;
  }
}
