// contracts: imports core and contracts; types only.

/** One token to take from a bucket. */
export interface TokenBucketRequest {
  /** Names the bucket, such as `address:192.0.2.7`; at most 200 characters. */
  readonly key: string;
  /** How many tokens a full bucket holds, a whole number from 1 to 1,000,000. A bucket that nobody has asked for is full. */
  readonly capacity: number;
  /** How many tokens come back in a second, above 0, at most 1,000,000; never above the capacity. */
  readonly refillPerSecond: number;
  /** The caller's time. A store whose server has a clock goes by that one instead. */
  readonly now: Date;
}

/** How it ended. */
export type TokenBucketOutcome =
  /** One token was taken. */
  | { readonly taken: true }
  /** There was none; nothing was taken. One is back after so many seconds, a whole number of at least 1. */
  | { readonly taken: false; readonly retryAfterSeconds: number };

/**
 * Counts in token buckets that all replicas share. A bucket that has become full again may be forgotten. A clock that goes back
 * refills nothing and takes nothing away.
 */
export interface RateLimitStore {
  /**
   * Takes one token, atomically: of any number of callers in any number of processes, as many get one as there are. Throws
   * {@link UnavailableError} `store_unavailable` when it could not find out, {@link MalformedError} `request_malformed`
   * for a bucket out of bounds.
   */
  takeToken(request: TokenBucketRequest): Promise<TokenBucketOutcome>;
}
