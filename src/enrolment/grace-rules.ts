// enrolment: imports core, contracts, x509.

import { assertWholeNumber } from '../core/assert-option.js';
import { ConfigurationError } from '../core/errors.js';
import type { TierScale } from '../core/tier-scale.js';
import type { EnrolmentOptions } from './enrolment-options.js';

const DAY_SECONDS = 24 * 60 * 60;
const MAX_GRACE_SECONDS = 365 * DAY_SECONDS;

/**
 * Says for how long after its end a certificate of a tier still counts for renewal and recovery, in seconds.
 *
 * @throws ConfigurationError if a time is out of bounds, or a tier is none of the scale
 */
export function createGraceRules(
  options: Pick<EnrolmentOptions, 'graceSeconds' | 'graceSecondsByTier'>,
  tiers: TierScale,
): (tier: string) => number {
  const { graceSeconds = 30 * DAY_SECONDS, graceSecondsByTier = {} } = options;
  assertWholeNumber('graceSeconds', graceSeconds, 0, MAX_GRACE_SECONDS);
  const byTier = new Map(Object.entries(graceSecondsByTier));
  for (const [tier, seconds] of byTier) {
    const option = `graceSecondsByTier.${tier}`;
    if (tiers.find(tier) === undefined)
      throw new ConfigurationError(option, { message: 'is no tier of the scale' });
    assertWholeNumber(option, seconds, 0, MAX_GRACE_SECONDS);
  }
  return (tier) => byTier.get(tier) ?? graceSeconds;
}
