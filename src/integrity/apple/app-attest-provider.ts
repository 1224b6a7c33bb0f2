// integrity/apple: imports core, contracts, x509 and this folder only.

import type { AttestedKeyStore } from '../../contracts/attested-key-store.js';
import type { IntegrityProvider, VerifyEvidenceRequest } from '../../contracts/integrity-provider.js';
import { assertWholeNumber } from '../../core/assert-option.js';
import { ConfigurationError } from '../../core/errors.js';
import { checkEnvironments } from './app-attest-environment.js';
import { APPLE_APP_ATTEST, type AppAttestVerdict } from './app-attest-verdict.js';
import { createAppIds } from './app-id.js';
import { createCategoryRules } from './category-rules.js';
import { createIssuerMemory } from './issuer-memory.js';
import { parseRoots } from '../../x509/parse-roots.js';
import { APPLE_APP_ATTESTATION_ROOT_CA, APPLE_ROOT_CA_G3 } from './pinned-roots.js';
import { verifyAssertionEvidence } from './assertion-evidence.js';
import { verifyAttestationEvidence } from './attestation-evidence.js';
import type { ProviderRules } from './provider-rules.js';
import { readAppAttestEvidence } from './read-app-attest-evidence.js';
import type { AppAttestationOptions } from './verify-app-attestation.js';

/** Options of {@link createAppAttestProvider}. */
export interface AppAttestProviderOptions extends AppAttestationOptions {
  /**
   * Where attested keys and their counters are kept, such as `stores.attestedKeys`. Default: nowhere; assertions are then
   * refused as `attested_key_unknown`, and every enrolment and renewal takes a new key with a new attestation.
   */
  readonly keys?: AttestedKeyStore;
  /**
   * What is done with the receipt in an attestation. `verify`: it must be signed by Apple, fresh, and for this app, key and
   * binding. `keep`: it is not looked at more than is needed to keep it for a later risk metric. Default: `verify`.
   */
  readonly receipt?: 'verify' | 'keep';
  /** Trust anchors of receipts as PEM, instead of Apple Root CA - G3. Default: the pinned root. */
  readonly receiptRoots?: readonly string[];
  /** How old a receipt in an attestation may be, in seconds; 1 to 86,400. Default: 300, as Apple advises. */
  readonly maxReceiptAgeSeconds?: number;
  /** How far the clock of Apple may be ahead of ours, in seconds; 0 to 600. Default: 60. */
  readonly maxClockSkewSeconds?: number;
}

/** Provider of App Attest evidence: its verdicts carry what is known of the key. */
export interface AppAttestProvider extends IntegrityProvider {
  readonly name: typeof APPLE_APP_ATTEST;
  verify(request: VerifyEvidenceRequest): Promise<AppAttestVerdict>;
}

/**
 * Verifies App Attest evidence without asking Apple. In each, the `clientDataHash` that the app passed to Apple is the binding
 * itself: its 32 octets, not hashed again.
 *
 * - `{ "provider": "apple-app-attest", "keyId", "attestation" }`: a new key, at enrolment or any time. It is verified in the
 *   steps of `verifyAppAttestation`, with its receipt, and then registered for the device of the request.
 * - `{ "provider": "apple-app-attest", "keyId", "assertion" }`: a key that was registered before, for renewals. It counts only
 *   for the device that the key was registered for, and once: its counter must be above the last one, or it must be the same
 *   request again. Nothing is written before everything else has been verified.
 *
 * Refusals: `evidence_malformed`; `evidence_rejected` with the reasons of `verifyAppAttestation`, then of
 * `verifyAppAttestReceipt`, then `binding_mismatch`, `evidence_too_old`, `evidence_from_future`, `key_identifier_mismatch`,
 * `app_id_mismatch`, `environment_mismatch` of the receipt; `counter_refused` for a key that was registered for another use.
 * For assertions: `attested_key_unknown` (alone), `signature_invalid`, `app_id_mismatch`, `counter_refused`,
 * `attested_key_of_other_device`, `environment_mismatch`, `validation_category_refused`. Failures: `store_unavailable`.
 *
 * @throws ConfigurationError if an option is not as described
 */
export function createAppAttestProvider(options: AppAttestProviderOptions): AppAttestProvider {
  const rules = checkRules(options);
  return {
    name: APPLE_APP_ATTEST,
    // Async, so that every refusal is a rejected promise.
    async verify(request) {
      const evidence = readAppAttestEvidence(request.evidence);
      return evidence.kind === 'attestation'
        ? verifyAttestationEvidence(evidence, request, rules)
        : verifyAssertionEvidence(evidence, request, rules);
    },
  };
}

function checkRules(options: AppAttestProviderOptions): ProviderRules {
  const { keys = null, receipt = 'verify', maxReceiptAgeSeconds = 300, maxClockSkewSeconds = 60 } = options;
  if (!['verify', 'keep'].includes(receipt)) {
    throw new ConfigurationError('receipt', { message: 'must be verify or keep' });
  }
  assertWholeNumber('maxReceiptAgeSeconds', maxReceiptAgeSeconds, 1, 86_400);
  assertWholeNumber('maxClockSkewSeconds', maxClockSkewSeconds, 0, 600);
  const issuers = createIssuerMemory();
  const receiptAnchors = parseRoots('receiptRoots', options.receiptRoots ?? [APPLE_ROOT_CA_G3]);
  return {
    appIds: createAppIds(options.appIds),
    environments: checkEnvironments(options.environments),
    categories: createCategoryRules(options),
    anchors: parseRoots('roots', options.roots ?? [APPLE_APP_ATTESTATION_ROOT_CA]),
    keys,
    issuers,
    receipt:
      receipt === 'keep'
        ? null
        : { anchors: receiptAnchors, issuers, maxAgeSeconds: maxReceiptAgeSeconds, maxClockSkewSeconds },
  };
}
