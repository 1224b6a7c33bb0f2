// enrolment: imports core, contracts, x509.

import type { AppraisalSummary } from '../contracts/certificate-store.js';
import type { IntegrityVerdict } from '../contracts/integrity-verdict.js';
import type { AllowDecision, ObservedRefusal, PolicyContext, VerdictSummary } from '../contracts/policy.js';

/** What the audit trail keeps of a request that the policy has not decided on; `observed` is what its evidence lacked. */
export function summarizeRequest(
  { verdicts, claimed, now }: PolicyContext,
  observed: readonly ObservedRefusal[],
): AppraisalSummary {
  return {
    reasons: [],
    verdicts: verdicts.map(summarizeVerdict),
    claimed,
    evidenceAt: verdicts.length === 0 ? null : now,
    evidenceDueAt: null,
    outage: null,
    observed,
  };
}

/** What is kept with a certificate: of earlier evidence, that it was verified when it was. */
export function summarizeDecision(
  context: PolicyContext,
  decision: AllowDecision,
  observedBefore: readonly ObservedRefusal[],
): AppraisalSummary {
  const { reasons, basis, evidenceDueAt = null, observed = [] } = decision;
  const requested = {
    ...summarizeRequest(context, [...observedBefore, ...observed]),
    reasons,
    evidenceDueAt,
  };
  const earlier = context.history?.evidence ?? null;
  if (basis !== 'earlier' || earlier === null) return requested;
  const fresh = new Set(requested.verdicts.map(({ provider }) => provider));
  const carried = earlier.verdicts.filter(({ provider }) => !fresh.has(provider));
  return { ...requested, verdicts: [...requested.verdicts, ...carried], evidenceAt: earlier.verifiedAt };
}

/**
 * What earlier evidence proved, it proved of the key that it was bound to, and of the device that renews. A new key may have
 * been made anywhere.
 */
export function mayRestOnEarlierEvidence({ action, sameKey, history }: PolicyContext): boolean {
  return action === 'renew' && sameKey && history !== null && history.evidence !== null;
}

function summarizeVerdict(verdict: IntegrityVerdict): VerdictSummary {
  return {
    provider: verdict.provider,
    kind: verdict.kind,
    issuedAt: verdict.issuedAt,
    deviceIntegrity: verdict.device.integrity,
    appRecognition: verdict.app.recognition,
  };
}
