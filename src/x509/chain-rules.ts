// x509: imports core and x509 only.

import type { KnownReasonCode } from '../core/reason-code.js';
import type { Certificate } from './certificate.js';
import type { KeyUsage } from './certificate-extensions.js';
import { isAcceptableKey } from './verify-issued-by.js';

/** What the certificates of a path must allow, and when. */
export interface PathRequirements {
  /** The time by which every certificate must be valid, that of the anchor included. */
  readonly now: Date;
  /**
   * OID of the purpose that the leaf must state, and every CA that states purposes at all; `anyExtendedKeyUsage` is not
   * enough. `null`: the purpose is not asked.
   */
  readonly extendedKeyUsage: string | null;
  /** A key usage that the leaf must state. Default: `null`, none is asked. */
  readonly keyUsage?: KeyUsage | null;
  /** For how many seconds after its end the leaf is still taken. Default: 0. Never applies to CAs. */
  readonly leafGraceSeconds?: number;
  /** What the first certificate must be: no CA, or a CA. Default: `end-entity`. */
  readonly target?: 'end-entity' | 'ca';
}

/** What is wrong with the first certificate of a chain for the use that is asked of it. */
export function findTargetFaults(leaf: Certificate, request: PathRequirements): readonly KnownReasonCode[] {
  const { basicConstraints, keyUsage, extendedKeyUsage } = leaf.extensions;
  const faults: KnownReasonCode[] = [];
  const isCa = basicConstraints?.ca === true;
  if ((request.target ?? 'end-entity') === 'end-entity') {
    if (isCa || keyUsage?.has('keyCertSign') === true) faults.push('leaf_is_ca');
  } else if (!isCa) {
    faults.push('issuer_not_ca');
  }
  const usage = request.keyUsage ?? null;
  if (usage !== null && keyUsage?.has(usage) !== true) faults.push('key_usage_refused');
  const purpose = request.extendedKeyUsage;
  if (purpose !== null && extendedKeyUsage?.includes(purpose) !== true)
    faults.push('extended_key_usage_refused');
  return faults;
}

/**
 * What is wrong with the certificates of a path, signatures and name constraints apart (RFC 5280 section 6.1.3 to 6.1.5).
 *
 * @param path leaf first, anchor last
 */
export function findPathFaults(
  path: readonly Certificate[],
  request: PathRequirements,
): readonly KnownReasonCode[] {
  const faults: KnownReasonCode[] = [];
  let casBelow = 0;
  for (const [index, certificate] of path.entries()) {
    const isLeaf = index === 0;
    const graceSeconds = isLeaf ? (request.leafGraceSeconds ?? 0) : 0;
    faults.push(...findCertificateFaults(certificate, request.now.getTime(), graceSeconds));
    if (isLeaf) continue;
    faults.push(...findIssuerFaults(certificate, request.extendedKeyUsage));
    if ((certificate.extensions.basicConstraints?.pathLength ?? Infinity) < casBelow) {
      faults.push('path_length_exceeded');
    }
    // Neither the leaf nor a CA that issued to itself, as when it changes its key, counts (section 4.2.1.9).
    if (!certificate.isSelfIssued) casBelow += 1;
  }
  return faults;
}

/** What is wrong with a certificate wherever it stands. */
function findCertificateFaults(
  certificate: Certificate,
  time: number,
  graceSeconds: number,
): readonly KnownReasonCode[] {
  const faults: KnownReasonCode[] = [];
  const { extensions, notBefore, notAfter } = certificate;
  // Written so that a time that is no time refuses.
  const begun = notBefore.getTime() <= time;
  const notEnded = time <= notAfter.getTime() + graceSeconds * 1000;
  if (!begun) faults.push('certificate_not_yet_valid');
  if (!notEnded) faults.push('certificate_expired');
  if (!isAcceptableKey(certificate.publicKey)) faults.push('key_refused');
  if (extensions.criticalUnknown.length > 0) faults.push('unknown_critical_extension');
  if (extensions.hasPolicyConstraints) faults.push('constraint_not_supported');
  return faults;
}

/** What is wrong with a certificate that issued another one. */
function findIssuerFaults(issuer: Certificate, purpose: string | null): readonly KnownReasonCode[] {
  const faults: KnownReasonCode[] = [];
  const { basicConstraints, keyUsage, extendedKeyUsage } = issuer.extensions;
  if (issuer.version !== 3) faults.push('version_refused');
  if (basicConstraints?.ca !== true) faults.push('issuer_not_ca');
  if (keyUsage?.has('keyCertSign') === false) faults.push('issuer_key_usage');
  if (purpose !== null && extendedKeyUsage?.includes(purpose) === false)
    faults.push('extended_key_usage_refused');
  return faults;
}
