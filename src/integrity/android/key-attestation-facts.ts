// integrity/android: imports this folder only.

import type { AttestationChainShape } from './attestation-shape.js';
import type { KeyDescription } from './key-description.js';
import type { ProvisioningInfo } from './provisioning-info.js';
import type { VerifiedAttestation } from './verify-attestation-chain.js';

/** How the phone was started, as its secure hardware says. */
export interface BootFacts {
  readonly locked: boolean;
  /**
   * `verified`: signed by the maker of the phone. `allow-listed`: signed with a key of another system that is on the list of
   * this server. `refused`: anything else.
   */
  readonly system: 'verified' | 'allow-listed' | 'refused';
}

/** What a genuine attestation says, and what follows from it. JSON-compatible. */
export interface KeyAttestationFacts {
  readonly keyDescription: KeyDescription;
  /** How the phone got the key that it attests with. */
  readonly shape: AttestationChainShape;
  /** Whether an attestation key of the app issued the leaf. */
  readonly hasAttestKey: boolean;
  /** `null` if the phone did not get its attestation key from Google's server, or nothing is said. */
  readonly provisioning: ProvisioningInfo | null;
  /** `null` if the hardware does not say. */
  readonly boot: BootFacts | null;
}

/**
 * Draws the facts from a verified attestation. The state of the boot is taken from `hardwareEnforced` only.
 *
 * @param bootKeys hex SHA-256 of the keys of systems that are trusted in state `self-signed`. No phone without its maker's
 *   system is trusted if there are none. The key of a system in state `verified` is not looked at: on some it is all zero.
 */
export function createKeyAttestationFacts(
  attestation: VerifiedAttestation,
  bootKeys: ReadonlySet<string> = new Set(),
): KeyAttestationFacts {
  const { keyDescription, shape, hasAttestKey, provisioning } = attestation;
  return {
    keyDescription,
    shape,
    hasAttestKey,
    provisioning,
    boot: findBoot(keyDescription, bootKeys),
  };
}

/** Whether the system is one whose word counts: what it says of apps and of itself is worth nothing else. */
export function isBootVerified({ boot }: KeyAttestationFacts): boolean {
  return boot !== null && boot.locked && boot.system !== 'refused';
}

function findBoot({ hardwareEnforced }: KeyDescription, bootKeys: ReadonlySet<string>): BootFacts | null {
  const { rootOfTrust } = hardwareEnforced;
  if (rootOfTrust === null) return null;
  const { deviceLocked: locked, verifiedBootState, verifiedBootKey } = rootOfTrust;
  if (verifiedBootState === 'verified') return { locked, system: 'verified' };
  const isListed = verifiedBootState === 'self-signed' && bootKeys.has(verifiedBootKey);
  return { locked, system: isListed ? 'allow-listed' : 'refused' };
}
