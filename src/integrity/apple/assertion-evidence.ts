// integrity/apple: imports core, contracts and this folder only.

import type { AttestedKey, AttestedKeyStore } from '../../contracts/attested-key-store.js';
import type { VerifyEvidenceRequest } from '../../contracts/integrity-provider.js';
import { encodeBase64, sha256Hex } from '../../core/bytes.js';
import type { KnownReasonCode } from '../../core/reason-code.js';
import {
  APPLE_APP_ATTEST,
  type AppAttestDetails,
  type AppAttestVerdict,
  createAppAttestVerdict,
} from './app-attest-verdict.js';
import { findRiskMetric } from './kept-receipt.js';
import { findCategoryFault } from './category-rules.js';
import { type EvaluatedAssertion, evaluateAssertion } from './evaluate-assertion.js';
import { parseKeyDetails } from './key-details.js';
import type { ProviderRules } from './provider-rules.js';
import type { AppAttestEvidence } from './read-app-attest-evidence.js';
import { rejected } from './rejected-evidence.js';

const WHAT = 'the assertion';

/** Verifies an assertion for a request; writes its counter when all else is verified. */
export async function verifyAssertionEvidence(
  { keyId, assertion }: AppAttestEvidence & { readonly kind: 'assertion' },
  request: VerifyEvidenceRequest,
  rules: ProviderRules,
): Promise<AppAttestVerdict> {
  const name = { provider: APPLE_APP_ATTEST, keyId: encodeBase64(keyId) };
  const key = (await rules.keys?.findAttestedKey(name)) ?? null;
  if (rules.keys === null || key === null) throw rejected(WHAT, ['attested_key_unknown']);

  const use = sha256Hex(request.expected.binding);
  const claim = { assertion, publicKey: key.publicKey, clientDataHash: request.expected.binding };
  const evaluated = evaluateAssertion(claim, rules.appIds);
  const details = createDetails(key, evaluated);
  const reasons = [...evaluated.reasons, ...findFaults(key, use, evaluated, details, request, rules)];
  if (reasons.length > 0) throw rejected(WHAT, reasons);
  await useKey(rules.keys, key, { counter: evaluated.counter, use, at: request.now });
  return createAppAttestVerdict('assertion', request.now, details);
}

function* findFaults(
  key: AttestedKey,
  use: string,
  { appId, counter }: EvaluatedAssertion,
  details: AppAttestDetails,
  { subject }: VerifyEvidenceRequest,
  rules: ProviderRules,
): Generator<KnownReasonCode> {
  if (appId !== null && appId.text !== details.appId) yield 'app_id_mismatch';
  // A first look, so that it is told with the rest. What decides is the store, which looks again and writes at once.
  const isSameRequest = counter === key.counter && use === key.lastUse;
  if (counter <= key.counter && !isSameRequest) yield 'counter_refused';
  // One genuine phone must not vouch for other devices.
  if ((subject?.deviceId ?? null) !== key.deviceId) yield 'attested_key_of_other_device';
  if (!rules.environments.includes(details.environment)) yield 'environment_mismatch';
  const categoryFault = findCategoryFault(details.validationCategory, rules.categories);
  if (categoryFault !== null) yield categoryFault;
}

/** What the attestation said, and what the assertion says anew. */
function createDetails(key: AttestedKey, { counter, extensions }: EvaluatedAssertion): AppAttestDetails {
  const kept = parseKeyDetails(key.details);
  return {
    ...kept,
    keyId: key.keyId,
    // An update of the app keeps the key: the version of the attestation may be an old one.
    bundleVersion: extensions.bundleVersion,
    validationCategory: extensions.validationCategory ?? kept.validationCategory,
    counter,
    riskMetric: key.receipt && findRiskMetric(key.receipt),
  };
}

async function useKey(
  keys: AttestedKeyStore,
  { provider, keyId }: AttestedKey,
  use: { readonly counter: number; readonly use: string; readonly at: Date },
): Promise<void> {
  const { outcome } = await keys.useAttestedKey({ provider, keyId, ...use });
  if (outcome === 'unknown') throw rejected(WHAT, ['attested_key_unknown']);
  if (outcome === 'counter_not_higher') throw rejected(WHAT, ['counter_refused']);
}
