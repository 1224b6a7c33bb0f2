// policy: imports core, contracts and this folder only.

import { ConfigurationError, UnavailableError } from '../core/errors.js';
import { createTierScale, type TierScale } from '../core/tier-scale.js';
import type { Decision, Policy, PolicyContext } from '../contracts/policy.js';
import { assertTier, type TierGrant } from './assert-tier.js';
import { allOf, anyOf } from './combinators.js';
import { createEarlierEvidenceRule } from './earlier-evidence.js';
import { assertRule, evaluateRule } from './evaluate-rule.js';
import { refuse, type Fallback } from './fallback.js';
import type { Rule } from './rule.js';
import { requireRecognizedApp } from './rules.js';
import { createWithoutEvidence } from './without-evidence.js';

/** Which evidence gives which tier. */
export interface TierAssignment {
  /** Name of a tier of the scale. */
  readonly tier: string;
  /**
   * What the tier takes, besides what `require` demands of everyone. Not a rule that is only observed: a tier says what was
   * proven.
   */
  readonly when: Rule;
  /** A shorter life than the tier has by itself, in seconds; never a longer one. Default: that of the tier. */
  readonly lifetimeSeconds?: number;
}

export interface PolicyOptions {
  /** Strongest first: the first one whose rule holds gives the tier; if none does, the answer is no. */
  readonly assign: readonly TierAssignment[];
  /** What everyone must satisfy who sends evidence. Default: {@link requireRecognizedApp}. */
  readonly require?: Rule;
  /** For those who send none; no rule is asked about them. Default: {@link refuse}. */
  readonly withoutEvidence?: Fallback;
  /**
   * How old the evidence of a tier may be, by its name, in seconds from a minute to 365 days. Where a tier is named, a
   * renewal without evidence and with the same key gets that tier again, with its usual life, as long as the evidence that
   * the tier was given for is at most this old when it is asked for: the certificate may well outlive that moment. Reason
   * `earlier_evidence`. No rule is asked: evidence is not kept, only what it was worth. Past it, the answer is no
   * (`evidence_stale`, `reattest`), whatever `withoutEvidence` says: the device could attest before. A renewal with another
   * key, and one of a device whose evidence would have been refused if it were not only observed, takes the way of
   * `withoutEvidence`. Default: each renewal needs evidence.
   */
  readonly maxEvidenceAgeSeconds?: Readonly<Record<string, number>>;
  /** The team's tiers. Default: {@link createTierScale} with the default tiers. */
  readonly tiers?: TierScale;
}

/**
 * Creates a policy of rules. Its decisions follow from the context alone (and from the score, with `riskBased`), and a denial
 * carries the reasons of every rule that stood in the way.
 *
 * Each rule reads all verdicts. Where several rules must be true of one and the same device, wrap them in
 * `fromOneVerdict`.
 *
 * @throws ConfigurationError if a tier is not of the scale, the assignments are not strongest first, one has a rule that is only
 *   observed, a life is longer than that of its tier, a tier of the fallback is not weaker than all assigned ones, or
 *   an age is out of bounds or for a tier that is not assigned
 */
export function createPolicy(options: PolicyOptions): Policy {
  const { assign, require: gate = requireRecognizedApp(), withoutEvidence = refuse() } = options;
  const { tiers = createTierScale(), maxEvidenceAgeSeconds = {} } = options;
  assertRule('require', gate);
  const assigned = checkAssignments(assign, tiers);
  const grants = assigned.map(({ grant }) => grant);
  const earlier = createEarlierEvidenceRule(maxEvidenceAgeSeconds, grants);
  const decideWithoutEvidence = createWithoutEvidence(
    withoutEvidence,
    grants.map(({ tier }) => tier),
    tiers,
  );
  const demanded = allOf(gate, anyOf(...assigned.map(({ when }) => when)));

  function decideOnEvidence(context: PolicyContext): Decision {
    const result = evaluateRule(demanded, context);
    if (!result.satisfied) return { outcome: 'deny', reasons: result.reasons, action: result.action };
    const given = assigned.find(({ when }) => isProven(when, context));
    if (!given) {
      throw new UnavailableError('policy_unavailable', {
        message: 'a rule of a tier changed its mind, or only observes',
      });
    }
    const { grant } = given;
    const { observed = [] } = result;
    // What would have been refused is nothing to rest on later.
    const evidenceDueAt = observed.length > 0 ? undefined : earlier.findDueAt(grant.tier, context.now);
    return {
      outcome: 'allow',
      ...grant,
      reasons: [...new Set([...result.reasons, 'tier_assigned'])],
      ...(evidenceDueAt && { evidenceDueAt }),
      ...(observed.length > 0 && { observed }),
    };
  }

  return {
    evaluate(context) {
      return context.verdicts.length === 0
        ? (earlier.decide(context) ?? decideWithoutEvidence(context))
        : decideOnEvidence(context);
    },
  };
}

/** Whether a rule holds by itself, not for being observed. */
function isProven(rule: Rule, context: PolicyContext): boolean {
  const result = evaluateRule(rule, context);
  return result.satisfied && (result.observed ?? []).length === 0;
}

function checkAssignments(
  assign: readonly TierAssignment[],
  tiers: TierScale,
): readonly { readonly when: Rule; readonly grant: TierGrant }[] {
  if (assign.length === 0) throw new ConfigurationError('assign', { message: 'at least one tier is needed' });
  return assign.map((assignment, index) => {
    const option = `assign[${index}]`;
    const { tier, when } = assignment;
    assertRule(`${option}.when`, when);
    if (when.observes === true) {
      throw new ConfigurationError(`${option}.when`, {
        message: 'a rule that is only observed proves nothing: observe it in require',
      });
    }
    const grant = assertTier(option, assignment, tiers);
    const stronger = assign[index - 1];
    if (stronger && tiers.atLeast(tier, stronger.tier)) {
      throw new ConfigurationError(`${option}.tier`, { message: 'must be weaker than the one before it' });
    }
    return { when, grant };
  });
}
