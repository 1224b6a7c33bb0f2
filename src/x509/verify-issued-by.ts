// x509: imports core and x509 only.

import { RejectedError } from '../core/errors.js';
import type { KnownReasonCode } from '../core/reason-code.js';
import type { Certificate } from './certificate.js';
import { isEmptyName, isSameName } from './distinguished-name.js';
import type { PublicKey } from './public-key.js';
import { hasValidSignature } from './signature-algorithm.js';

const MIN_RSA_BITS = 2048;
/** A verification with a larger key takes longer than any caller should wait. */
const MAX_RSA_BITS = 8192;
/** OpenSSL's own bound for long moduli. A verification takes time with each bit of the exponent, and 17 bits are in use. */
const MAX_RSA_EXPONENT_OCTETS = 8;

/**
 * Verifies the link between a certificate and its issuer, and only that: the names chain, the algorithm and the key are
 * ones that we accept, the signature verifies. Dates, and what the issuer may do, are the caller's to check; for a chain
 * that comes from outside use {@link verifyChain}.
 *
 * @returns the certificate
 * @throws RejectedError `certificate_untrusted` with reason `issuer_name_mismatch`, `algorithm_refused`, `key_refused` or
 *   `signature_invalid`
 */
export function verifyIssuedBy(certificate: Certificate, issuer: Certificate): Certificate {
  const fault = findIssuanceFault(certificate, issuer);
  if (fault === null) return certificate;
  throw new RejectedError('certificate_untrusted', {
    message: `the certificate was not issued by the expected CA: ${fault}`,
    reasons: [fault],
  });
}

/** Whether a certificate says that it was issued by another subject; `null` if it does not. */
export function findNameFault(certificate: Certificate, issuer: Certificate): KnownReasonCode | null {
  const isNamed = !isEmptyName(certificate.issuer) && isSameName(certificate.issuer, issuer.subject);
  return isNamed ? null : 'issuer_name_mismatch';
}

/** What is wrong with the link between a certificate and its issuer; `null` if nothing is. */
export function findIssuanceFault(certificate: Certificate, issuer: Certificate): KnownReasonCode | null {
  const nameFault = findNameFault(certificate, issuer);
  if (nameFault !== null) return nameFault;
  const { signatureAlgorithm: algorithm, tbs, signature } = certificate;
  if (algorithm === null) return 'algorithm_refused';
  if (!isAcceptableKey(issuer.publicKey)) return 'key_refused';
  return hasValidSignature({ algorithm, signed: tbs, signature }, issuer.publicKey)
    ? null
    : 'signature_invalid';
}

/** Whether a key may stand in a chain: a curve of NIST, Ed25519, or RSA of 2048 to 8192 bits with an odd exponent of up to 64. */
export function isAcceptableKey(key: PublicKey): boolean {
  if (key.rsa === null) return key.kind !== 'other';
  const { exponent } = key.rsa;
  const lastOctet = exponent[exponent.length - 1] ?? 0;
  const oddAndAboveOne = (lastOctet & 1) === 1 && (exponent.length > 1 || lastOctet > 1);
  const isQuick = key.bits <= MAX_RSA_BITS && exponent.length <= MAX_RSA_EXPONENT_OCTETS;
  return key.bits >= MIN_RSA_BITS && isQuick && oddAndAboveOne;
}
