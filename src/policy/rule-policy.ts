// policy: imports core, contracts and this folder only.

import { assertWholeNumber } from '../core/assert-option.js';
import { ConfigurationError, UnavailableError } from '../core/errors.js';
import { createTierScale, type Tier, type TierScale } from '../core/tier-scale.js';
import type { Decision, Policy } from '../contracts/policy.js';
import { allOf, anyOf } from './combinators.js';
import { assertRule, evaluateRule } from './evaluate-rule.js';
import { refuse, type Fallback } from './fallback.js';
import type { Rule } from './rule.js';
import { requireRecognizedApp } from './rules.js';

/** Which evidence gives which tier. */
export interface TierAssignment {
  /** Name of a tier of the scale. */
  readonly tier: string;
  /** What the tier takes, besides what `require` demands of everyone. */
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
  /** The team's tiers. Default: {@link createTierScale} with the default tiers. */
  readonly tiers?: TierScale;
}

/**
 * Creates a policy of rules. Its decisions follow from the context alone, and a denial carries the reasons of every rule
 * that stood in the way.
 *
 * Each rule reads all verdicts. Where several rules must be true of one and the same device, wrap them in
 * `fromOneVerdict`.
 *
 * @throws ConfigurationError if a tier is not of the scale, the assignments are not strongest first, a life is
 *   longer than that of its tier, or the fallback's tier is not weaker than all assigned ones
 */
export function createPolicy(options: PolicyOptions): Policy {
  const { assign, require: gate = requireRecognizedApp(), withoutEvidence = refuse() } = options;
  const { tiers = createTierScale() } = options;
  assertRule('require', gate);
  checkAssignments(assign, tiers);
  const fallback = decideWithoutEvidence(withoutEvidence, assign, tiers);
  const demanded = allOf(gate, anyOf(...assign.map((assignment) => assignment.when)));

  return {
    evaluate(context) {
      if (context.verdicts.length === 0) return fallback;
      const result = evaluateRule(demanded, context);
      if (!result.satisfied) return { outcome: 'deny', reasons: result.reasons, action: result.action };
      const given = assign.find((assignment) => evaluateRule(assignment.when, context).satisfied);
      const tier = given && tiers.find(given.tier);
      if (!tier) throw new UnavailableError('policy_unavailable', { message: 'a rule changed its mind' });
      return {
        outcome: 'allow',
        tier: tier.name,
        lifetimeSeconds: given.lifetimeSeconds ?? tier.lifetimeSeconds,
        reasons: [...new Set([...result.reasons, 'tier_assigned'])],
      };
    },
  };
}

function checkAssignments(assign: readonly TierAssignment[], tiers: TierScale): void {
  if (assign.length === 0) throw new ConfigurationError('assign', { message: 'at least one tier is needed' });
  for (const [index, { tier, when, lifetimeSeconds }] of assign.entries()) {
    const option = `assign[${index}]`;
    assertRule(`${option}.when`, when);
    checkTier(option, tier, lifetimeSeconds, tiers);
    const stronger = assign[index - 1];
    if (stronger && tiers.atLeast(tier, stronger.tier)) {
      throw new ConfigurationError(`${option}.tier`, { message: 'must be weaker than the one before it' });
    }
  }
}

/** A life may be shortened here and not lengthened, so that the scale stays the one place that says how long at most. */
function checkTier(
  option: string,
  name: string,
  lifetimeSeconds: number | undefined,
  tiers: TierScale,
): Tier {
  const tier = tiers.find(name);
  if (!tier) throw new ConfigurationError(`${option}.tier`, { message: 'is not a tier of the scale' });
  if (lifetimeSeconds !== undefined) {
    assertWholeNumber(`${option}.lifetimeSeconds`, lifetimeSeconds, 60, tier.lifetimeSeconds);
  }
  return tier;
}

/** What is decided without evidence is the same for everyone, so it is decided once. */
function decideWithoutEvidence(
  fallback: Fallback,
  assign: readonly TierAssignment[],
  tiers: TierScale,
): Decision {
  switch (fallback.kind) {
    case 'refuse':
      return { outcome: 'deny', reasons: ['evidence_missing'], action: 'reattest' };
    case 'another-provider': {
      const accepted = fallback.providers.map((provider) => `accepts:${provider}`);
      return { outcome: 'deny', reasons: ['evidence_missing', ...accepted], action: 'reattest' };
    }
    case 'weak-tier': {
      const { tier, lifetimeSeconds } = fallback;
      const checked = checkTier('withoutEvidence', tier, lifetimeSeconds, tiers);
      if (assign.some((assignment) => tiers.atLeast(tier, assignment.tier))) {
        throw new ConfigurationError('withoutEvidence.tier', {
          message: 'must be weaker than every assigned tier',
        });
      }
      return {
        outcome: 'allow',
        tier,
        lifetimeSeconds: lifetimeSeconds ?? checked.lifetimeSeconds,
        reasons: ['fallback_without_evidence'],
      };
    }
  }
}
