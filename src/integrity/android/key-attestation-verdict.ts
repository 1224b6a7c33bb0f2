// integrity/android: imports contracts and this folder only.

import type { IntegrityVerdict } from '../../contracts/integrity-verdict.js';
import type { KeyAttestationFacts } from './key-attestation-facts.js';

/** Name of the provider: the `provider` member of key attestation evidence. */
export const ANDROID_KEY_ATTESTATION = 'android-key-attestation';

/** The verdict of a key attestation, with all that it says as `details`. */
export interface AndroidKeyAttestationVerdict extends IntegrityVerdict {
  readonly provider: typeof ANDROID_KEY_ATTESTATION;
  /** Where the key is. */
  readonly kind: 'trusted-environment' | 'strongbox';
  readonly details: KeyAttestationFacts;
}

/**
 * Tells whether a verdict came from Android key attestation, so that a policy rule of your own may read what the phone's
 * hardware says: `verdicts.filter(isAndroidKeyAttestationVerdict).some(({ kind }) => kind === 'strongbox')`.
 */
export function isAndroidKeyAttestationVerdict(
  verdict: IntegrityVerdict,
): verdict is AndroidKeyAttestationVerdict {
  return verdict.provider === ANDROID_KEY_ATTESTATION;
}
