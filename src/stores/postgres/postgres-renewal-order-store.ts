// stores/postgres: imports core, contracts, stores/format and this folder only.

import type { RenewalOrderStore } from '../../contracts/renewal-order-store.js';
import {
  byAge,
  encodeRenewalOrder,
  parseRenewalOrder,
  tooManyRenewalOrders,
} from '../format/renewal-order-json.js';
import type { Database } from './database.js';
import { readBoolean, readText, toOnlyRow } from './row.js';

export function createPostgresRenewalOrderStore(database: Database): RenewalOrderStore {
  return {
    async recordOrder(order) {
      const { id, orderedAt, endsAt } = order;
      const recorded = await database.run(
        {
          name: 'record_renewal_order',
          text: 'SELECT device_trust_record_renewal_order($1, $2, $3, $4) AS recorded',
          values: [id, orderedAt.getTime(), endsAt.getTime(), encodeRenewalOrder(order)],
        },
        (rows) => readBoolean(toOnlyRow(rows), 'recorded'),
      );
      if (!recorded) throw tooManyRenewalOrders();
    },

    listOrders: (now) =>
      database.run(
        {
          name: 'list_renewal_orders',
          text: 'SELECT body FROM device_trust_renewal_orders WHERE ends_at > $1',
          values: [now.getTime()],
        },
        (rows) => rows.map((row) => parseRenewalOrder(readText(row, 'body'))).sort(byAge),
      ),
  };
}
