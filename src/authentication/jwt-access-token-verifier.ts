// authentication: imports core, contracts, x509.

import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  jwtVerify,
  type JSONWebKeySet,
} from 'jose';
import { assertWholeNumber } from '../core/assert-option.js';
import { ConfigurationError, RejectedError, UnavailableError } from '../core/errors.js';
import type { AccessTokenVerifier } from '../contracts/access-token-verifier.js';

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
  /** The issuer's keys: where to fetch them (an `https:` URL; `http:` on loopback only), or the keys themselves. */
  readonly jwks: URL | JSONWebKeySet;
  /** What to accept. Default: `ES256`, `PS256`, `RS256`. */
  readonly algorithms?: readonly AccessTokenAlgorithm[];
  /** Allowed difference between the issuer's clock and ours, in seconds, 0 to 300. Default 30. */
  readonly clockSkewSeconds?: number;
  /** Longest wait for the keys, in seconds, 1 to 30. Default 5. */
  readonly timeoutSeconds?: number;
  /** Default: the `fetch` of the runtime. */
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * Verifies access tokens in the form of JWTs (RFC 9068, RFC 8725): signature, algorithm, `iss`, `aud`, `exp`, `nbf`, and that
 * there is a `sub`.
 *
 * @throws ConfigurationError if an option is empty, an algorithm is not allowed, or the URL is not safe
 */
export function createJwtAccessTokenVerifier(options: JwtAccessTokenVerifierOptions): AccessTokenVerifier {
  const {
    issuer,
    audience,
    algorithms = ['ES256', 'PS256', 'RS256'],
    clockSkewSeconds = 30,
    timeoutSeconds = 5,
  } = options;
  assertWholeNumber('clockSkewSeconds', clockSkewSeconds, 0, 300);
  assertWholeNumber('timeoutSeconds', timeoutSeconds, 1, 30);
  if (issuer === '') throw new ConfigurationError('issuer', { message: 'must not be empty' });
  if (audience === '') throw new ConfigurationError('audience', { message: 'must not be empty' });
  if (algorithms.length === 0 || algorithms.some((name) => !ALGORITHMS.includes(name))) {
    throw new ConfigurationError('algorithms', { message: `must be among ${ALGORITHMS.join(', ')}` });
  }
  const keys = createKeySet(options, timeoutSeconds);

  return {
    async verify(token, now) {
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms: [...algorithms],
          clockTolerance: clockSkewSeconds,
          currentDate: now,
          requiredClaims: ['exp', 'sub'],
        });
        return {
          subject: requireSubject(payload.sub),
          scopes: typeof payload['scope'] === 'string' ? payload['scope'].split(' ').filter(Boolean) : [],
          expiresAt: new Date((payload.exp ?? 0) * 1000),
          claims: payload,
        };
      } catch (cause) {
        if (cause instanceof RejectedError) throw cause;
        if (isVerdict(cause)) {
          throw new RejectedError('access_token_invalid', { message: 'the access token is not good', cause });
        }
        const message = 'the keys for access tokens could not be fetched';
        throw new UnavailableError('access_token_keys_unavailable', { message, cause });
      }
    },
  };
}

function createKeySet(options: JwtAccessTokenVerifierOptions, timeoutSeconds: number) {
  const { jwks } = options;
  if (!(jwks instanceof URL)) {
    try {
      return createLocalJWKSet(jwks);
    } catch (cause) {
      throw new ConfigurationError('jwks', { message: 'is not a JWK set', cause });
    }
  }
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(jwks.hostname);
  if (jwks.protocol !== 'https:' && !(jwks.protocol === 'http:' && loopback)) {
    throw new ConfigurationError('jwks', { message: 'must be an https URL' });
  }
  const { fetch } = options;
  return createRemoteJWKSet(jwks, {
    timeoutDuration: timeoutSeconds * 1000,
    ...(fetch ? { [customFetch]: fetch } : {}),
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

function requireSubject(subject: string | undefined): string {
  if (subject !== undefined && subject !== '') return subject;
  throw new RejectedError('access_token_invalid', { message: 'the access token names no subject' });
}
