// telemetry: imports core and contracts.

import { DeviceTrustError, MalformedError, RejectedError, UnavailableError } from '../core/errors.js';

/** How a call ended that threw; `failed` is an error that its contract does not know: a bug. */
export type FailedOutcome = 'malformed' | 'rejected' | 'unavailable' | 'failed';

/** Sorts what was thrown by who must act. */
export function outcomeOf(error: unknown): FailedOutcome {
  if (error instanceof MalformedError) return 'malformed';
  if (error instanceof RejectedError) return 'rejected';
  if (error instanceof UnavailableError) return 'unavailable';
  return 'failed';
}

/** The error as the attribute `error.type` of a span: our code, or the fallback of the semantic conventions; never a message. */
export function errorTypeOf(error: unknown): string {
  return error instanceof DeviceTrustError ? error.code : '_OTHER';
}
