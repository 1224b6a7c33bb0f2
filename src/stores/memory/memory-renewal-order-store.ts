// stores/memory: imports core, contracts, stores/format and this folder only.

import type { RenewalOrder, RenewalOrderStore } from '../../contracts/renewal-order-store.js';
import {
  byAge,
  encodeRenewalOrder,
  MAX_RENEWAL_ORDERS,
  parseRenewalOrder,
  tooManyRenewalOrders,
} from '../format/renewal-order-json.js';
import type { Forgetful } from './memory-retention.js';

/** An order as text, so that nobody holds a part of it, and its end. */
interface KeptOrder {
  readonly body: string;
  readonly endsAt: number;
}

/** Orders of renewal of one process, gone when the process ends. */
export function createMemoryRenewalOrderStore(): RenewalOrderStore & Forgetful {
  const orders = new Map<string, KeptOrder>();

  const notEnded = (at: Date): readonly KeptOrder[] =>
    [...orders.values()].filter(({ endsAt }) => endsAt > at.getTime());

  return {
    async recordOrder(order) {
      const body = encodeRenewalOrder(order);
      if (orders.has(order.id)) return;
      if (notEnded(order.orderedAt).length >= MAX_RENEWAL_ORDERS) throw tooManyRenewalOrders();
      orders.set(order.id, { body, endsAt: order.endsAt.getTime() });
    },

    listOrders: async (now): Promise<readonly RenewalOrder[]> =>
      notEnded(now)
        .map(({ body }) => parseRenewalOrder(body))
        .sort(byAge),

    forget({ before, limit }) {
      const over = [...orders]
        .filter(([, { endsAt }]) => endsAt < before.getTime())
        .sort(([, left], [, right]) => left.endsAt - right.endsAt)
        .slice(0, limit);
      for (const [id] of over) orders.delete(id);
      return over.length;
    },
  };
}
