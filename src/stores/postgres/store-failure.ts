// stores/postgres: imports core, contracts and this folder only.

import { DeviceTrustError, UnavailableError } from '../../core/errors.js';

/**
 * What a caller is told when the server or the driver failed, or when a row is not what was written. The error underneath
 * is the cause; an error of ours stays itself.
 */
export function describeFailure(cause: unknown): DeviceTrustError {
  if (cause instanceof DeviceTrustError) return cause;
  return new UnavailableError('store_unavailable', { message: 'the PostgreSQL database failed', cause });
}

/**
 * True if a batch may have failed on account of one of its members, and surely left nothing behind: a value that is
 * refused (22), a constraint (23), a deadlock or the like (40), a limit (54).
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function isFailureOfMember(error: unknown): boolean {
  const cause = error instanceof DeviceTrustError ? error.cause : error;
  return (
    typeof cause === 'object' &&
    cause !== null &&
    'code' in cause &&
    typeof cause.code === 'string' &&
    /^(22|23|40|54)[0-9A-Z]{3}$/.test(cause.code)
  );
}
