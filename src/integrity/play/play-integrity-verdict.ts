// integrity/play: imports core, contracts and this folder only.

import type { IntegrityVerdict } from '../../contracts/integrity-verdict.js';
import type { PlayIntegrityPayload } from './play-integrity-payload.js';

/** Name of the provider: the `provider` member of Play Integrity evidence. */
export const PLAY_INTEGRITY = 'play-integrity';

/** The verdict of a Play Integrity token, with everything Google said as `details`. */
export interface PlayIntegrityVerdict extends IntegrityVerdict {
  readonly provider: typeof PLAY_INTEGRITY;
  /** `classic`: bound through `nonce`; `standard`: bound through `requestHash`. */
  readonly kind: 'classic' | 'standard';
  readonly details: PlayIntegrityPayload;
}

/**
 * Tells whether a verdict came from Play Integrity, so that a policy rule of your own may read Google's own words:
 * `verdicts.filter(isPlayIntegrityVerdict).some((verdict) => verdict.details.deviceIntegrity.sdkVersion ...)`.
 */
export function isPlayIntegrityVerdict(verdict: IntegrityVerdict): verdict is PlayIntegrityVerdict {
  return verdict.provider === PLAY_INTEGRITY;
}
