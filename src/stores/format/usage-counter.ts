// stores/format: imports core, contracts and this folder only. What more than one store package needs.

import { MalformedError } from '../../core/errors.js';
import type { CountUsageOutcome, CountUsageRequest } from '../../contracts/usage-counter-store.js';
import { assertKeepableText } from './keepable-text.js';

/** A counter as it was left by the last use that was counted. */
export interface UsageCounter {
  readonly total: number;
  /** When it may be forgotten, in milliseconds since 1970-01-01 UTC. */
  readonly expiresAt: number;
}

/** @throws MalformedError `request_malformed` if the request is out of bounds */
export function assertCountUsageRequest({ key, limit, expiresAt, now }: CountUsageRequest): void {
  assertKeepableText('key of a counter', key, 1, 200);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000_000_000) {
    refuse('the limit of a counter must be a whole number from 1 to 1000000000');
  }
  if (Number.isNaN(expiresAt.getTime()) || Number.isNaN(now.getTime())) {
    refuse('a time of the counter is none');
  }
}

/** Counts a use, by the time of the caller. Gives the counter to keep, or `null` if it stays as it is. */
export function countUse(
  kept: UsageCounter | undefined,
  { limit, expiresAt, now }: CountUsageRequest,
): { readonly outcome: CountUsageOutcome; readonly counter: UsageCounter | null } {
  const living = kept !== undefined && kept.expiresAt > now.getTime() ? kept : { total: 0, expiresAt: 0 };
  if (living.total >= limit) return { outcome: { counted: false, total: living.total }, counter: null };
  const total = living.total + 1;
  return {
    outcome: { counted: true, total },
    counter: { total, expiresAt: Math.max(living.expiresAt, expiresAt.getTime()) },
  };
}

function refuse(message: string): never {
  throw new MalformedError('request_malformed', { message });
}
