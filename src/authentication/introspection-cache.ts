// authentication: imports core, contracts, x509.

import { createBoundedCache } from '../core/bounded-cache.js';
import type { MonotonicClock } from '../core/clock.js';
import type { IntrospectionOutcome } from './token-introspection.js';

/** Remembers what was said of a token, by a name that is not the token. */
export interface IntrospectionCache {
  /** Gives what is known; else asks, once for all who want to know at the same time. A failure is not remembered. */
  get(key: string, ask: () => Promise<IntrospectionOutcome>): Promise<IntrospectionOutcome>;
  /** How many are being asked about. */
  readonly pending: number;
}

interface Entry {
  readonly outcome: IntrospectionOutcome;
  readonly askedAt: number;
}

/**
 * The two kinds of outcomes are kept apart: whoever makes up tokens fills the memory of what is inactive, and pushes no good
 * token out of the other.
 */
export function createIntrospectionCache(options: {
  readonly cacheSeconds: number;
  readonly negativeCacheSeconds: number;
  readonly cacheCapacity: number;
  readonly monotonicClock: MonotonicClock;
}): IntrospectionCache {
  const { cacheSeconds, negativeCacheSeconds, cacheCapacity, monotonicClock } = options;
  const active = createBoundedCache<Entry>(cacheCapacity);
  const inactive = createBoundedCache<Entry>(cacheCapacity);
  const pending = new Map<string, Promise<IntrospectionOutcome>>();

  const isFresh = (entry: Entry | undefined, seconds: number): entry is Entry =>
    entry !== undefined && monotonicClock.elapsedMilliseconds() - entry.askedAt < seconds * 1000;

  async function askAndRemember(
    key: string,
    ask: () => Promise<IntrospectionOutcome>,
  ): Promise<IntrospectionOutcome> {
    // As old as the question: the token may have been revoked while the answer was on its way.
    const askedAt = monotonicClock.elapsedMilliseconds();
    const outcome = await ask();
    if (outcome === null ? negativeCacheSeconds > 0 : cacheSeconds > 0) {
      (outcome === null ? inactive : active).set(key, { outcome, askedAt });
    }
    return outcome;
  }

  return {
    async get(key, ask) {
      const good = active.get(key);
      const bad = inactive.get(key);
      // Never both: while one of them is fresh, nobody asks.
      if (isFresh(bad, negativeCacheSeconds)) return bad.outcome;
      if (isFresh(good, cacheSeconds)) return good.outcome;
      let asking = pending.get(key);
      if (asking === undefined) {
        asking = askAndRemember(key, ask).finally(() => pending.delete(key));
        pending.set(key, asking);
      }
      return asking;
    },
    get pending() {
      return pending.size;
    },
  };
}
