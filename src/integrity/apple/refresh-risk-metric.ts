// integrity/apple: imports core, contracts and this folder only.

import type { AttestedKeyStore } from '../../contracts/attested-key-store.js';
import type { AppAttestReceiptClient } from './app-attest-receipt-client.js';
import { APPLE_APP_ATTEST } from './app-attest-verdict.js';

/** What {@link refreshRiskMetric} is asked. */
export interface RefreshRiskMetricRequest {
  /** Where the provider keeps its keys. */
  readonly keys: AttestedKeyStore;
  readonly client: AppAttestReceiptClient;
  /** Name of the key, as in the details of a verdict. */
  readonly keyId: string;
  readonly signal?: AbortSignal;
}

/** How {@link refreshRiskMetric} ended. */
export type RefreshRiskMetricOutcome =
  /** The newer receipt is kept: the next assertion of the key says its risk metric. */
  | { readonly outcome: 'refreshed'; readonly riskMetric: number | null }
  /** Apple gives out a newer receipt later; `notBefore` says when, if it is known. */
  | { readonly outcome: 'not_yet'; readonly notBefore: Date | null }
  /** The key is not kept, or without a receipt. */
  | { readonly outcome: 'no_receipt' };

/**
 * Asks Apple for the risk metric of a key, and keeps the newer receipt in place of the other.
 *
 * @throws UnavailableError as {@link AppAttestReceiptClient.refresh} does, or `store_unavailable`
 */
export async function refreshRiskMetric(
  request: RefreshRiskMetricRequest,
): Promise<RefreshRiskMetricOutcome> {
  const { keys, client, keyId, signal } = request;
  const name = { provider: APPLE_APP_ATTEST, keyId };
  const key = await keys.findAttestedKey(name);
  if (!key?.receipt) return { outcome: 'no_receipt' };
  const refreshed = await client.refresh({ receipt: key.receipt, ...(signal ? { signal } : {}) });
  if (refreshed.outcome === 'not_yet') return refreshed;
  const isKept = await keys.replaceReceipt({ ...name, receipt: refreshed.receipt });
  if (!isKept) return { outcome: 'no_receipt' };
  return { outcome: 'refreshed', riskMetric: refreshed.content.riskMetric };
}
