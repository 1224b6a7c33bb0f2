// integrity/apple: imports this folder only.

import type { AppAttestReceipt } from './parse-app-attest-receipt.js';
import { parseRoots } from '../../x509/parse-roots.js';
import { APPLE_ROOT_CA_G3 } from './pinned-roots.js';
import { verifyReceipt } from './verify-receipt.js';

/** What {@link verifyAppAttestReceipt} is asked. */
export interface VerifyAppAttestReceiptRequest {
  /** CMS signed data, in BER. */
  readonly receipt: Uint8Array;
  /** The time by which the certificates must be valid, and the receipt not expired. */
  readonly now: Date;
  /** Trust anchors as PEM, instead of Apple Root CA - G3. Default: the pinned root. */
  readonly roots?: readonly string[];
}

/**
 * Verifies a receipt: signed data (RFC 5652) of a certificate that Apple has marked for receipts, below Apple Root CA - G3, and
 * not expired. Which app and key it is for is in the answer, and for the caller to compare.
 *
 * @throws MalformedError `evidence_malformed`
 * @throws RejectedError `evidence_rejected` with every check that failed: `chain_empty` (the certificate of the signer is not
 *   there), the reasons of a certificate chain, `leaf_name_mismatch`, `algorithm_refused`, `signature_invalid`,
 *   `evidence_too_old`
 * @throws ConfigurationError if a root is no PEM certificate
 */
export function verifyAppAttestReceipt(request: VerifyAppAttestReceiptRequest): AppAttestReceipt {
  const { receipt, now, roots = [APPLE_ROOT_CA_G3] } = request;
  return verifyReceipt(receipt, parseRoots('roots', roots), now);
}
