// ca: imports core, contracts, x509.

import type { Random } from '../core/random.js';

/** Enough for 64 certificates. */
const POOL_BYTES = 64 * 20;

/**
 * Draws from a source in larger pieces, and hands each octet out once: to ask the operating system for twenty octets takes
 * as long as to ask for a thousand. For what is random but no secret, such as serial numbers.
 */
export function createRandomPool(random: Random): Random {
  let pool: Uint8Array = new Uint8Array(0);
  let used = 0;
  return (size) => {
    if (used + size > pool.length) {
      pool = random(Math.max(size, POOL_BYTES));
      used = 0;
    }
    used += size;
    return pool.subarray(used - size, used);
  };
}
