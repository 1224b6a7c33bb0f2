// x509: imports core and x509 only.

import { RejectedError } from '../core/errors.js';
import type { KnownReasonCode } from '../core/reason-code.js';
import type { Certificate } from './certificate.js';
import type { Crl } from './crl.js';
import { isEmptyName, isSameName } from './distinguished-name.js';
import { hasValidSignature } from './signature-algorithm.js';

/** What {@link verifyCrl} is asked. */
export interface VerifyCrlRequest {
  readonly crl: Crl;
  /** The certificate whose key should have signed the CRL: one that {@link verifyChain} has accepted, key and all. */
  readonly issuer: Certificate;
  readonly now: Date;
  /**
   * How old, in seconds since `thisUpdate`, the CRL may be. Default: `null`, as old as its `nextUpdate` allows; a CRL
   * without `nextUpdate` is then refused.
   */
  readonly maxAgeSeconds?: number | null;
}

/** A CRL that its issuer signed, that is current, and that has nothing critical in it that we do not process. */
export interface VerifiedCrl {
  readonly crl: Crl;
  readonly issuer: Certificate;
}

/**
 * Verifies a complete or partitioned CRL (RFC 5280 section 6.3.3); delta CRLs and indirect CRLs are refused. Which certificates
 * it speaks for is another question: see {@link findCrlStatus}.
 *
 * @throws RejectedError `certificate_untrusted`, with every check that failed in `reasons`: `issuer_name_mismatch`,
 *   `issuer_key_usage`, `algorithm_refused`, `signature_invalid`, `unknown_critical_extension`,
 *   `constraint_not_supported` (a delta or indirect CRL), `crl_not_yet_valid`, `crl_stale`
 */
export function verifyCrl(request: VerifyCrlRequest): VerifiedCrl {
  const { crl, issuer } = request;
  const reasons = [...findSignerFaults(crl, issuer), ...findContentFaults(crl), ...findTimeFaults(request)];
  if (reasons.length > 0) {
    throw new RejectedError('certificate_untrusted', {
      message: `the CRL is refused: ${reasons.join(', ')}`,
      reasons,
    });
  }
  return { crl, issuer };
}

function findSignerFaults(crl: Crl, issuer: Certificate): readonly KnownReasonCode[] {
  if (isEmptyName(crl.issuer) || !isSameName(crl.issuer, issuer.subject)) return ['issuer_name_mismatch'];
  const faults: KnownReasonCode[] = [];
  if (issuer.extensions.keyUsage?.has('cRLSign') === false) faults.push('issuer_key_usage');
  const { signatureAlgorithm: algorithm, tbs, signature } = crl;
  if (algorithm === null) return [...faults, 'algorithm_refused'];
  if (!hasValidSignature({ algorithm, signed: tbs, signature }, issuer.publicKey))
    faults.push('signature_invalid');
  return faults;
}

function findContentFaults(crl: Crl): readonly KnownReasonCode[] {
  const faults: KnownReasonCode[] = [];
  if (crl.deltaBase !== null || crl.issuingDistributionPoint?.indirectCrl === true)
    faults.push('constraint_not_supported');
  if (crl.criticalUnknown.length > 0) faults.push('unknown_critical_extension');
  return faults;
}

function findTimeFaults({ crl, now, maxAgeSeconds = null }: VerifyCrlRequest): readonly KnownReasonCode[] {
  const faults: KnownReasonCode[] = [];
  // Written so that a time that is no time refuses.
  const begun = crl.thisUpdate.getTime() <= now.getTime();
  if (!begun) faults.push('crl_not_yet_valid');
  const ends = [
    crl.nextUpdate?.getTime() ?? Infinity,
    maxAgeSeconds === null ? Infinity : crl.thisUpdate.getTime() + maxAgeSeconds * 1000,
  ];
  const end = Math.min(...ends);
  const current = end !== Infinity && now.getTime() <= end;
  if (!current) faults.push('crl_stale');
  return faults;
}
