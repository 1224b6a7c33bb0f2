// authentication: imports core, contracts, x509.

import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet } from 'jose';
import { assertWholeNumber } from '../core/assert-option.js';
import { systemMonotonicClock, type MonotonicClock } from '../core/clock.js';
import { ConfigurationError, DeviceTrustError, RejectedError, UnavailableError } from '../core/errors.js';
import { systemFetch, type HttpFetch } from '../core/http-fetch.js';
import { assertSecureUrl } from '../core/secure-url.js';
import type { AccessTokenVerifier } from '../contracts/access-token-verifier.js';
import { assertTokenForm } from './bearer-token.js';
import { readAccessToken } from './read-access-token.js';
import { createRemoteKeySet, type FindKey } from './remote-key-set.js';

/** Signature algorithms for access tokens (RFC 7518): none with a shared secret, and never `none`. */
export type AccessTokenAlgorithm =
  'ES256' | 'ES384' | 'PS256' | 'PS384' | 'PS512' | 'RS256' | 'RS384' | 'RS512' | 'EdDSA' | 'Ed25519';

const ALGORITHMS: readonly string[] = [
  'ES256',
  'ES384',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
  'EdDSA',
  'Ed25519',
];

/** How access tokens are verified. */
export interface JwtAccessTokenVerifierOptions {
  /** The one `iss` to accept. */
  readonly issuer: string;
  /** Our own name, which must be in `aud`. */
  readonly audience: string;
  /**
   * The issuer's keys: where to fetch them (an `https:` URL; `http:` on loopback only), or the keys themselves. If there are
   * several for one algorithm, tokens must say which one by `kid`.
   */
  readonly jwks: URL | JSONWebKeySet;
  /** What to accept. Default: `ES256`, `PS256`, `RS256`. */
  readonly algorithms?: readonly AccessTokenAlgorithm[];
  /**
   * What `typ` may say, with or without `application/`, in any case; a token without one counts as `JWT`. Default: `at+jwt` and
   * `JWT`, so that no token that says it is something else, such as a logout token, is taken for an access token. An issuer
   * that follows RFC 9068 allows for `['at+jwt']` alone, which keeps ID tokens out as well (RFC 8725 section 3.11).
   */
  readonly types?: readonly string[];
  /** Allowed difference between the issuer's clock and ours, in seconds, 0 to 300. Default 30. */
  readonly clockSkewSeconds?: number;
  /**
   * Keys that are older are fetched again before they are used, in seconds, 1 to 86,400: how long a key that the issuer has
   * withdrawn may go on counting. Default 600.
   */
  readonly refreshSeconds?: number;
  /**
   * Least time between two fetches for the sake of a `kid` that is not among the keys, in seconds, 1 to 3,600. Whoever makes up
   * key ids causes no more than one fetch in this time; an issuer should publish a new key so long before it signs with
   * it. Default 30.
   */
  readonly refetchCooldownSeconds?: number;
  /**
   * Oldest keys to use while they cannot be fetched, in seconds, `refreshSeconds` to 604,800: how long a key that the issuer has
   * withdrawn may go on counting in an outage, and how long an outage goes unnoticed by the holders of good tokens. Default:
   * 3,600, or `refreshSeconds` if that is more.
   */
  readonly staleKeysSeconds?: number;
  /** Longest wait for the keys, in seconds, 1 to 30. Default 5. */
  readonly timeoutSeconds?: number;
  /** Fetches the keys. Default: the `fetch` of the runtime. */
  readonly fetch?: HttpFetch;
  /** Measures the age of keys. Default: the clock of the machine. */
  readonly monotonicClock?: MonotonicClock;
}

