// policy: imports core, contracts and this folder only.

import { ConfigurationError } from '../core/errors.js';
import type { TierScale } from '../core/tier-scale.js';
import type { Decision, PolicyContext } from '../contracts/policy.js';
import { assertTier, type TierGrant } from './assert-tier.js';
import type { Fallback } from './fallback.js';
import { findRiskLevel, type RiskBasedFallback } from './risk-based.js';

/** Decides on requests without evidence. */
export type DecideWithoutEvidence = (context: PolicyContext) => Decision | Promise<Decision>;

/**
 * Makes of a fallback what it decides.
 *
 * @param assigned the tiers that evidence gives: what is given without must be weaker than all of them
 * @throws ConfigurationError
 */
export function createWithoutEvidence(
  fallback: Fallback,
  assigned: readonly string[],
  tiers: TierScale,
): DecideWithoutEvidence {
  const assertWeak = (
    option: string,
    given: { readonly tier: string; readonly lifetimeSeconds?: number },
  ) => {
    const grant = assertTier(option, given, tiers);
    if (assigned.some((tier) => tiers.atLeast(grant.tier, tier))) {
      throw new ConfigurationError(`${option}.tier`, { message: 'must be weaker than every assigned tier' });
    }
    return grant;
  };
  switch (fallback.kind) {
    case 'refuse':
      return () => ({ outcome: 'deny', reasons: ['evidence_missing'], action: 'reattest' });
    case 'another-provider': {
      const accepted = fallback.providers.map((provider) => `accepts:${provider}`);
      return () => ({ outcome: 'deny', reasons: ['evidence_missing', ...accepted], action: 'reattest' });
    }
    case 'weak-tier': {
      const grant = assertWeak('withoutEvidence', fallback);
      return () => ({ outcome: 'allow', ...grant, reasons: ['fallback_without_evidence'] });
    }
    case 'risk-based':
      return createRiskBased(fallback, assertWeak, tiers);
  }
}

function createRiskBased(
  fallback: RiskBasedFallback,
  assertWeak: (option: string, given: RiskBasedFallback['levels'][number]) => TierGrant,
  tiers: TierScale,
): DecideWithoutEvidence {
  const grants = new Map(
    fallback.levels.map((level, index) => {
      const option = `withoutEvidence.levels[${index}]`;
      const grant = assertWeak(option, level);
      const safer = fallback.levels[index - 1];
      if (safer && tiers.atLeast(grant.tier, safer.tier)) {
        throw new ConfigurationError(`${option}.tier`, { message: 'must be weaker than the one before it' });
      }
      return [level, grant];
    }),
  );
  return async (context) => {
    const { action, deviceId, history, sameKey, claimed, bootstrapCertificateSha256, now } = context;
    const known = { action, deviceId, history, sameKey, claimed, bootstrapCertificateSha256, now };
    const level = await findRiskLevel(fallback, known);
    const grant = level && grants.get(level);
    return grant
      ? { outcome: 'allow', ...grant, reasons: ['risk_accepted'] }
      : { outcome: 'deny', reasons: ['risk_too_high'], action: 'reattest' };
  };
}
