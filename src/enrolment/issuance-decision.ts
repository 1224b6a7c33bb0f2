// enrolment: imports core, contracts, x509.

import type { UnavailableErrorCode } from '../core/error-code.js';
import { DeviceTrustError, MalformedError, RejectedError, UnavailableError } from '../core/errors.js';
import type { Tier, TierScale } from '../core/tier-scale.js';
import type { AppraisalSummary } from '../contracts/certificate-store.js';
import type { AllowDecision, Decision, ObservedRefusal, Policy, PolicyContext } from '../contracts/policy.js';
import { mayRestOnEarlierEvidence, summarizeDecision } from './appraisal-summary.js';
import type { EvidenceOutage } from './evidence-appraisal.js';
import type { OutagePolicy } from './outage-policy.js';

/** What is decided on. */
export interface DecisionRequest {
  readonly context: PolicyContext;
  /** Evidence that nobody could judge. */
  readonly outages: readonly EvidenceOutage[];
  /** What was only observed of the evidence. */
  readonly observed: readonly ObservedRefusal[];
  readonly signal?: AbortSignal;
}

/** A certificate may be issued. */
export interface IssuanceDecision {
  readonly decision: AllowDecision;
  readonly tier: Tier;
  /** What is kept with the certificate. */
  readonly appraised: AppraisalSummary;
}

/** What may be an outage of the vendor. Whatever we ourselves held back is none. */
const OUTAGE_CODES: ReadonlySet<UnavailableErrorCode> = new Set([
  'provider_unavailable',
  'provider_quota_exhausted',
]);

/**
 * Makes what asks the policy, or in an outage the outage policy, and believes neither more than it may.
 *
 * It throws {@link RejectedError} `policy_denied`; {@link UnavailableError} `policy_unavailable`, or that of the first outage
 * if the request must wait.
 */
export function createIssuanceDecision(options: {
  readonly policy: Policy;
  readonly tiers: TierScale;
  readonly outage?: OutagePolicy | null;
}): (request: DecisionRequest) => Promise<IssuanceDecision> {
  const { policy, tiers, outage = null } = options;

  async function evaluate({ context, outages, signal }: DecisionRequest): Promise<Decision> {
    const [first] = outages;
    if (first === undefined) return policy.evaluate(context);
    const couldNotBeAsked = outages.every(({ error }) => OUTAGE_CODES.has(error.code));
    if (outage === null || !couldNotBeAsked || hasGone(signal)) throw first.error;
    // The word of what was verified counts: nothing is extended against it.
    if (context.verdicts.length > 0 && (await policy.evaluate(context)).outcome === 'deny') throw first.error;
    const decision = await outage.evaluate(
      context,
      outages.map(({ provider }) => provider),
    );
    // A client that hangs up makes every call fail, the probe's too in the end.
    if (decision === null || hasGone(signal)) throw first.error;
    return decision;
  }

  async function decide(request: DecisionRequest): Promise<Decision> {
    try {
      return await evaluate(request);
    } catch (cause) {
      if (cause instanceof DeviceTrustError && !(cause instanceof MalformedError)) throw cause;
      throw new UnavailableError('policy_unavailable', { message: 'the policy failed', cause });
    }
  }

  return async (request) => {
    const { context, outages, observed } = request;
    const decision = await decide(request);
    if (decision.outcome === 'deny') {
      const { reasons, action } = decision;
      throw new RejectedError('policy_denied', { message: 'the policy denies', reasons, action });
    }
    const tier = tiers.find(decision.tier);
    if (tier === undefined || !Number.isInteger(decision.lifetimeSeconds) || decision.lifetimeSeconds < 1) {
      throw new UnavailableError('policy_unavailable', {
        message: 'the policy gave no usable tier or lifetime',
      });
    }
    if (decision.basis === 'earlier' && !mayRestOnEarlierEvidence(context)) {
      throw new UnavailableError('policy_unavailable', {
        message: 'the policy rests on earlier evidence where there is none, or for another key',
      });
    }
    const down = outages[0]?.provider ?? null;
    const appraised = { ...summarizeDecision(context, decision, observed), outage: down };
    return { decision, tier, appraised };
  };
}

function hasGone(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
