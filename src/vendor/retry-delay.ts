// vendor: imports core and contracts only.

import type { Random } from '../core/random.js';

/** How long to wait between attempts, by default 0.2 s at most after the first and 2 s at most after many. */
export interface RetryDelays {
  readonly baseSeconds: number;
  readonly capSeconds: number;
}

/**
 * Milliseconds to wait after attempt number `attempt`, counted from 0: anything from nothing to the cap, all of it equally likely
 * ("full jitter"), so that clients of a vendor that comes back do not come back all at once. The cap doubles each time. What
 * the vendor asked for is never gone below.
 */
export function chooseRetryDelay(
  { baseSeconds, capSeconds }: RetryDelays,
  attempt: number,
  retryAfterSeconds: number | null,
  random: Random,
): number {
  const most = Math.min(capSeconds, baseSeconds * 2 ** attempt);
  const share = new DataView(Uint8Array.from(random(4)).buffer).getUint32(0) / 2 ** 32;
  return Math.max(share * most, retryAfterSeconds ?? 0) * 1000;
}
