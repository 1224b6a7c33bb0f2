// integrity/android: imports core and this folder only.

import { ConfigurationError } from '../../core/errors.js';
import { assertWholeNumber } from '../../core/assert-option.js';
import type { ReasonCode } from '../../core/reason-code.js';
import type { KeyAttestationFacts } from './key-attestation-facts.js';
import { isHardware, keyOrigin, keyPurpose } from './key-facts.js';
import { patchAgeMonths } from './patch-level.js';

/** Something that a genuine attestation must say, beyond what the provider asks of each. */
export interface KeyAttestationRequirement {
  /** For logs, such as `verified-boot`. */
  readonly name: string;
  /** Why the attestation does not meet it; empty if it does. Pure. */
  evaluate(facts: KeyAttestationFacts, now: Date): readonly ReasonCode[];
}

/**
 * The key is in secure hardware at least this good, and so is what attested it: `security_level_too_low`. That it is in
 * secure hardware at all the provider asks anyway; this is for `strongbox`.
 *
 * @throws ConfigurationError `level` if it is neither of the two
 */
export function requireSecurityLevel(level: 'trusted-environment' | 'strongbox'): KeyAttestationRequirement {
  const accepted = { 'trusted-environment': ['trusted-environment', 'strongbox'], strongbox: ['strongbox'] };
  if (!Object.hasOwn(accepted, level)) {
    throw new ConfigurationError('level', { message: 'must be trusted-environment or strongbox' });
  }
  const levels: readonly string[] = accepted[level];
  return {
    name: 'security-level',
    evaluate({ keyDescription }) {
      const met = isHardware(keyDescription) && levels.includes(keyDescription.keyMintSecurityLevel);
      return met ? [] : ['security_level_too_low'];
    },
  };
}

/**
 * The bootloader is locked (`bootloader_unlocked`), and the system is the maker's or one whose boot key the provider lists
 * (`boot_not_verified`). `attestation_incomplete` if the hardware does not say.
 *
 * Without it, nothing that the system says is worth anything, the name of the app included.
 */
export function requireVerifiedBoot(): KeyAttestationRequirement {
  return {
    name: 'verified-boot',
    evaluate({ boot }) {
      if (boot === null) return ['attestation_incomplete'];
      const reasons: ReasonCode[] = [];
      if (!boot.locked) reasons.push('bootloader_unlocked');
      if (boot.system === 'refused') reasons.push('boot_not_verified');
      return reasons;
    },
  };
}

/** Options of {@link requirePatchLevel}. */
export interface PatchLevelOptions {
  /** In months, counted from month to month: 0 is the current one. At most 120. */
  readonly maxAgeMonths: number;
  /** Whose patches. Default: `os`. */
  readonly of?: 'os' | 'vendor' | 'boot';
}

const patchFields = { os: 'osPatchLevel', vendor: 'vendorPatchLevel', boot: 'bootPatchLevel' } as const;

/**
 * The security patches are recent: `patch_level_too_old`. `attestation_incomplete` if the hardware does not say, or says
 * something that is no date, or one more than a month ahead. Vendor and boot levels exist since Android 9.
 *
 * @throws ConfigurationError `maxAgeMonths` or `of` if it is not as described
 */
export function requirePatchLevel(options: PatchLevelOptions): KeyAttestationRequirement {
  const { maxAgeMonths, of = 'os' } = options;
  assertWholeNumber('maxAgeMonths', maxAgeMonths, 0, 120);
  if (!Object.hasOwn(patchFields, of)) {
    throw new ConfigurationError('of', { message: 'must be os, vendor or boot' });
  }
  return {
    name: `patch-level-${of}`,
    evaluate({ keyDescription }, now) {
      const age = patchAgeMonths(keyDescription.hardwareEnforced[patchFields[of]], now);
      if (age === null) return ['attestation_incomplete'];
      return age <= maxAgeMonths ? [] : ['patch_level_too_old'];
    },
  };
}

/**
 * The key was generated in the secure hardware and never was elsewhere: `key_not_generated`. `attestation_incomplete` if the
 * hardware does not say.
 */
export function requireGenerated(): KeyAttestationRequirement {
  return {
    name: 'generated',
    evaluate({ keyDescription }) {
      const { origin } = keyDescription.hardwareEnforced;
      if (origin === null) return ['attestation_incomplete'];
      return origin === keyOrigin.generated ? [] : ['key_not_generated'];
    },
  };
}

/**
 * The key may sign, and do nothing else but verify: `key_purpose_refused`. Above all it may not attest other keys.
 * `attestation_incomplete` if the hardware does not say.
 */
export function requireSigningPurpose(): KeyAttestationRequirement {
  const allowed: readonly number[] = [keyPurpose.sign, keyPurpose.verify];
  return {
    name: 'signing-purpose',
    evaluate({ keyDescription }) {
      const { purpose } = keyDescription.hardwareEnforced;
      if (purpose === null) return ['attestation_incomplete'];
      const met = purpose.includes(keyPurpose.sign) && purpose.every((code) => allowed.includes(code));
      return met ? [] : ['key_purpose_refused'];
    },
  };
}

/** What the provider requires if it is not told otherwise: verified boot, a key made in the hardware, for signing only. */
export const defaultKeyAttestationRequirements: readonly KeyAttestationRequirement[] = [
  requireVerifiedBoot(),
  requireGenerated(),
  requireSigningPurpose(),
];
