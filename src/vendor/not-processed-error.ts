// vendor: imports core and contracts only.

import type { UnavailableError } from '../core/errors.js';

/**
 * Thrown by an attempt, never to a caller of the library: the vendor has certainly not worked on what it was asked, so that
 * asking again can do no harm. An attempt says so for a connection that was refused, a name that was not found, and an answer
 * such as 503 or 429 that says when to come back. It does not for a time-out, a connection that broke, or another 5xx: there
 * nobody knows whether the vendor has done it.
 */
export class NotProcessedError extends Error {
  override readonly name = 'NotProcessedError';
  /** What the caller is told if it stays so. */
  readonly failure: UnavailableError;
  /** When the vendor wants to be asked again; `null` if it did not say. */
  readonly retryAfterSeconds: number | null;

  constructor(failure: UnavailableError, retryAfterSeconds: number | null) {
    super(failure.message, { cause: failure });
    this.failure = failure;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
