// integrity/apple: imports core and this folder only.

import { MalformedError } from '../../core/errors.js';
import { type AppAttestReceipt, parseAppAttestReceipt } from './parse-app-attest-receipt.js';

/**
 * Whether a receipt that nobody verified may be kept: it reads as that of an attestation. Only these have no risk metric, so
 * that no device can bring along one of its own.
 */
export function isReceiptOfAttestation(receipt: Uint8Array): boolean {
  const read = readReceipt(receipt);
  return read?.type === 'ATTEST' && read.riskMetric === null;
}

/** The risk metric of a receipt that was kept; `null` if it has none, or is one that we cannot read. */
export function findRiskMetric(receipt: Uint8Array): number | null {
  return readReceipt(receipt)?.riskMetric ?? null;
}

function readReceipt(receipt: Uint8Array): AppAttestReceipt | null {
  try {
    return parseAppAttestReceipt(receipt);
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}
