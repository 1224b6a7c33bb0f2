// authentication: imports core, contracts, x509.

import { RejectedError } from '../core/errors.js';

const MAX_TOKEN_LENGTH = 16 * 1024;
const HEADER = 'authorization';

/**
 * Reads the token of the `Authorization: Bearer` header (RFC 6750 section 2.1).
 *
 * @param rawHeaders header lines, names and values in turn
 * @throws RejectedError `access_token_missing` if there is no bearer token, `access_token_invalid` if it is not in form or
 *   there is more than one such header
 */
export function readBearerToken(rawHeaders: readonly string[]): string {
  let authorization: string | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length !== HEADER.length || name.toLowerCase() !== HEADER) continue;
    if (authorization !== undefined) {
      throw new RejectedError('access_token_invalid', { message: 'there is more than one bearer token' });
    }
    authorization = rawHeaders[index + 1];
  }
  return parseBearerToken(authorization);
}

/**
 * Reads the token of the value of an `Authorization` header.
 *
 * @throws RejectedError as {@link readBearerToken}
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
