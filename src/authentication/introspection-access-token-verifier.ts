// authentication: imports core, contracts, x509.

import { assertWholeNumber } from '../core/assert-option.js';
import { sha256Hex } from '../core/bytes.js';
import { systemMonotonicClock, type MonotonicClock } from '../core/clock.js';
import { ConfigurationError, RejectedError, UnavailableError } from '../core/errors.js';
import { systemFetch, type HttpFetch } from '../core/http-fetch.js';
import { assertSecureUrl } from '../core/secure-url.js';
import type { AccessTokenVerifier } from '../contracts/access-token-verifier.js';
import { assertTokenForm } from './bearer-token.js';
import { createIntrospectionCache } from './introspection-cache.js';
import { createAuthorizationSource, type IntrospectionCredentials } from './introspection-credentials.js';
import { createTokenIntrospection, type IntrospectionOutcome } from './token-introspection.js';
import { readAccessToken } from './read-access-token.js';

/** How access tokens are asked about. */
export interface IntrospectionAccessTokenVerifierOptions {
  /** The introspection endpoint: an `https:` URL; `http:` on loopback only. */
  readonly endpoint: URL;
  /** How we are let in there. */
  readonly credentials: IntrospectionCredentials;
  /** Our own name, which must be in `aud`. */
  readonly audience: string;
  /** The one `iss` to accept; a response without one is refused then. Default: not looked at, the endpoint vouches for it. */
  readonly issuer?: string;
  /**
   * Accepts responses without `aud`. One that names others is refused all the same. Default false.
   *
   * @deprecated Dangerous: without `aud` nothing tells a token for us from one for another service, whose operator may then
   *   use it here, nor from a refresh token. For authorization servers that leave it out and issue tokens for us alone.
   */
  readonly dangerouslyAcceptMissingAudience?: boolean;
  /** Allowed difference between the server's clock and ours, in seconds, 0 to 300. Default 30. */
  readonly clockSkewSeconds?: number;
  /**
   * How long a token that was active counts as active, in seconds, 0 to 3,600, and never past its `exp`: how long a token that
   * was revoked may go on being used. 0 asks about each request. Default 30.
   */
  readonly cacheSeconds?: number;
  /** How long a token that was not active is refused unasked, in seconds, 0 to 3,600. Default 10. */
  readonly negativeCacheSeconds?: number;
  /** Most tokens to remember, active and others each, some 2 KB an active one. Default 10,000. */
  readonly cacheCapacity?: number;
  /** Most questions under way at a time, 1 to 10,000; what is beyond is unavailable at once. Default 256. */
  readonly maxConcurrentRequests?: number;
  /** Longest wait for an answer, in seconds, 1 to 30. Default 5. */
  readonly timeoutSeconds?: number;
  /** Default: the `fetch` of the runtime. */
  readonly fetch?: HttpFetch;
  /** Measures the age of what is remembered. Default: the clock of the machine. */
  readonly monotonicClock?: MonotonicClock;
}

/**
 * Verifies access tokens by asking the authorization server about each (RFC 7662): opaque ones, or JWTs that should be
 * revocable at once. The response must call the token active and have `aud`, `exp` and `sub`, like a JWT; dates are judged by
 * our clock as well, on each request.
 *
 * Its failures: `access_token_introspection_unavailable` for anything but status 200 with a response that can be read, which
 * includes that our credentials are refused. In an outage what is remembered counts for `cacheSeconds` and no longer.
 *
 * @throws ConfigurationError if an option is empty or out of its bounds, or the URL is not safe
 */
export function createIntrospectionAccessTokenVerifier(
  options: IntrospectionAccessTokenVerifierOptions,
): AccessTokenVerifier {
  const expected = checkExpectation(options);
  const { fetch = systemFetch, timeoutSeconds = 5, maxConcurrentRequests = 256 } = options;
  assertWholeNumber('timeoutSeconds', timeoutSeconds, 1, 30);
  assertWholeNumber('maxConcurrentRequests', maxConcurrentRequests, 1, 10_000);
  assertSecureUrl('endpoint', options.endpoint);
  const introspect = createTokenIntrospection({
    url: options.endpoint.href,
    authorize: createAuthorizationSource(options.credentials),
    fetch,
    timeoutSeconds,
  });
  const cache = createCache(options);

  async function ask(token: string): Promise<IntrospectionOutcome> {
    if (cache.pending >= maxConcurrentRequests) {
      throw new UnavailableError('access_token_introspection_unavailable', {
        message: 'too many access tokens are being asked about',
      });
    }
    return introspect(token);
  }

  return {
    async verify(token, now) {
      assertTokenForm(token);
      const claims = await cache.get(sha256Hex(Buffer.from(token)), () => ask(token));
      if (claims === null) throw invalid('the authorization server does not call the access token active');
      verifyClaims(claims, expected, now);
      // A copy: what is remembered must not change in the hands of who is given it.
      return readAccessToken(structuredClone(claims));
    },
  };
}

/** What a response must say. */
interface Expectation {
  readonly issuer: string | null;
  readonly audience: string;
  readonly audienceMayBeMissing: boolean;
  readonly clockSkewSeconds: number;
}

function checkExpectation(options: IntrospectionAccessTokenVerifierOptions): Expectation {
  const { audience, issuer = null, clockSkewSeconds = 30 } = options;
  if (audience === '') throw new ConfigurationError('audience', { message: 'must not be empty' });
  if (issuer === '') throw new ConfigurationError('issuer', { message: 'must not be empty' });
  assertWholeNumber('clockSkewSeconds', clockSkewSeconds, 0, 300);
  return { issuer, audience, audienceMayBeMissing: readConsent(options), clockSkewSeconds };
}

/** Only `true` is a consent. */
function readConsent(options: { readonly dangerouslyAcceptMissingAudience?: unknown }): boolean {
  return options.dangerouslyAcceptMissingAudience === true;
}

function createCache(options: IntrospectionAccessTokenVerifierOptions) {
  const {
    cacheSeconds = 30,
    negativeCacheSeconds = 10,
    cacheCapacity = 10_000,
    monotonicClock = systemMonotonicClock,
  } = options;
  assertWholeNumber('cacheSeconds', cacheSeconds, 0, 3600);
  assertWholeNumber('negativeCacheSeconds', negativeCacheSeconds, 0, 3600);
  assertWholeNumber('cacheCapacity', cacheCapacity, 2, 10_000_000);
  return createIntrospectionCache({ cacheSeconds, negativeCacheSeconds, cacheCapacity, monotonicClock });
}

function verifyClaims(claims: Readonly<Record<string, unknown>>, expected: Expectation, now: Date): void {
  const { iss, aud, exp, nbf } = claims;
  if (expected.issuer !== null && iss !== expected.issuer) throw invalid('the token is of another issuer');
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  const missing = aud === undefined && expected.audienceMayBeMissing;
  if (!missing && !audiences.includes(expected.audience)) throw invalid('the token is for another audience');
  const seconds = now.getTime() / 1000;
  if (typeof exp === 'number' && exp <= seconds - expected.clockSkewSeconds) {
    throw invalid('the access token has expired');
  }
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= seconds + expected.clockSkewSeconds)) {
    throw invalid('the access token is not valid yet');
  }
}

function invalid(message: string): RejectedError {
  return new RejectedError('access_token_invalid', { message });
}
