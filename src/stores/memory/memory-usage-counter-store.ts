// stores/memory: imports core, contracts, stores/format and this folder only.

import type { UsageCounterStore } from '../../contracts/usage-counter-store.js';
import { assertCountUsageRequest, countUse, type UsageCounter } from '../format/usage-counter.js';
import type { Forgetful } from './memory-retention.js';

/** Counters of one process, by the time of the caller, gone when the process ends. */
export function createMemoryUsageCounterStore(): UsageCounterStore & Forgetful {
  const counters = new Map<string, UsageCounter>();
  return {
    async countUsage(request) {
      assertCountUsageRequest(request);
      const { outcome, counter } = countUse(counters.get(request.key), request);
      if (counter) counters.set(request.key, counter);
      return outcome;
    },

    forget({ before, limit }) {
      const over = [...counters]
        .filter(([, { expiresAt }]) => expiresAt < before.getTime())
        .sort(([, left], [, right]) => left.expiresAt - right.expiresAt)
        .slice(0, limit);
      for (const [key] of over) counters.delete(key);
      return over.length;
    },
  };
}
