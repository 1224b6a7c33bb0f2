// stores/format: imports core, contracts and this folder only. What more than one store package needs.

import { MalformedError } from '../../core/errors.js';
import type { TokenBucketOutcome, TokenBucketRequest } from '../../contracts/rate-limit-store.js';

/** A bucket as it was left by the last token that was taken. What was refused leaves no trace. */
export interface TokenBucket {
  readonly tokens: number;
  /** When that was, in milliseconds since 1970-01-01 UTC. */
  readonly at: number;
  /** When it is full again, if nobody takes another; it may be forgotten then. */
  readonly fullAt: number;
}

/**
 * By how much less than a whole token one is taken all the same: fractions that should add up to a token are off by less than
 * that, also in a bucket of a million.
 */
export const SLACK = 1e-6;

/** How much of a token is waited for at the most; between the two lies what rounding may do to the wait. */
export const WAITED_FOR = 1 - SLACK / 2;

/** A slower refill is taken for this one: a token in 31 years. The numbers stay in the range of every store that way. */
const SLOWEST_REFILL = 1e-9;

/**
 * Checks a request; the refill that it gives is the one to calculate with.
 *
 * @throws MalformedError `request_malformed` if it is out of bounds
 */
export function assertTokenBucketRequest(request: TokenBucketRequest): TokenBucketRequest {
  const { key, capacity, refillPerSecond, now } = request;
  if (key.length > 200) refuse(`the key of a bucket has ${key.length} characters, more than 200`);
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > 1_000_000) {
    refuse('the capacity of a bucket must be a whole number from 1 to 1000000');
  }
  if (!(refillPerSecond > 0 && refillPerSecond <= 1_000_000)) {
    refuse('the refill of a bucket must be above 0 and at most 1000000 a second');
  }
  if (Number.isNaN(now.getTime())) refuse('the time of the request is none');
  return { ...request, refillPerSecond: Math.max(refillPerSecond, SLOWEST_REFILL) };
}

/**
 * Takes a token, by the time of the caller; `undefined` stands for a full bucket. Gives the bucket to keep, or `null` if it
 * stays as it is.
 */
export function takeFromBucket(
  bucket: Pick<TokenBucket, 'tokens' | 'at'> | undefined,
  { capacity, refillPerSecond, now }: TokenBucketRequest,
): { readonly outcome: TokenBucketOutcome; readonly bucket: TokenBucket | null } {
  const time = now.getTime();
  // A clock that has gone back stands still until it is where it was.
  const at = Math.max(time, bucket?.at ?? time);
  const refilled = bucket ? bucket.tokens + ((at - bucket.at) / 1000) * refillPerSecond : capacity;
  const available = Math.min(capacity, refilled);
  if (available < 1 - SLACK) {
    const wait = (WAITED_FOR - available) / refillPerSecond + (at - time) / 1000;
    return { outcome: { taken: false, retryAfterSeconds: Math.max(1, Math.ceil(wait)) }, bucket: null };
  }
  const tokens = Math.max(0, available - 1);
  const fullAt = at + Math.ceil(((capacity - tokens) / refillPerSecond) * 1000);
  return { outcome: { taken: true }, bucket: { tokens, at, fullAt } };
}

function refuse(message: string): never {
  throw new MalformedError('request_malformed', { message });
}