/**
 * Verifies access tokens in the form of JWTs (RFC 9068, RFC 8725): signature, algorithm, `typ`, `iss`, `aud`, `exp`, `nbf`, and
 * that there is a `sub`. Which key counts is told by `jwks` alone: keys and addresses of keys in the token are not looked at.
 *
 * The keys are fetched when the first token comes. A token whose key is not known is refused with `access_token_invalid` if
 * the keys are current, and with `access_token_keys_unavailable` if they could not be fetched.
 *
 * @throws ConfigurationError if an option is empty or out of its bounds, an algorithm is not allowed, or the URL is not safe
 */
export function createJwtAccessTokenVerifier(options: JwtAccessTokenVerifierOptions): AccessTokenVerifier {
  const { issuer, audience, clockSkewSeconds = 30 } = options;
  const algorithms = [...(options.algorithms ?? ['ES256', 'PS256', 'RS256'])];
  const types = (options.types ?? ['at+jwt', 'JWT']).map(normalizeType);
  assertWholeNumber('clockSkewSeconds', clockSkewSeconds, 0, 300);
  if (issuer === '') throw new ConfigurationError('issuer', { message: 'must not be empty' });
  if (audience === '') throw new ConfigurationError('audience', { message: 'must not be empty' });
  if (algorithms.length === 0 || algorithms.some((name) => !ALGORITHMS.includes(name))) {
    throw new ConfigurationError('algorithms', { message: `must be among ${ALGORITHMS.join(', ')}` });
  }
  if (types.length === 0 || types.includes('')) {
    throw new ConfigurationError('types', { message: 'must name at least one type' });
  }
  const findKey = createKeySet(options);

  return {
    async verify(token, now) {
      assertTokenForm(token);
      try {
        const { payload, protectedHeader } = await jwtVerify(token, findKey, {
          issuer,
          audience,
          algorithms,
          clockTolerance: clockSkewSeconds,
          currentDate: now,
          requiredClaims: ['exp', 'sub'],
        });
        if (!types.includes(normalizeType(protectedHeader.typ ?? 'JWT'))) {
          throw new RejectedError('access_token_invalid', { message: 'the token is of another type' });
        }
        return readAccessToken(payload);
      } catch (cause) {
        if (cause instanceof DeviceTrustError) throw cause;
        if (isVerdict(cause)) {
          throw new RejectedError('access_token_invalid', { message: 'the access token is not good', cause });
        }
        const message = 'the keys for access tokens cannot be used';
        throw new UnavailableError('access_token_keys_unavailable', { message, cause });
      }
    },
  };
}

/** Media types are compared without regard to case, and `application/` may be left out (RFC 7515 section 4.1.9). */
function normalizeType(type: unknown): string {
  return typeof type !== 'string' ? '' : type.toLowerCase().replace(/^application\//, '');
}

function createKeySet(options: JwtAccessTokenVerifierOptions): FindKey {
  const {
    jwks,
    fetch = systemFetch,
    monotonicClock = systemMonotonicClock,
    timeoutSeconds = 5,
    refreshSeconds = 600,
    refetchCooldownSeconds = 30,
    staleKeysSeconds = Math.max(3600, refreshSeconds),
  } = options;
  assertWholeNumber('timeoutSeconds', timeoutSeconds, 1, 30);
  assertWholeNumber('refreshSeconds', refreshSeconds, 1, 86_400);
  assertWholeNumber('refetchCooldownSeconds', refetchCooldownSeconds, 1, 3600);
  assertWholeNumber('staleKeysSeconds', staleKeysSeconds, refreshSeconds, 604_800);
  if (!(jwks instanceof URL)) {
    try {
      return createLocalJWKSet(jwks);
    } catch (cause) {
      throw new ConfigurationError('jwks', { message: 'is not a JWK set', cause });
    }
  }
  assertSecureUrl('jwks', jwks);
  return createRemoteKeySet({
    url: jwks.href,
    fetch,
    monotonicClock,
    timeoutSeconds,
    refreshSeconds,
    refetchCooldownSeconds,
    staleKeysSeconds,
  });
}

/** True if the error says something about the token, rather than about fetching keys. */
function isVerdict(error: unknown): boolean {
  return (
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTExpired ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  );
}
