// policy: imports core, contracts and this folder only.

import { ConfigurationError } from '../core/errors.js';
import type { RiskBasedFallback } from './risk-based.js';

/** What a policy does with a client that sends no evidence, such as a phone with neither Google nor Huawei services. */
export type Fallback =
  | { readonly kind: 'refuse' }
  | { readonly kind: 'weak-tier'; readonly tier: string; readonly lifetimeSeconds?: number }
  | { readonly kind: 'another-provider'; readonly providers: readonly string[] }
  | RiskBasedFallback;

/** Denies, with `evidence_missing`; the client may attest and come again. */
export function refuse(): Fallback {
  return { kind: 'refuse' };
}

/**
 * Allows, with `fallback_without_evidence`, a tier below every tier that evidence gives, so that leaving evidence out never
 * pays. Whoever holds the bootstrap certificate gets it, a script too: what this tier may do is for the routes to say.
 *
 * @param options `lifetimeSeconds` shortens the life that the tier has by itself
 */
export function weakTier(options: { readonly tier: string; readonly lifetimeSeconds?: number }): Fallback {
  return { kind: 'weak-tier', ...options };
}

/**
 * Denies, and says in the reasons which providers' evidence would be looked at: `evidence_missing`, then
 * `accepts:<provider>` for each. The rules must have a path for that evidence:
 * `anyOf(requireRecognizedApp(), allOf(requireProvider('android-key-attestation'), requireDeviceIntegrity('device')))`.
 *
 * @throws ConfigurationError if no provider is named
 */
export function anotherProvider(...providers: readonly string[]): Fallback {
  if (providers.length === 0)
    throw new ConfigurationError('providers', { message: 'at least one is needed' });
  return { kind: 'another-provider', providers };
}
