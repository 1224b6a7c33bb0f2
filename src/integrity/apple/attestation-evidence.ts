// integrity/apple: imports core, contracts and this folder only.

import type { AttestedKeyStore } from '../../contracts/attested-key-store.js';
import type { VerifyEvidenceRequest } from '../../contracts/integrity-provider.js';
import { encodeBase64, sha256Hex } from '../../core/bytes.js';
import {
  APPLE_APP_ATTEST,
  type AppAttestDetails,
  type AppAttestVerdict,
  createAppAttestVerdict,
} from './app-attest-verdict.js';
import { verifyEnrolmentReceipt } from './enrolment-receipt.js';
import { isReceiptOfAttestation } from './kept-receipt.js';
import { encodeKeyDetails } from './key-details.js';
import type { ProviderRules } from './provider-rules.js';
import type { AppAttestEvidence } from './read-app-attest-evidence.js';
import { rejected } from './rejected-evidence.js';
import { type VerifiedAppAttestation, verifyAttestation } from './verify-attestation.js';

const DAY_MILLIS = 24 * 60 * 60 * 1000;

/** Verifies an attestation for a request, and then registers its key. */
export async function verifyAttestationEvidence(
  evidence: AppAttestEvidence & { readonly kind: 'attestation' },
  request: VerifyEvidenceRequest,
  rules: ProviderRules,
): Promise<AppAttestVerdict> {
  const { keyId, attestation } = evidence;
  const { now } = request;
  const claim = { attestation, keyId, clientDataHash: request.expected.binding, now };
  const verified = verifyAttestation(claim, rules);
  // Only now, so that a forged attestation costs no more signatures than its own.
  const receipt = rules.receipt && verifyEnrolmentReceipt(verified, claim, rules.receipt);
  const details: AppAttestDetails = {
    keyId: encodeBase64(keyId),
    appId: verified.appId,
    environment: verified.environment,
    osVersion: verified.osVersion,
    osBuild: verified.osBuild,
    bundleVersion: verified.bundleVersion,
    validationCategory: verified.validationCategory,
    counter: 0,
    riskMetric: null,
  };
  if (rules.keys !== null) {
    const mayKeep = receipt !== null || isReceiptOfAttestation(verified.receipt);
    await register(rules.keys, verified, details, request, mayKeep ? verified.receipt : null);
  }
  return createAppAttestVerdict('attestation', receipt?.createdAt ?? estimateIssue(verified, now), details);
}

/** A key that was registered for another use is a replay: Apple attests each key once. */
async function register(
  keys: AttestedKeyStore,
  { publicKey }: VerifiedAppAttestation,
  details: AppAttestDetails,
  request: VerifyEvidenceRequest,
  receipt: Uint8Array | null,
): Promise<void> {
  const { outcome } = await keys.registerAttestedKey({
    provider: APPLE_APP_ATTEST,
    keyId: details.keyId,
    publicKey,
    deviceId: request.subject?.deviceId ?? null,
    details: encodeKeyDetails(details),
    receipt,
    attestedAt: request.now,
    counter: 0,
    lastUse: sha256Hex(request.expected.binding),
    lastUsedAt: request.now,
  });
  if (outcome === 'exists') throw rejected('the attestation', ['counter_refused']);
}

/** Without a verified receipt: in every attestation seen, the certificate of the key begins 24 hours before it was made. */
function estimateIssue({ certificateNotBefore }: VerifiedAppAttestation, now: Date): Date {
  return new Date(Math.min(certificateNotBefore.getTime() + DAY_MILLIS, now.getTime()));
}
