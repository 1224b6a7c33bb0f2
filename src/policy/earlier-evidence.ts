// policy: imports core, contracts and this folder only.

import { assertWholeNumber } from '../core/assert-option.js';
import { ConfigurationError } from '../core/errors.js';
import type { Decision, PolicyContext } from '../contracts/policy.js';
import type { TierGrant } from './assert-tier.js';

const MAX_AGE_SECONDS = 365 * 24 * 60 * 60;

/** Lets renewals rest on earlier evidence, within bounds. */
export interface EarlierEvidenceRule {
  /**
   * Decides on a request without evidence; `null` if earlier evidence has no say: another action, another key, no such
   * evidence, or a tier that has no bound.
   */
  decide(context: PolicyContext): Decision | null;
  /** Until when a device of this tier may renew without fresh evidence; `undefined`: each renewal needs it. */
  findDueAt(tier: string, verifiedAt: Date): Date | undefined;
}

/**
 * Makes the rule of how old evidence may be, by tier. It gives the tier that was proven, never more, and only for the key
 * that the evidence was bound to.
 *
 * @param grants what evidence gives
 * @throws ConfigurationError if an age is for a tier that evidence does not give, or not a whole number of seconds from a minute to
 *   365 days
 */
export function createEarlierEvidenceRule(
  maxAgeSeconds: Readonly<Record<string, number>>,
  grants: readonly TierGrant[],
): EarlierEvidenceRule {
  const ages = new Map(Object.entries(maxAgeSeconds));
  for (const [tier, age] of ages) {
    const option = `maxEvidenceAgeSeconds.${tier}`;
    if (!grants.some((grant) => grant.tier === tier)) {
      throw new ConfigurationError(option, { message: 'evidence does not give this tier' });
    }
    assertWholeNumber(option, age, 60, MAX_AGE_SECONDS);
  }

  function findDueAt(tier: string, verifiedAt: Date): Date | undefined {
    const age = ages.get(tier);
    return age === undefined ? undefined : new Date(verifiedAt.getTime() + age * 1000);
  }

  return {
    findDueAt,
    decide({ action, sameKey, history, now }) {
      if (action !== 'renew' || !sameKey || history === null || history.evidence === null) return null;
      const grant = grants.find(({ tier }) => tier === history.tier);
      const evidenceDueAt = findDueAt(history.tier, history.evidence.verifiedAt);
      if (grant === undefined || evidenceDueAt === undefined) return null;
      // An invalid date compares false and so is not young enough.
      return now.getTime() <= evidenceDueAt.getTime()
        ? { outcome: 'allow', ...grant, reasons: ['earlier_evidence'], basis: 'earlier', evidenceDueAt }
        : { outcome: 'deny', reasons: ['evidence_stale'], action: 'reattest' };
    },
  };
}
