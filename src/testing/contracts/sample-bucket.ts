// testing: may import everything; nothing imports it.

import type { RateLimitStore, TokenBucketRequest } from '../../contracts/rate-limit-store.js';

const NOW = new Date('2026-03-01T12:00:00.000Z');

/** A token of a bucket that does not fill while a check runs. */
export function bucket(change: Partial<TokenBucketRequest>): TokenBucketRequest {
  return { key: 'key:c3', capacity: 10, refillPerSecond: 0.001, now: new Date(NOW), ...change };
}

/** `seconds` after the time of {@link bucket}. */
export function after(seconds: number): Date {
  return new Date(NOW.getTime() + Math.round(seconds * 1000));
}

/** How many get a token if each of the stores is asked, all at once. */
export async function countTaken(
  stores: readonly RateLimitStore[],
  request: TokenBucketRequest,
): Promise<number> {
  const outcomes = await Promise.all(stores.map((store) => store.takeToken(request)));
  return outcomes.filter(({ taken }) => taken).length;
}
