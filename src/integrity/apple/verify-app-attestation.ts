// integrity/apple: imports this folder only.

import { type AppAttestEnvironment, checkEnvironments } from './app-attest-environment.js';
import { createAppIds } from './app-id.js';
import { type CategoryOptions, createCategoryRules } from './category-rules.js';
import { createIssuerMemory } from './issuer-memory.js';
import { parseRoots } from '../../x509/parse-roots.js';
import { APPLE_APP_ATTESTATION_ROOT_CA } from './pinned-roots.js';
import {
  type AttestationClaim,
  type VerifiedAppAttestation,
  verifyAttestation,
} from './verify-attestation.js';

/** Which attestations are accepted: options of the provider, and of {@link verifyAppAttestation}. */
export interface AppAttestationOptions extends CategoryOptions {
  /** The apps to accept, each as `TEAMID.bundle`. At least one. */
  readonly appIds: readonly string[];
  /** The environments to accept. Apps under development are attested in `development`. Default: `['production']`. */
  readonly environments?: readonly AppAttestEnvironment[];
  /** Trust anchors as PEM, instead of the pinned root of Apple. Default: the pinned root. */
  readonly roots?: readonly string[];
}

/** What {@link verifyAppAttestation} is asked. */
export interface VerifyAppAttestationRequest extends AttestationClaim, AppAttestationOptions {}

/**
 * Verifies one attestation by itself, for those who keep keys and bindings in a way of their own. It needs nobody and remembers
 * nothing: that the `clientDataHash` is used once is for the caller to see to. The receipt is not verified; see
 * `verifyAppAttestReceipt`.
 *
 * It is Apple's list of nine steps ("Validating apps that connect to your server"), and compares the key in the authenticator
 * data with that in the certificate. Flags in the authenticator data and members that we do not know are not asked.
 *
 * @throws MalformedError `evidence_malformed`
 * @throws RejectedError `evidence_rejected` with every check that failed: `chain_length_refused` (alone), the reasons of a
 *   certificate chain, `key_refused`, `attestation_missing`, `binding_mismatch`, `key_identifier_mismatch`, `app_id_mismatch`,
 *   `counter_refused`, `environment_mismatch`, `validation_category_refused`
 * @throws ConfigurationError if an option is not as described
 */
export function verifyAppAttestation(request: VerifyAppAttestationRequest): VerifiedAppAttestation {
  return verifyAttestation(request, {
    appIds: createAppIds(request.appIds),
    environments: checkEnvironments(request.environments),
    categories: createCategoryRules(request),
    issuers: createIssuerMemory(),
    anchors: parseRoots('roots', request.roots ?? [APPLE_APP_ATTESTATION_ROOT_CA]),
  });
}
