// integrity/android: imports core, contracts and this folder only.

import type { VendorState } from '../../contracts/vendor-probe.js';
import { untilAborted } from '../../core/until-aborted.js';
import type { StatusListSource } from './fetch-status-list.js';

/** Asks for the status list once, whatever is known, and looks at the status of the answer only. */
export async function probeStatusList(
  { url, fetch, timeoutSeconds }: StatusListSource,
  signal: AbortSignal,
): Promise<VendorState> {
  const both = AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]);
  const headers = { accept: 'application/json' };
  try {
    const ask = () => fetch(url, { method: 'GET', headers, signal: both });
    const { status } = await untilAborted(ask, both, () => new DOMException('no answer', 'TimeoutError'));
    if (status === 429) return 'quota';
    return status === 408 || status >= 500 ? 'unanswered' : 'answered';
  } catch {
    // No answer in time is what was asked about.
    return 'unanswered';
  }
}
