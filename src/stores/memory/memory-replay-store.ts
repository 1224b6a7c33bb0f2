// stores/memory: imports core, contracts and this folder only.

import { assertWholeNumber } from '../../core/assert-option.js';
import { UnavailableError } from '../../core/errors.js';
import type { ReplayStore } from '../../contracts/replay-store.js';
import { assertLength } from './assert-length.js';
import type { Forgetful } from './memory-retention.js';

export interface MemoryReplayStoreOptions {
  /**
   * Most ids to remember. When that many are remembered and none has expired, nothing more is consumed
   * (`store_unavailable`): forgetting one too early would let it be consumed twice. Default: 1,000,000.
   */
  readonly maxEntries?: number;
}

/**
 * An id is remembered for this long after it has expired, because the caller's clock may be behind the one by which it
 * is forgotten: then the id still counts as unexpired, and must not be consumed again.
 */
const CLOCK_SKEW_MILLISECONDS = 5 * 60 * 1000;

/** Ids are forgotten in lots of this length, so that no single call has many to look through. */
const LOT_MILLISECONDS = 60 * 1000;

/**
 * A replay store of one process. It forgets everything when the process ends: a challenge that was used shortly before a
 * restart could be used again after it, and two processes know nothing of each other. For tests, and for a single
 * process whose challenge secret does not outlive it.
 *
 * @throws ConfigurationError if `maxEntries` is not a whole number from 1 to 10,000,000
 */
export function createMemoryReplayStore(options: MemoryReplayStoreOptions = {}): ReplayStore & Forgetful {
  const { maxEntries = 1_000_000 } = options;
  assertWholeNumber('maxEntries', maxEntries, 1, 10_000_000);
  const consumed = new Map<string, { readonly holder: string; readonly expiresAt: number }>();
  /** Ids by the lot in which they expire. */
  const lots = new Map<number, string[]>();
  let sweptLot = -Infinity;

  /** Drops the lots that are over, when the time has come to a new lot. */
  function sweep(now: Date): void {
    const lot = toLot(now.getTime() - CLOCK_SKEW_MILLISECONDS);
    if (!(lot > sweptLot)) return;
    sweptLot = lot;
    for (const [expired, ids] of lots) {
      if (expired >= lot) continue;
      for (const id of ids) consumed.delete(id);
      lots.delete(expired);
    }
  }

  return {
    async consume({ id, holder, expiresAt, now }) {
      assertLength('id', id);
      assertLength('holder', holder);
      const first = consumed.get(id);
      if (first !== undefined) return { outcome: 'already_consumed', holder: first.holder };
      sweep(now);
      if (consumed.size >= maxEntries) {
        throw new UnavailableError('store_unavailable', {
          message: 'the replay store is full',
          retryAfterSeconds: 60,
        });
      }
      consumed.set(id, { holder, expiresAt: expiresAt.getTime() });
      const lot = toLot(expiresAt.getTime());
      const ids = lots.get(lot);
      if (ids) ids.push(id);
      else lots.set(lot, [id]);
      return { outcome: 'consumed' };
    },

    forget({ before, limit }) {
      const end = before.getTime() - CLOCK_SKEW_MILLISECONDS;
      const over = [...lots]
        .filter(([lot]) => lot <= toLot(end))
        .sort(([left], [right]) => left - right)
        .flatMap(([, ids]) => ids)
        .filter((id) => (consumed.get(id)?.expiresAt ?? Infinity) < end);
      const forgotten = new Set(over.slice(0, limit));
      for (const id of forgotten) consumed.delete(id);
      for (const [lot, ids] of lots) {
        const rest = ids.filter((id) => !forgotten.has(id));
        if (rest.length > 0) lots.set(lot, rest);
        else lots.delete(lot);
      }
      return forgotten.size;
    },
  };
}

function toLot(milliseconds: number): number {
  return Math.floor(milliseconds / LOT_MILLISECONDS);
}
