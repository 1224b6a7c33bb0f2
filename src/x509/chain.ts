// x509: imports core and x509 only.

import { RejectedError } from '../core/errors.js';
import type { KnownReasonCode } from '../core/reason-code.js';
import type { Certificate } from './certificate.js';
import { findPathFaults, findTargetFaults, type PathRequirements } from './chain-rules.js';
import { isSameName } from './distinguished-name.js';
import { findNameConstraintFault } from './permitted-name.js';
import { findIssuanceFault, findNameFault } from './verify-issued-by.js';

/** How many certificates may be presented if the caller does not say. */
const DEFAULT_MAX_CERTIFICATES = 4;

/** What {@link verifyChain} is asked. */
export interface VerifyChainRequest extends PathRequirements {
  /** As presented: leaf first, each followed by its issuer. No other order is tried. The anchor may be the last, or absent. */
  readonly certificates: readonly Certificate[];
  /** The certificates that we trust, and that the chain must end at. */
  readonly anchors: readonly Certificate[];
  /** How many certificates may be presented. Default: 4. */
  readonly maxCertificates?: number;
}

/** A chain in which everything has been checked. */
export interface VerifiedChain {
  readonly leaf: Certificate;
  /** The CAs between leaf and anchor, the leaf's issuer first; empty if the anchor issued the leaf. */
  readonly issuers: readonly Certificate[];
  readonly anchor: Certificate;
}

/**
 * Verifies a chain of certificates up to one of the pinned anchors, by RFC 5280 section 6.1 for an ordered chain, with
 * no required policies. Stricter than the RFC: the anchor is checked like any CA, dates included; and policy constraints,
 * policy mappings and inhibitAnyPolicy are refused. Revocation is not looked at here.
 *
 * @throws RejectedError `certificate_untrusted`, with every check that failed in `reasons`, of signatures the one nearest to the
 *   anchor, of name constraints once all signatures are good: `chain_empty`,
 *   `chain_too_long`, `no_trust_anchor`, `issuer_name_mismatch`, `algorithm_refused`, `key_refused`, `signature_invalid`,
 *   `certificate_expired`, `certificate_not_yet_valid`, `unknown_critical_extension`, `constraint_not_supported`,
 *   `name_not_permitted`, `version_refused`, `issuer_not_ca`, `issuer_key_usage`, `path_length_exceeded`, `leaf_is_ca`,
 *   `key_usage_refused`, `extended_key_usage_refused`
 */
export function verifyChain(request: VerifyChainRequest): VerifiedChain {
  const { certificates, anchors } = request;
  const [leaf] = certificates;
  const last = certificates.at(-1);
  if (leaf === undefined || last === undefined) throw untrusted(['chain_empty']);
  // Before anything else, so that nobody makes us verify more signatures than that.
  if (certificates.length > (request.maxCertificates ?? DEFAULT_MAX_CERTIFICATES)) {
    throw untrusted(['chain_too_long']);
  }
  const reasons = new Set<KnownReasonCode>(findTargetFaults(leaf, request));
  const { anchor, above, fault } = findAnchor(certificates, last, anchors);
  // From the anchor down, so that nobody makes us verify more signatures than are good, and one.
  let isSigned = anchor !== null;
  for (const [index, certificate] of [...certificates.slice(0, -1).entries()].reverse()) {
    const issuer = certificates[index + 1] ?? last;
    const linkFault = isSigned ? findIssuanceFault(certificate, issuer) : findNameFault(certificate, issuer);
    if (linkFault === null) continue;
    isSigned = false;
    reasons.add(linkFault);
  }
  if (fault !== null) reasons.add(fault);
  const path = [...certificates, ...above];
  for (const reason of findPathFaults(path, request)) reasons.add(reason);
  // Comparing names takes long where there are many, so that only names are compared that a CA of ours has signed.
  const nameFault = isSigned ? findNameConstraintFault(path) : null;
  if (nameFault !== null) reasons.add(nameFault);
  if (reasons.size > 0 || anchor === null) throw untrusted([...reasons]);
  return { leaf, issuers: path.slice(1, -1), anchor };
}

/** Where a chain ends. */
interface Ending {
  readonly anchor: Certificate | null;
  /** The anchor if it is not the last certificate of the chain itself. */
  readonly above: readonly Certificate[];
  readonly fault: KnownReasonCode | null;
}

/**
 * Finds the anchor that the last certificate is, byte for byte, or else one that issued it: of several with that name (a
 * root that changes its key) the one whose signature verifies. A leaf alone is never its own anchor.
 */
function findAnchor(
  certificates: readonly Certificate[],
  last: Certificate,
  anchors: readonly Certificate[],
): Ending {
  if (certificates.length > 1 && anchors.some(({ der }) => Buffer.compare(der, last.der) === 0)) {
    return { anchor: last, above: [], fault: null };
  }
  let firstFault: KnownReasonCode | null = null;
  for (const anchor of anchors.filter(({ subject }) => isSameName(last.issuer, subject))) {
    const fault = findIssuanceFault(last, anchor);
    if (fault === null) return { anchor, above: [anchor], fault: null };
    firstFault ??= fault;
  }
  return { anchor: null, above: [], fault: firstFault ?? 'no_trust_anchor' };
}

function untrusted(reasons: readonly KnownReasonCode[]): RejectedError {
  return new RejectedError('certificate_untrusted', {
    message: `the certificate chain is refused: ${reasons.join(', ')}`,
    reasons,
  });
}
