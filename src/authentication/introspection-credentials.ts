// authentication: imports core, contracts, x509.

import { encodeBase64 } from '../core/bytes.js';
import { ConfigurationError, UnavailableError } from '../core/errors.js';
import { isTokenForm } from './bearer-token.js';

/**
 * How we are let in to introspection (RFC 7662 section 2.1): as a client with a secret, by HTTP Basic; or with a token of
 * our own, given each time by a function if it does not live for ever.
 */
export type IntrospectionCredentials =
  | { readonly clientId: string; readonly clientSecret: string }
  | { readonly bearerToken: string | (() => Promise<string>) };

/**
 * Makes the `Authorization` header of each question. The function throws UnavailableError
 * `access_token_introspection_unavailable` if there is no token.
 *
 * @throws ConfigurationError if something is empty, or a token is not in form
 */
export function createAuthorizationSource(credentials: IntrospectionCredentials): () => Promise<string> {
  if ('clientId' in credentials) {
    const { clientId, clientSecret } = credentials;
    if (clientId === '')
      throw new ConfigurationError('credentials.clientId', { message: 'must not be empty' });
    if (clientSecret === '') {
      throw new ConfigurationError('credentials.clientSecret', { message: 'must not be empty' });
    }
    const header = `Basic ${encodeBase64(Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`))}`;
    return async () => header;
  }
  const { bearerToken } = credentials;
  if (typeof bearerToken === 'function') return async () => `Bearer ${await askFor(bearerToken)}`;
  if (!isTokenForm(bearerToken)) {
    throw new ConfigurationError('credentials.bearerToken', {
      message: 'is not in the form of a bearer token',
    });
  }
  return async () => `Bearer ${bearerToken}`;
}

async function askFor(bearerToken: () => Promise<string>): Promise<string> {
  let token: string;
  try {
    token = await bearerToken();
  } catch (cause) {
    const message = 'there is no token for the introspection endpoint';
    throw new UnavailableError('access_token_introspection_unavailable', { message, cause });
  }
  if (isTokenForm(token)) return token;
  throw new UnavailableError('access_token_introspection_unavailable', {
    message: 'the token for the introspection endpoint is not in form',
  });
}

/** Both halves are form-encoded before they are joined (RFC 6749 section 2.3.1): a secret may hold a colon. */
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
