// stores/memory: imports core, contracts and this folder only.

import type { Clock } from '../../core/clock.js';
import type { PruneRequest, Pruned, Retention } from '../../contracts/retention.js';
import { assertLimit } from './assert-limit.js';

/** A store that can forget what is over. */
export interface Forgetful {
  /** Forgets, oldest first, what was over before a time; says how many that were. */
  forget(request: PruneRequest): number;
}

/** Forgets in several stores, and nothing whose time is not over by the clock. */
export function createMemoryRetention(
  stores: Readonly<Record<keyof Pruned, Forgetful>>,
  clock: Clock,
): Retention {
  return {
    async prune({ before, limit }) {
      assertLimit(limit, 10_000);
      const now = clock.now();
      const over = { before: new Date(Math.min(before.getTime(), now.getTime())), limit };
      return {
        certificates: stores.certificates.forget(over),
        revocations: stores.revocations.forget(over),
        replays: stores.replays.forget(over),
        renewalOrders: stores.renewalOrders.forget(over),
        attestedKeys: stores.attestedKeys.forget(over),
        usageCounters: stores.usageCounters.forget(over),
        rateLimits: stores.rateLimits.forget({ before: now, limit }),
      };
    },
  };
}
