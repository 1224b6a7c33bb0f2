// authentication: imports core, contracts, x509.

import { RejectedError } from '../core/errors.js';

/** Node.js takes 16 KiB of headers altogether. */
const MAX_TOKEN_LENGTH = 16 * 1024;
const HEADER = 'authorization';

/**
 * Reads the token of the `Authorization: Bearer` header (RFC 6750 section 2.1). A second `Authorization` line is refused,
 * whatever is in it: proxies and servers do not agree on which of two counts.
 *
 * @param rawHeaders header lines, names and values in turn
 * @throws RejectedError `access_token_missing` if there is no bearer token, `access_token_invalid` if it is not in form or
 *   there is more than one such header
 */
export function readBearerToken(rawHeaders: readonly string[]): string {
  let authorization: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length !== HEADER.length || name.toLowerCase() !== HEADER) continue;
    if (authorization !== undefined) {
      throw new RejectedError('access_token_invalid', { message: 'there is more than one Authorization' });
    }
    authorization = rawHeaders[index + 1] ?? '';
  }
  return parseBearerToken(authorization);
}

function parseBearerToken(authorization: string | undefined): string {
  const scheme = authorization?.slice(0, 7).toLowerCase();
  if (authorization === undefined || scheme !== 'bearer ') {
    throw new RejectedError('access_token_missing', { message: 'there is no bearer token' });
  }
  const token = authorization.slice(7).trim();
  assertTokenForm(token);
  return token;
}

/**
 * Checks that a text can be a bearer token at all.
 *
 * @throws RejectedError `access_token_invalid`
 */
export function assertTokenForm(token: string): void {
  if (isTokenForm(token)) return;
  throw new RejectedError('access_token_invalid', { message: 'the bearer token is not in form' });
}

/** True for a `b64token` of RFC 6750 section 2.1 of at most 16 KiB. */
export function isTokenForm(text: string): boolean {
  return text.length <= MAX_TOKEN_LENGTH && /^[A-Za-z0-9\-._~+/]+=*$/.test(text);
}
