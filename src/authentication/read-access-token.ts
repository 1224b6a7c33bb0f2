// authentication: imports core, contracts, x509.

import { RejectedError } from '../core/errors.js';
import type { AccessToken } from '../contracts/access-token-verifier.js';

/** The last second that a `Date` can hold. */
const MAX_SECONDS = 8.64e12;

/**
 * Reads what every access token has to say, wherever it said it. Issuer, audience and time are checked by the caller.
 *
 * @throws RejectedError `access_token_invalid` if there is no `sub` or no `exp`
 */
export function readAccessToken(claims: Readonly<Record<string, unknown>>): AccessToken {
  const { sub, exp, scope } = claims;
  if (typeof sub !== 'string' || sub === '') throw invalid('the access token names no subject');
  if (typeof exp !== 'number' || !(Math.abs(exp) <= MAX_SECONDS)) {
    throw invalid('the access token does not say when it expires');
  }
  return {
    subject: sub,
    scopes: typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [],
    expiresAt: new Date(exp * 1000),
    claims,
  };
}

function invalid(message: string): RejectedError {
  return new RejectedError('access_token_invalid', { message });
}
