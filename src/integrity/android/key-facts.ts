// integrity/android: imports this folder only.

import type { KeyDescription } from './key-description.js';

/** Codes of `KeyPurpose.aidl`. */
export const keyPurpose = { sign: 2, verify: 3, attestKey: 7 } as const;

/** Codes of `KeyOrigin.aidl`. */
export const keyOrigin = { generated: 0 } as const;

/**
 * Whether key and attestation are of the same secure hardware. KeyMint 5 says that the two levels must be equal; no phone
 * seen has them different where both are hardware.
 */
export function isHardware(description: KeyDescription): boolean {
  const { attestationSecurityLevel, keyMintSecurityLevel } = description;
  const isSecure = keyMintSecurityLevel === 'trusted-environment' || keyMintSecurityLevel === 'strongbox';
  return isSecure && attestationSecurityLevel === keyMintSecurityLevel;
}
