// authentication: imports core, contracts, x509.

import { RejectedError } from '../core/errors.js';

const MAX_TOKEN_LENGTH = 16 * 1024;

/**
 * Reads the token of an `Authorization: Bearer` header (RFC 6750 section 2.1).
 *
 * @throws RejectedError `access_token_missing` if there is no bearer token, `access_token_invalid` if it is not in form
 */
export function parseBearerToken(authorization: string | undefined): string {
  const scheme = authorization?.slice(0, 7).toLowerCase();
  if (authorization === undefined || scheme !== 'bearer ') {
    throw new RejectedError('access_token_missing', { message: 'there is no bearer token' });
  }
  const token = authorization.slice(7).trim();
  if (token.length > MAX_TOKEN_LENGTH || !/^[A-Za-z0-9\-._~+/]+=*$/.test(token)) {
    throw new RejectedError('access_token_invalid', { message: 'the bearer token is not in form' });
  }
  return token;
}
