// integrity/apple: imports this folder only.

import { createAppIds } from './app-id.js';
import { type AssertionClaim, evaluateAssertion } from './evaluate-assertion.js';
import type { AppAttestExtensions } from './parse-extensions.js';
import { rejected } from './rejected-evidence.js';

/** What {@link verifyAppAssertion} is asked. */
export interface VerifyAppAssertionRequest extends AssertionClaim {
  /** The apps to accept, each as `TEAMID.bundle`. At least one. */
  readonly appIds: readonly string[];
  /** Counter of the last assertion of this key that was accepted; 0 after the attestation. */
  readonly lastCounter: number;
}

/** An assertion that has been verified. */
export interface VerifiedAppAssertion extends AppAttestExtensions {
  /** Which of the app ids. */
  readonly appId: string;
  /** The counter to remember. Of two requests with one counter, let only one through. */
  readonly counter: number;
}

/**
 * Verifies one assertion by itself, for those who keep keys and counters in a way of their own. It remembers nothing.
 *
 * @throws MalformedError `evidence_malformed`
 * @throws RejectedError `evidence_rejected` with every check that failed: `signature_invalid`, `app_id_mismatch`,
 *   `counter_refused`
 * @throws ConfigurationError if an app id is not as described
 */
export function verifyAppAssertion(request: VerifyAppAssertionRequest): VerifiedAppAssertion {
  const { reasons, appId, counter, extensions } = evaluateAssertion(request, createAppIds(request.appIds));
  const isHigher = counter > request.lastCounter;
  if (reasons.length === 0 && appId !== null && isHigher)
    return { appId: appId.text, counter, ...extensions };
  throw rejected('the assertion', isHigher ? reasons : [...reasons, 'counter_refused']);
}
