// integrity/play: imports core only. The only file that imports google-auth-library.

import { gaxios, GoogleAuth } from 'google-auth-library';
import { UnavailableError } from '../../core/errors.js';
import type { HttpFetch } from '../../core/http-fetch.js';

/** The OAuth scope of the Play Integrity API. */
export const PLAY_INTEGRITY_SCOPE = 'https://www.googleapis.com/auth/playintegrity';

/**
 * Gives an OAuth access token with the scope {@link PLAY_INTEGRITY_SCOPE}, of a service account in the Cloud project that
 * is linked to the app. It is asked before every call to Google, so it should cache.
 *
 * `refused` is the token that Google has just refused, if it did: the source then gives a new one.
 */
export type AccessTokenSource = (request: { readonly refused: string | null }) => Promise<string>;

/** A service account key, as Google Cloud gives it in a JSON file. Other members of the file are ignored. */
export interface GoogleServiceAccountKey {
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id?: string;
  /** The token endpoint. Default: Google's. */
  readonly token_uri?: string;
}

/** Where `google-auth-library` sends the assertion of a service account, whatever `token_uri` says. */
const GOOGLE_TOKEN_URI = 'https://oauth2.googleapis.com/token';

/**
 * Access tokens by `google-auth-library`, which caches them and renews them before they end.
 *
 * @param options.credentials default: Application Default Credentials (the file that `GOOGLE_APPLICATION_CREDENTIALS`
 *   names, workload identity, or the metadata server of Google Cloud)
 */
export function createGoogleAccessTokenSource(options: {
  readonly credentials?: GoogleServiceAccountKey;
  readonly fetch: HttpFetch;
}): AccessTokenSource {
  let auth = createAuth(options);
  let given: string | null = null;
  return async ({ refused }) => {
    if (refused !== null && refused === given) auth = createAuth(options);
    try {
      given = (await auth.getAccessToken()) ?? null;
    } catch (cause) {
      throw unavailable(cause);
    }
    if (given === null) throw unavailable(undefined);
    return given;
  };
}

function createAuth(options: { credentials?: GoogleServiceAccountKey; fetch: HttpFetch }): GoogleAuth {
  const { credentials, fetch } = options;
  const auth: GoogleAuth = new GoogleAuth({
    scopes: [PLAY_INTEGRITY_SCOPE],
    ...(credentials && { credentials: { ...credentials, type: 'service_account' } }),
    clientOptions: {
      transporterOptions: {
        fetchImplementation: async (...args) => {
          const request = new Request(...args);
          const response = await fetch(request.url === GOOGLE_TOKEN_URI ? findTokenUri(auth) : request.url, {
            method: request.method === 'POST' ? 'POST' : 'GET',
            headers: Object.fromEntries(request.headers),
            ...(request.body && { body: await request.text() }),
            signal: request.signal,
          });
          const contentType = response.headers.get('content-type');
          return new Response(await response.text(), {
            status: response.status,
            headers: contentType === null ? {} : { 'content-type': contentType },
          });
        },
      },
    },
  });
  return auth;
}

/** The token endpoint that the service account key names: the library reads the key, but not this member of it. */
function findTokenUri(auth: GoogleAuth): string {
  const key = auth.jsonContent;
  return key && 'token_uri' in key && typeof key.token_uri === 'string' ? key.token_uri : GOOGLE_TOKEN_URI;
}

/** No answer of the token endpoint is an outage. A refusal by it, or no usable credentials, is for the operator. */
function unavailable(cause: unknown): UnavailableError {
  const asked = cause instanceof gaxios.GaxiosError;
  const status = asked ? cause.response?.status : undefined;
  if (asked && (status === undefined || status === 408 || status === 429 || status >= 500)) {
    return new UnavailableError('provider_unavailable', {
      message: 'Google could not be asked for an access token',
      cause,
    });
  }
  return new UnavailableError('provider_misconfigured', {
    message: 'Google gives us no access token',
    cause,
  });
}
