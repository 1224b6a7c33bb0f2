// enrolment: imports core, contracts, x509.

import { RejectedError, UnavailableError } from '../core/errors.js';
import type { DeviceTrustEvent, EventSink, IssuanceRefusedEvent } from '../contracts/event-sink.js';

/** Everything about a refused request but the error. */
export type RefusedRequest = Omit<IssuanceRefusedEvent, 'type' | 'code' | 'reasons'>;

/** Hands the events of enrolment to the sink. */
export interface EventRecorder {
  /** @throws UnavailableError `audit_unavailable` if the sink does not take it */
  record(event: DeviceTrustEvent): Promise<void>;
  /** Records a refusal if the error is one; malformed requests and bugs are not decisions. */
  recordRefusal(error: unknown, request: RefusedRequest): Promise<void>;
}

export function createEventRecorder(options: { readonly events: EventSink | undefined }): EventRecorder {
  const { events } = options;

  async function record(event: DeviceTrustEvent): Promise<void> {
    try {
      await events?.record(event);
    } catch (cause) {
      throw new UnavailableError('audit_unavailable', {
        message: 'the event sink did not take the event',
        cause,
      });
    }
  }

  return {
    record,
    async recordRefusal(error, request) {
      if (!(error instanceof RejectedError) && !(error instanceof UnavailableError)) return;
      if (error.code === 'audit_unavailable') return;
      const reasons = error instanceof RejectedError ? error.reasons : [];
      try {
        await record({ type: 'issuance_refused', code: error.code, reasons, ...request });
      } catch (failure) {
        // Where nothing was decided, the outage itself is the news: often that of the store which keeps the trail too.
        if (error instanceof RejectedError) throw failure;
      }
    },
  };
}
