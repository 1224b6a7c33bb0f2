// vendor: imports core and contracts only.

import { UnavailableError } from '../core/errors.js';

/** What a call ends in whose caller no longer waits: nobody knows what the vendor would have said. */
export function callerHasGone(cause: unknown): UnavailableError {
  return new UnavailableError('provider_unavailable', {
    message: 'the caller no longer waits for the vendor',
    cause,
  });
}
