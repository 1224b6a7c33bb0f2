// authentication: imports core, contracts, x509.

import {
  createLocalJWKSet,
  errors,
  type CryptoKey,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWTHeaderParameters,
} from 'jose';
import type { MonotonicClock } from '../core/clock.js';
import { UnavailableError } from '../core/errors.js';
import type { HttpFetch } from '../core/http-fetch.js';
import { requestJson } from './request-json.js';

/** Finds the key that a token says it is signed with. */
export type FindKey = (header: JWTHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

/** Where the keys are, and how old they may be. All checked by the caller. */
export interface RemoteKeySetOptions {
  readonly url: string;
  readonly fetch: HttpFetch;
  readonly timeoutSeconds: number;
  /** Older keys are fetched again before they are used. */
  readonly refreshSeconds: number;
  /** Between two fetches because of keys that are not in the set. */
  readonly refetchCooldownSeconds: number;
  /** Older keys are not used, not even in an outage. */
  readonly staleKeysSeconds: number;
  readonly monotonicClock: MonotonicClock;
}

/** No more than this is read of a set: the large ones have some ten keys of 2 KB, certificates included. */
const MAX_LENGTH = 256 * 1024;
const MAX_KEYS = 100;

/** Pause after a failure, in seconds. An outage is not made longer by requests that all knock at the door. */
const RETRY_SECONDS = 5;

/** For so long after a failure, in seconds, the endpoint is known to be down. After that it may well be back. */
const KNOWN_DOWN_SECONDS = 60;

const code = 'access_token_keys_unavailable';

/**
 * Keeps the keys of an issuer: one fetch at a time, shared by all who wait for it.
 *
 * - Keys older than `refreshSeconds` are fetched again first. If that fails they go on counting until they are
 *   `staleKeysSeconds` old; in the meantime new tries are made behind the requests, which do not wait for them.
 * - A key that is not in the set is looked for in a newer one, but only if the last try is `refetchCooldownSeconds` ago.
 *
 * The function throws jose's `JWKSNoMatchingKey` for a key that is known not to be there, and UnavailableError
 * `access_token_keys_unavailable` if that could not be found out.
 */
export function createRemoteKeySet(options: RemoteKeySetOptions): FindKey {
  const { monotonicClock } = options;
  let keys: { readonly find: FindKey; readonly fetchedAt: number } | null = null;
  let lastTry: { readonly endedAt: number; readonly failure: unknown } | null = null;
  let pending: Promise<void> | null = null;

  const secondsSince = (moment: number): number => (monotonicClock.elapsedMilliseconds() - moment) / 1000;
  const keysAge = (): number => (keys === null ? Infinity : secondsSince(keys.fetchedAt));
  const failing = (): boolean => lastTry !== null && lastTry.failure !== null;
  const lastTryIsOlderThan = (seconds: number): boolean =>
    lastTry === null || secondsSince(lastTry.endedAt) >= seconds;

  /** Never rejects: what came of it is in `keys` and `lastTry`. */
  function load(): Promise<void> {
    pending ??= loadOnce().finally(() => {
      pending = null;
    });
    return pending;
  }

  async function loadOnce(): Promise<void> {
    // As old as the question: the answer may have been on its way for long.
    const fetchedAt = monotonicClock.elapsedMilliseconds();
    let failure: unknown = null;
    try {
      keys = { find: await fetchKeys(options), fetchedAt };
    } catch (cause) {
      failure = cause;
    }
    lastTry = { endedAt: monotonicClock.elapsedMilliseconds(), failure };
  }

  async function refresh(): Promise<void> {
    if (keysAge() < options.refreshSeconds) return;
    if (pending === null && failing() && !lastTryIsOlderThan(RETRY_SECONDS)) return;
    const down = failing() && !lastTryIsOlderThan(KNOWN_DOWN_SECONDS);
    const loading = load();
    if (!down || keysAge() > options.staleKeysSeconds) await loading;
  }

  /** Looks in a newer set for a key that is not in `known`. */
  async function findElsewhere(
    known: FindKey,
    noMatch: unknown,
    ...key: Parameters<FindKey>
  ): Promise<CryptoKey> {
    const canLoad = pending !== null || lastTryIsOlderThan(options.refetchCooldownSeconds);
    if (keys?.find === known && canLoad) await load();
    if (keys !== null && keys.find !== known) return keys.find(...key);
    if (failing()) throw unavailable();
    throw noMatch;
  }

  function unavailable(): UnavailableError {
    const message = 'the keys for access tokens could not be fetched';
    return new UnavailableError(code, { message, cause: lastTry?.failure });
  }

  return async (...key) => {
    await refresh();
    if (keys === null || keysAge() > options.staleKeysSeconds) throw unavailable();
    const { find } = keys;
    try {
      return await find(...key);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return await findElsewhere(find, error, ...key);
    }
  };
}

async function fetchKeys({ fetch, url, timeoutSeconds }: RemoteKeySetOptions): Promise<FindKey> {
  const answer = await requestJson({
    fetch,
    url,
    method: 'GET',
    headers: { accept: 'application/jwk-set+json, application/json' },
    signal: AbortSignal.timeout(timeoutSeconds * 1000),
    maxLength: MAX_LENGTH,
    code,
  });
  if (!isKeySet(answer)) {
    throw new UnavailableError(code, { message: 'the answer is not a JWK set, or one of too many keys' });
  }
  return createLocalJWKSet(answer);
}

/** What jose does not ask. It checks each key when it uses it. */
function isKeySet(answer: object): answer is JSONWebKeySet {
  return 'keys' in answer && Array.isArray(answer.keys) && answer.keys.length <= MAX_KEYS;
}
