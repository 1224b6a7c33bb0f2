// authentication: imports core, contracts, x509.

import { assertWholeNumber } from '../core/assert-option.js';
import type { ClientAction } from '../core/client-action.js';
import { ConfigurationError } from '../core/errors.js';
import type { ReasonCode } from '../core/reason-code.js';
import type { TierScale } from '../core/tier-scale.js';
import type { AuthenticatedDevice } from './device-status.js';

/** What a requirement may look at. */
export interface RequirementContext {
  readonly device: AuthenticatedDevice;
  readonly tiers: TierScale;
  readonly now: Date;
}

/** What a requirement found. */
export type RequirementOutcome =
  | { readonly met: true }
  | {
      readonly met: false;
      /** With which code the request is refused. */
      readonly code: 'tier_insufficient' | 'evidence_insufficient';
      /** Why, for the audit trail. */
      readonly reasons: readonly ReasonCode[];
      /** What the app should do. Default `reattest`: renew with fresh, stronger evidence, and send the request again. */
      readonly action?: ClientAction;
    };

/**
 * What a route demands of the device beyond a good certificate, as a value: list it, share it between routes, test it.
 * Anything with an `evaluate` is one.
 */
export interface DeviceRequirement {
  /** For logs, such as `tier device`. */
  readonly name: string;
  /**
   * The outcomes: met; not met; **could not find out** (a risk engine that is down): throws {@link UnavailableError}. Whatever
   * else it throws refuses the request too, as `policy_unavailable`.
   */
  evaluate(context: RequirementContext): RequirementOutcome | Promise<RequirementOutcome>;
}

const MET: RequirementOutcome = { met: true };

/**
 * The weakest tier that the route accepts.
 *
 * @throws ConfigurationError, when it is evaluated, if the scale of the authenticator has no such tier
 */
export function requireTier(minimum: string): DeviceRequirement {
  return {
    name: `tier ${minimum}`,
    evaluate({ device, tiers }) {
      if (tiers.find(minimum) === undefined) {
        throw new ConfigurationError('requireTier', { message: `${minimum} is no tier of the scale` });
      }
      return tiers.atLeast(device.tier, minimum)
        ? MET
        : { met: false, code: 'tier_insufficient', reasons: ['tier_too_low'] };
    },
  };
}

/**
 * How long ago the evidence behind the certificate may have been verified, in seconds, 60 to 90 days. A renewal that rests on
 * earlier evidence makes it no younger. A certificate without evidence does not meet it.
 */
export function requireEvidenceWithin(maxAgeSeconds: number): DeviceRequirement {
  assertWholeNumber('maxAgeSeconds', maxAgeSeconds, 60, 90 * 24 * 60 * 60);
  return {
    name: `evidence of the last ${maxAgeSeconds} seconds`,
    evaluate({ device, now }) {
      if (device.evidenceAt === null) return insufficient('evidence_missing');
      const ageSeconds = (now.getTime() - device.evidenceAt.getTime()) / 1000;
      return ageSeconds <= maxAgeSeconds ? MET : insufficient('evidence_stale');
    },
  };
}

/** Evidence of at least one of these providers, by name. */
export function requireEvidenceOf(providers: readonly [string, ...string[]]): DeviceRequirement {
  const accepted = [...providers];
  return {
    name: `evidence of ${accepted.join(' or ')}`,
    evaluate({ device }) {
      if (device.providers.length === 0) return insufficient('evidence_missing');
      return device.providers.some((name) => accepted.includes(name))
        ? MET
        : insufficient('provider_not_accepted');
    },
  };
}

/** A requirement of your own: refused with this reason unless the test says yes. */
export function requireThat(options: {
  /** For logs. */
  readonly name: string;
  /** For the audit trail. */
  readonly reason: ReasonCode;
  readonly test: (context: RequirementContext) => boolean | Promise<boolean>;
  /** What the app should do. Default `reattest`. */
  readonly action?: ClientAction;
}): DeviceRequirement {
  const { name, reason, test, action } = options;
  const unmet: RequirementOutcome = {
    met: false,
    code: 'evidence_insufficient',
    reasons: [reason],
    ...(action === undefined ? {} : { action }),
  };
  return {
    name,
    async evaluate(context) {
      // Whatever a test without types resolves to, only `true` is a yes.
      const answer: unknown = await test(context);
      return answer === true ? MET : unmet;
    },
  };
}

function insufficient(reason: ReasonCode): RequirementOutcome {
  return { met: false, code: 'evidence_insufficient', reasons: [reason] };
}
