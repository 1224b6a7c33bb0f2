// integrity/huawei: imports core, contracts and this folder only.

import type { IntegrityVerdict } from '../../contracts/integrity-verdict.js';

/** Name of the provider: the `provider` member of HarmonyOS key attestation evidence. */
export const HARMONYOS_KEY_ATTESTATION = 'harmonyos-key-attestation';

/** What a HarmonyOS key attestation says. JSON-compatible. */
export interface HarmonyOsKeyAttestationDetails {
  /** Version of the attestation; 0 for v1. */
  readonly version: number;
  readonly bundleName: string;
  readonly appId: string | null;
  readonly appIdentifier: string | null;
  /** `release` or `debug`; `null` before API 20. */
  readonly appMode: string | null;
  /** Product model; `null` before API 20. A hint, not an identity. */
  readonly model: string | null;
}

/** The verdict of a HarmonyOS key attestation. */
export interface HarmonyOsKeyAttestationVerdict extends IntegrityVerdict {
  readonly provider: typeof HARMONYOS_KEY_ATTESTATION;
  readonly kind: 'key-attestation';
  readonly details: HarmonyOsKeyAttestationDetails;
}

/** Tells whether a verdict came from HarmonyOS key attestation, so that a policy rule of your own may read its `details`. */
export function isHarmonyOsKeyAttestationVerdict(
  verdict: IntegrityVerdict,
): verdict is HarmonyOsKeyAttestationVerdict {
  return verdict.provider === HARMONYOS_KEY_ATTESTATION;
}
