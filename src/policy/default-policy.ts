// policy: imports core, contracts and this folder only.

import type { TierScale } from '../core/tier-scale.js';
import type { Policy } from '../contracts/policy.js';
import { allOf, fromOneVerdict } from './combinators.js';
import type { Fallback } from './fallback.js';
import { createPolicy } from './rule-policy.js';
import { requireDeviceIntegrity, requireRecognizedApp } from './rules.js';

export interface DefaultPolicyOptions {
  /** What becomes of clients that send no evidence. Default: `refuse()`. */
  readonly withoutEvidence?: Fallback;
  /** See `PolicyOptions`; for the tiers `basic`, `device` and `strong`. Default: each renewal needs evidence. */
  readonly maxEvidenceAgeSeconds?: Readonly<Record<string, number>>;
  /** A scale of your own; it must have tiers called `basic`, `device` and `strong`. Default: the default tiers. */
  readonly tiers?: TierScale;
}

const LEVELS = ['strong', 'device', 'basic'] as const;

/**
 * Creates the policy to start with: a recognised app is required, and the tier is what the device's integrity proves.
 *
 * - An app that the vendor did not evaluate is denied like one that it does not recognise: a rooted device, a user who is not
 *   signed in and a replayed token all look like that, and cannot be told apart.
 * - The best verdict counts: a client that sends several pieces of evidence gets the tier of the strongest one, so a further piece
 *   can raise it. A bad word in any of them denies all the same.
 * - Both words must come from one verdict: words of two never add up, not even those of an attested key and of a store. All evidence
 *   is bound to the key of the request, but a binding names a key and does not prove who holds it: anyone may have evidence
 *   made, on another device, for a key that is not there. Only the evidence that attests the key itself speaks of the device
 *   that holds it. A clean app on one device would lend its word to a device of an attacker who runs another app there.
 * - `basic` gets a certificate, of the shortest life: many honest devices are not certified, and what a `basic`
 *   device may do is for the routes to say.
 * - A licence is not required. It tells an honest sale, not a genuine app; sideloaded, pre-installed and company-distributed
 *   installs have none, nor has anybody on Huawei, whose evidence does not speak of it. Add `requireLicensedApp` if a purchase matters.
 *
 * @throws ConfigurationError as {@link createPolicy} does
 */
export function createDefaultPolicy(options: DefaultPolicyOptions = {}): Policy {
  return createPolicy({
    ...options,
    require: allOf(requireRecognizedApp(), requireDeviceIntegrity('basic')),
    assign: LEVELS.map((level) => ({
      tier: level,
      when: fromOneVerdict(allOf(requireRecognizedApp(), requireDeviceIntegrity(level))),
    })),
  });
}
