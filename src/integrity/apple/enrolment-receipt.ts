// integrity/apple: imports core, x509 and this folder only.

import { equalBytes } from '../../core/bytes.js';
import type { KnownReasonCode } from '../../core/reason-code.js';
import type { Certificate } from '../../x509/certificate.js';
import type { IssuerMemory } from './issuer-memory.js';
import { malformed } from './malformed-evidence.js';
import type { AppAttestReceipt } from './parse-app-attest-receipt.js';
import { rejected } from './rejected-evidence.js';
import type { VerifiedAppAttestation } from './verify-attestation.js';
import { verifyReceipt } from './verify-receipt.js';

/** What the receipt of an attestation is judged by. */
export interface EnrolmentReceiptRules {
  readonly anchors: readonly Certificate[];
  readonly issuers: IssuerMemory;
  readonly maxAgeSeconds: number;
  readonly maxClockSkewSeconds: number;
}

/**
 * Verifies the receipt that came with an attestation: signed by Apple, made just now, for this app, key and binding. Nothing in
 * the attestation covers the receipt: without this, that of another device could stand there.
 *
 * @throws MalformedError `evidence_malformed`
 * @throws RejectedError `evidence_rejected` with the reasons of `verifyAppAttestReceipt`, or with every check that failed:
 *   `binding_mismatch`, `evidence_too_old`, `evidence_from_future`, `key_identifier_mismatch`, `app_id_mismatch`,
 *   `environment_mismatch`
 */
export function verifyEnrolmentReceipt(
  attestation: VerifiedAppAttestation,
  claim: { readonly clientDataHash: Uint8Array; readonly now: Date },
  rules: EnrolmentReceiptRules,
): AppAttestReceipt {
  const receipt = verifyReceipt(attestation.receipt, rules.anchors, claim.now, rules.issuers);
  if (receipt.type !== 'ATTEST') throw malformed('the receipt is not one of an attestation');
  const reasons = [...findFaults(receipt, attestation, claim, rules)];
  if (reasons.length > 0) throw rejected('the receipt', reasons);
  return receipt;
}

function* findFaults(
  receipt: AppAttestReceipt,
  attestation: VerifiedAppAttestation,
  { clientDataHash, now }: { readonly clientDataHash: Uint8Array; readonly now: Date },
  rules: EnrolmentReceiptRules,
): Generator<KnownReasonCode> {
  if (receipt.clientDataHash === null || !equalBytes(receipt.clientDataHash, clientDataHash)) {
    yield 'binding_mismatch';
  }
  const ageMillis = now.getTime() - receipt.createdAt.getTime();
  if (!(ageMillis <= rules.maxAgeSeconds * 1000)) yield 'evidence_too_old';
  if (!(-ageMillis <= rules.maxClockSkewSeconds * 1000)) yield 'evidence_from_future';
  if (!equalBytes(receipt.certificate, attestation.certificate)) yield 'key_identifier_mismatch';
  if (receipt.appId !== attestation.appId) yield 'app_id_mismatch';
  if (receipt.environment !== null && receipt.environment !== attestation.environment) {
    yield 'environment_mismatch';
  }
}
