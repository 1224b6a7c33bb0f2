// policy: imports core, contracts and this folder only.

import { assertPercent, isInShare } from '../core/device-share.js';
import { createTierScale, type TierScale } from '../core/tier-scale.js';
import type { Decision, Policy, PolicyContext } from '../contracts/policy.js';
import { assertTier } from './assert-tier.js';
import type { ObserveOptions } from './observe.js';

export interface ObservePolicyOptions extends ObserveOptions {
  /**
   * What a device gets that would have been denied. Whoever holds the bootstrap certificate gets it: choose a tier that opens
   * nothing which was closed before.
   */
  readonly allow: { readonly tier: string; readonly lifetimeSeconds: number };
  /** The scale of the policy. Default: the default tiers. */
  readonly tiers?: TierScale;
}

/** Who says no, where the whole policy is observed. */
const BY = 'policy';

/**
 * Tries a whole policy out: outside of the enforced share a denial becomes `allow`, and what would have been denied is kept as
 * {@link observe} does, as `policy` with the reasons of the denial. What the policy allows stays as it is, and so does
 * {@link UnavailableError}: nothing is issued where the policy could not find out.
 *
 * @throws ConfigurationError if the tier is not of the scale, its life is below a minute or longer than that of the tier, or
 *   `enforcePercent` is not a number from 0 to 100
 */
export function observePolicy(policy: Policy, options: ObservePolicyOptions): Policy {
  const { enforcePercent = 0, tiers = createTierScale() } = options;
  assertPercent('enforcePercent', enforcePercent);
  const grant = assertTier('allow', options.allow, tiers);

  function soften(decision: Decision, { deviceId }: PolicyContext): Decision {
    if (decision.outcome === 'allow' || isInShare(deviceId, enforcePercent, BY)) return decision;
    return { outcome: 'allow', ...grant, reasons: [], observed: [{ by: BY, reasons: decision.reasons }] };
  }

  return {
    evaluate(context) {
      const decision = policy.evaluate(context);
      return decision instanceof Promise
        ? decision.then((settled) => soften(settled, context))
        : soften(decision, context);
    },
  };
}
