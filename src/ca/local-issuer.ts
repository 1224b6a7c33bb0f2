// ca: imports core, contracts, x509.

import { encodeHex } from '../core/bytes.js';
import { ConfigurationError, RejectedError } from '../core/errors.js';
import type { IssuerCertificate } from '../contracts/certificate-authority.js';
import type { Certificate } from '../x509/certificate.js';
import { oid } from '../x509/oid.js';
import type { SigningKey } from '../x509/signing-key.js';
import { verifyIssuedBy } from '../x509/verify-issued-by.js';
import {
  type CertificateIssuerOptions,
  createCertificateIssuer,
  readCertificates,
} from './certificate-issuer.js';
import {
  createOcspSigningKey,
  type OcspResponderKeyOptions,
  type OcspSigningKey,
} from './ocsp-signing-key.js';

/** An issuing CA of device certificates. */
export interface LocalIssuerOptions extends CertificateIssuerOptions {
  /**
   * The CAs above it, nearest first, without the root; each PEM (one certificate or more) or DER. Default: none, for a
   * CA that the root issued.
   */
  readonly chain?: readonly (string | Uint8Array)[];
  /**
   * Signs OCSP answers in place of the CA: a certificate of {@link issueOcspCertificate}, and its key. Once it has ended, no OCSP
   * answer is signed, so replace it in time. Default: the CA signs them itself.
   */
  readonly ocspResponder?: OcspResponderKeyOptions;
}

/** An issuing CA that is ready to sign. */
export interface LocalIssuer {
  readonly published: IssuerCertificate;
  readonly certificate: Certificate;
  readonly key: SigningKey;
  /** The 20 octets of its subjectKeyIdentifier extension. */
  readonly keyIdentifier: Uint8Array;
  readonly ocsp: OcspSigningKey;
}

/**
 * Makes an issuing CA ready.
 *
 * @param option path of the options, for the error
 * @throws ConfigurationError for everything that {@link createCertificateIssuer} refuses; if the CA has name or policy constraints, or
 *   extended key usages without clientAuth, any of which device certificates would break; if the chain is not one, holds
 *   the root, or allows fewer CAs below than there are; for everything that {@link createOcspSigningKey} refuses
 */
export function createLocalIssuer(options: LocalIssuerOptions, option: string): LocalIssuer {
  const issuer = createCertificateIssuer(options, option);
  const { certificate, keyIdentifier } = issuer;
  const { nameConstraints, hasPolicyConstraints, extendedKeyUsage } = certificate.extensions;
  if (nameConstraints !== null || hasPolicyConstraints) {
    throw new ConfigurationError(`${option}.certificate`, {
      message: 'must have no name or policy constraints: device certificates would not meet them',
    });
  }
  if (extendedKeyUsage?.includes(oid.clientAuth) === false) {
    throw new ConfigurationError(`${option}.certificate`, {
      message: 'must have the extended key usage clientAuth, or none at all',
    });
  }
  const chain = (options.chain ?? []).flatMap((value) => readCertificates(value, `${option}.chain`));
  verifyChainAbove(certificate, chain, `${option}.chain`);
  const published = {
    issuerId: encodeHex(keyIdentifier),
    certificate: certificate.der,
    chain: chain.map(({ der }) => der),
  };
  const ocsp = createOcspSigningKey(options.ocspResponder, issuer, `${option}.ocspResponder`);
  return { ...issuer, published, ocsp };
}

/** Dates are left alone: the chain of a former issuer may have ended. */
function verifyChainAbove(issuer: Certificate, chain: readonly Certificate[], option: string): void {
  let below = issuer;
  for (const [index, ca] of chain.entries()) {
    const fault = findFault(below, ca, index + 1);
    if (fault !== null)
      throw new ConfigurationError(option, { message: `certificate ${index + 1} ${fault}` });
    below = ca;
  }
}

function findFault(below: Certificate, ca: Certificate, casBelow: number): string | null {
  const { basicConstraints, keyUsage } = ca.extensions;
  if (ca.isSelfIssued) return 'is a root: relying parties have it already';
  if (basicConstraints?.ca !== true || keyUsage?.has('keyCertSign') === false) return 'is not that of a CA';
  if ((basicConstraints.pathLength ?? Infinity) < casBelow) return 'does not allow this many CAs below it';
  try {
    verifyIssuedBy(below, ca);
    return null;
  } catch (error) {
    if (!(error instanceof RejectedError)) throw error;
    return `did not issue the one before it (${error.reasons.join(', ')})`;
  }
}
