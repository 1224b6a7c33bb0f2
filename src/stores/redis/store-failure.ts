// stores/redis: imports core, contracts and this folder only.

import { DeviceTrustError, UnavailableError } from '../../core/errors.js';
import { ROLLED_BACK } from './redis-script.js';

/**
 * What a caller is told when a command failed: no connection, LOADING, READONLY, OOM, MISCONF, or a reply that is not what
 * was written. What the driver threw is the cause; an error of ours stays itself.
 */
export function describeFailure(cause: unknown): DeviceTrustError {
  if (cause instanceof DeviceTrustError) return cause;
  if (cause instanceof Error && cause.message.startsWith(ROLLED_BACK)) {
    return new UnavailableError('store_rolled_back', {
      message: 'Redis has lost data since this process started, or was given other data',
      cause,
    });
  }
  return new UnavailableError('store_unavailable', { message: 'Redis failed', cause });
}

/** Runs work on Redis; a failure of it becomes `store_unavailable` or `store_rolled_back`. */
export async function withFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw describeFailure(cause);
  }
}
