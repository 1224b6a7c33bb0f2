// ca: imports core, contracts, x509.

import { UnavailableError } from '../core/errors.js';

/** The error of an authority that could not do its work. What is unavailable already stays as it is. */
export function authorityUnavailable(message: string, cause?: unknown): UnavailableError {
  if (cause instanceof UnavailableError) return cause;
  return new UnavailableError(
    'authority_unavailable',
    cause === undefined ? { message } : { message, cause },
  );
}
