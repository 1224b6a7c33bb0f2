// stores/sqlite: imports core, contracts and this folder only.

import { DeviceTrustError, UnavailableError } from '../../core/errors.js';

/**
 * What a caller is told when the driver failed: busy for too long, closed, disk full, corrupt, or a row that is not what
 * was written. The driver's own error is the cause; an error of ours stays itself.
 */
export function describeFailure(cause: unknown): DeviceTrustError {
  if (cause instanceof DeviceTrustError) return cause;
  return new UnavailableError('store_unavailable', { message: 'the SQLite database failed', cause });
}

/** Runs synchronous work on the database; a failure of the driver becomes `store_unavailable`. */
export function withFailures<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw describeFailure(cause);
  }
}
