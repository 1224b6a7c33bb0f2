// stores/sqlite: imports core, contracts, stores/format and this folder only.

import type { RenewalOrderStore } from '../../contracts/renewal-order-store.js';
import {
  byAge,
  encodeRenewalOrder,
  MAX_RENEWAL_ORDERS,
  parseRenewalOrder,
  tooManyRenewalOrders,
} from '../format/renewal-order-json.js';
import { readInteger, readText, toRow } from './row.js';
import type { SqliteConnection } from './sqlite-connection.js';
import { withFailures } from './store-failure.js';
import type { WriteQueue } from './write-queue.js';

const TABLE = 'device_trust_renewal_orders';

export function createSqliteRenewalOrderStore(
  connection: SqliteConnection,
  queue: WriteQueue,
): RenewalOrderStore {
  const find = connection.prepare(`SELECT 1 FROM ${TABLE} WHERE id = ?`);
  const countFrom = connection.prepare(`SELECT count(*) AS count FROM ${TABLE} WHERE ends_at > ?`);
  const insert = connection.prepare(`INSERT INTO ${TABLE} (id, ends_at, body) VALUES (?, ?, ?)`);
  const listFrom = connection.prepare(`SELECT body FROM ${TABLE} WHERE ends_at > ?`);

  return {
    async recordOrder(order) {
      const { id, orderedAt, endsAt } = order;
      const body = encodeRenewalOrder(order);
      const recorded = await queue.write(() => {
        if (find.get(id) !== undefined) return true;
        const count = readInteger(toRow(countFrom.get(orderedAt.getTime())), 'count');
        if (count >= MAX_RENEWAL_ORDERS) return false;
        insert.run(id, endsAt.getTime(), body);
        return true;
      });
      if (!recorded) throw tooManyRenewalOrders();
    },

    listOrders: async (now) =>
      withFailures(() =>
        listFrom
          .all(now.getTime())
          .map((row) => parseRenewalOrder(readText(toRow(row), 'body')))
          .sort(byAge),
      ),
  };
}
