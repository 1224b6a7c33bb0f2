// authentication: imports core, contracts, x509.

import { UnavailableError } from '../core/errors.js';
import type { HttpFetch } from '../core/http-fetch.js';
import { untilAborted } from '../core/until-aborted.js';
import { requestJson } from './request-json.js';

/** What the authorization server said of a token: its claims, or `null` if the token is not active. */
export type IntrospectionOutcome = Readonly<Record<string, unknown>> | null;

/** A response is no longer than the claims in it: some KB. */
const MAX_LENGTH = 64 * 1024;

const code = 'access_token_introspection_unavailable';

/**
 * Asks about one token (RFC 7662 section 2). The function throws UnavailableError
 * `access_token_introspection_unavailable` for anything but status 200 and a response that says yes or no.
 *
 * @param options.authorize gives the `Authorization` header
 */
export function createTokenIntrospection(options: {
  readonly url: string;
  readonly authorize: () => Promise<string>;
  readonly fetch: HttpFetch;
  readonly timeoutSeconds: number;
}): (token: string) => Promise<IntrospectionOutcome> {
  const { url, authorize, fetch, timeoutSeconds } = options;
  return async (token) => {
    const signal = AbortSignal.timeout(timeoutSeconds * 1000);
    const authorization = await untilAborted(authorize, signal, (cause) => {
      return new UnavailableError(code, { message: 'there was no token for introspection in time', cause });
    });
    const { active, ...claims } = await requestJson({
      fetch,
      url,
      method: 'POST',
      headers: {
        accept: 'application/json',
        authorization,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
      signal,
      maxLength: MAX_LENGTH,
      code,
    });
    if (typeof active !== 'boolean') {
      throw new UnavailableError(code, { message: 'the answer does not say whether the token is active' });
    }
    return active ? claims : null;
  };
}
