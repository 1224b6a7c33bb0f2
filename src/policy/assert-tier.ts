// policy: imports core, contracts and this folder only.

import { assertWholeNumber } from '../core/assert-option.js';
import { ConfigurationError } from '../core/errors.js';
import type { Tier, TierScale } from '../core/tier-scale.js';

/** A tier, and for how long a certificate of it is to live. */
export interface TierGrant {
  readonly tier: string;
  readonly lifetimeSeconds: number;
}

/**
 * Checks a tier of an option and its life. A life may be shortened and not lengthened, so that the scale stays the one place that
 * says how long at most.
 *
 * @param option path of the object that holds `tier` and `lifetimeSeconds`
 * @throws ConfigurationError if the tier is not of the scale, or the life is below a minute or above that of the tier
 */
export function assertTier(
  option: string,
  { tier: name, lifetimeSeconds }: { readonly tier: string; readonly lifetimeSeconds?: number },
  tiers: TierScale,
): TierGrant {
  const tier: Tier | undefined = tiers.find(name);
  if (!tier) throw new ConfigurationError(`${option}.tier`, { message: 'is not a tier of the scale' });
  if (lifetimeSeconds !== undefined) {
    assertWholeNumber(`${option}.lifetimeSeconds`, lifetimeSeconds, 60, tier.lifetimeSeconds);
  }
  return { tier: tier.name, lifetimeSeconds: lifetimeSeconds ?? tier.lifetimeSeconds };
}
