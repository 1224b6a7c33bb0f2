// revocation: imports core, contracts, x509.

import { UnavailableError } from '../core/errors.js';
import type { DeviceTrustEvent, EventSink } from '../contracts/event-sink.js';

/**
 * Records an act before it happens: one that cannot be recorded does not, and a recorded one that failed is seen.
 *
 * @throws UnavailableError `audit_unavailable`
 */
export async function recordAct(events: EventSink | undefined, event: DeviceTrustEvent): Promise<void> {
  try {
    await events?.record(event);
  } catch (cause) {
    throw new UnavailableError('audit_unavailable', {
      message: 'the event sink did not take the event',
      cause,
    });
  }
}
