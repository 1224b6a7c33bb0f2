// enrolment: imports core and contracts.

import { assertWholeNumber } from '../core/assert-option.js';
import { sha256Hex } from '../core/bytes.js';
import { ConfigurationError, RejectedError, UnavailableError } from '../core/errors.js';
import type { RateLimitStore, TokenBucketOutcome } from '../contracts/rate-limit-store.js';
import type { RateLimiter } from '../contracts/rate-limiter.js';
import { nameClientNetwork } from './client-network.js';

/** How many requests one client may make. */
export interface RequestLimit {
  /** How many at once, 1 to 1,000,000. */
  readonly capacity: number;
  /** How many more in each second after that, above 0, at most 1,000,000. */
  readonly refillPerSecond: number;
}

/** What the limits are, and where they are counted. `null` for a limit is none. */
export interface TokenBucketLimiterOptions {
  /** Counts for all replicas: `stores.rateLimits`. */
  readonly rateLimits: RateLimitStore;
  /**
   * Per IPv4 address, or IPv6 network of 64 bits. Behind the address of a mobile carrier there may be thousands of devices.
   * Default: 60 at once and one a second.
   */
  readonly perAddress?: RequestLimit | null;
  /**
   * Per bootstrap certificate, which all installs of a release share: a limit here is one for all of them together, and
   * whoever has taken the certificate out of the app can use it up for everybody. Default: `null`.
   */
  readonly perBootstrap?: RequestLimit | null;
  /**
   * Per device that proves itself with its certificate. A renewal asks for a challenge and then for the certificate, so it
   * counts twice. Default: 10 at once and one a minute.
   */
  readonly perDevice?: RequestLimit | null;
  /** Per key to be certified, which the client proved to hold. Default: 5 at once and one a minute. */
  readonly perKey?: RequestLimit | null;
}

/**
 * Limits requests by token buckets in a store. Before the body is read, address, bootstrap certificate and device are counted, in
 * this order; once the key is known, the key alone, so that no request counts twice. The first that has no token left refuses,
 * and those after it are not asked: who floods from one address uses up nothing but that. What is not known is not limited.
 *
 * `admit` throws {@link RejectedError} `rate_limited` with `retryAfterSeconds`, {@link UnavailableError} when the store could
 * not count (`store_unavailable` for whatever else it threw), and nothing else.
 *
 * @throws ConfigurationError if a limit is out of range
 */
export function createTokenBucketLimiter(options: TokenBucketLimiterOptions): RateLimiter {
  const {
    rateLimits,
    perAddress = { capacity: 60, refillPerSecond: 1 },
    perBootstrap = null,
    perDevice = { capacity: 10, refillPerSecond: 1 / 60 },
    perKey = { capacity: 5, refillPerSecond: 1 / 60 },
  } = options;
  const limits = {
    address: copyLimit('perAddress', perAddress),
    bootstrap: copyLimit('perBootstrap', perBootstrap),
    device: copyLimit('perDevice', perDevice),
    key: copyLimit('perKey', perKey),
  };

  async function take(kind: keyof typeof limits, name: string | null, now: Date): Promise<void> {
    const limit = limits[kind];
    if (name === null || limit === null) return;
    let outcome: TokenBucketOutcome;
    try {
      outcome = await rateLimits.takeToken({ key: `${kind}:${abbreviate(name)}`, ...limit, now });
    } catch (cause) {
      if (cause instanceof UnavailableError) throw cause;
      throw new UnavailableError('store_unavailable', {
        message: 'the store of rate limits failed',
        cause,
      });
    }
    if (outcome.taken) return;
    throw new RejectedError('rate_limited', {
      message: `too many requests of one ${kind}`,
      retryAfterSeconds: outcome.retryAfterSeconds,
    });
  }

  return {
    async admit({ address, bootstrapCertificateSha256, deviceId, publicKeySha256 }, now) {
      if (publicKeySha256 !== null) {
        await take('key', publicKeySha256, now);
        return;
      }
      await take('address', address === null ? null : nameClientNetwork(address), now);
      await take('bootstrap', bootstrapCertificateSha256, now);
      await take('device', deviceId, now);
    },
  };
}

/** Checks a limit, and keeps what it was. */
function copyLimit(option: string, limit: RequestLimit | null): RequestLimit | null {
  if (limit === null) return null;
  const { capacity, refillPerSecond } = limit;
  assertWholeNumber(`${option}.capacity`, capacity, 1, 1_000_000);
  if (!(refillPerSecond > 0 && refillPerSecond <= 1_000_000)) {
    throw new ConfigurationError(`${option}.refillPerSecond`, {
      message: 'must be above 0 and at most 1000000',
    });
  }
  return { capacity, refillPerSecond };
}

/** Names that are long or of odd characters go by their hash: a store takes 200 characters, and not each takes all. */
function abbreviate(name: string): string {
  return /^[!-~]{1,150}$/.test(name) ? name : `sha256:${sha256Hex(Buffer.from(name))}`;
}
