// stores/memory: imports core, contracts, stores/format and this folder only.

import { assertWholeNumber } from '../../core/assert-option.js';
import type { RateLimitStore, TokenBucketRequest } from '../../contracts/rate-limit-store.js';
import { assertTokenBucketRequest, takeFromBucket, type TokenBucket } from '../format/token-bucket.js';
import type { Forgetful } from './memory-retention.js';

export interface MemoryRateLimitStoreOptions {
  /**
   * Most buckets of rate limits to remember. When there are that many, a tenth of them is forgotten, the fullest first: who
   * invents keys fills the memory with buckets of which one token was taken, and those go before any that was emptied.
   * Default: 100,000.
   */
  readonly maxBuckets?: number;
}

/** A bucket, and what its fullness is measured by. */
type MeasuredBucket = TokenBucket & Pick<TokenBucketRequest, 'capacity' | 'refillPerSecond'>;

/**
 * Rate limits of one process, by the time of the caller.
 *
 * @throws ConfigurationError if `maxBuckets` is not a whole number from 1 to 1,000,000
 */
export function createMemoryRateLimitStore({
  maxBuckets = 100_000,
}: MemoryRateLimitStoreOptions = {}): RateLimitStore & Forgetful {
  assertWholeNumber('maxBuckets', maxBuckets, 1, 1_000_000);
  const buckets = new Map<string, MeasuredBucket>();

  function makeRoom(now: number): void {
    const fullestFirst = [...buckets]
      .map(([key, bucket]) => ({ key, fullness: measure(bucket, now) }))
      .sort((left, right) => right.fullness - left.fullness);
    for (const { key } of fullestFirst.slice(0, Math.ceil(maxBuckets / 10))) buckets.delete(key);
  }

  return {
    async takeToken(asked) {
      const request = assertTokenBucketRequest(asked);
      const { key, capacity, refillPerSecond, now } = request;
      const { outcome, bucket } = takeFromBucket(buckets.get(key), request);
      if (bucket) {
        if (buckets.size >= maxBuckets && !buckets.has(key)) makeRoom(now.getTime());
        buckets.set(key, { ...bucket, capacity, refillPerSecond });
      }
      return outcome;
    },

    forget({ before, limit }) {
      const full = [...buckets]
        .filter(([, { fullAt }]) => fullAt < before.getTime())
        .sort(([, left], [, right]) => left.fullAt - right.fullAt)
        .slice(0, limit);
      for (const [key] of full) buckets.delete(key);
      return full.length;
    },
  };
}

/** How much of the bucket is filled, 0 to 1. */
function measure({ tokens, at, capacity, refillPerSecond }: MeasuredBucket, now: number): number {
  return Math.min(1, (tokens + (Math.max(0, now - at) / 1000) * refillPerSecond) / capacity);
}
