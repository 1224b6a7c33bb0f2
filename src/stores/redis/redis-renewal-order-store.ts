// stores/redis: imports core, contracts, stores/format and this folder only.

import type { RenewalOrderStore } from '../../contracts/renewal-order-store.js';
import {
  byAge,
  encodeRenewalOrder,
  MAX_RENEWAL_ORDERS,
  parseRenewalOrder,
  tooManyRenewalOrders,
} from '../format/renewal-order-json.js';
import type { RedisConnection } from './redis-connection.js';
import { defineScript } from './redis-script.js';
import { encodeDate, toInteger, toList, toText } from './reply.js';
import { withFailures } from './store-failure.js';

/** id, time of the order, end, JSON. Returns 0 if there are too many. */
const recordOrderScript = defineScript(`
local orders, ends = P .. 'renewal-orders', P .. 'renewal-order-ends'
if redis.call('HEXISTS', orders, ARGV[2]) == 1 then return 1 end
if redis.call('ZCOUNT', ends, '(' .. ARGV[3], '+inf') >= ${MAX_RENEWAL_ORDERS} then return 0 end
redis.call('HSET', orders, ARGV[2], ARGV[5])
redis.call('ZADD', ends, ARGV[4], ARGV[2])
return 1
`);

/** time that their ends are after */
const listOrdersScript = defineScript(`
local found = {}
for place, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'renewal-order-ends', '(' .. ARGV[2], '+inf')) do
  found[place] = redis.call('HGET', P .. 'renewal-orders', id)
end
return found
`);

export function createRedisRenewalOrderStore(connection: RedisConnection): RenewalOrderStore {
  return {
    recordOrder: (order) =>
      withFailures(async () => {
        const body = encodeRenewalOrder(order);
        const times = [encodeDate(order.orderedAt), encodeDate(order.endsAt)] as const;
        const reply = await connection.run(recordOrderScript, order.id, ...times, body);
        if (toInteger(reply) === 0) throw tooManyRenewalOrders();
      }),

    listOrders: (now) =>
      withFailures(async () => {
        const reply = await connection.run(listOrdersScript, encodeDate(now));
        return toList(reply)
          .map((body) => parseRenewalOrder(toText(body)))
          .sort(byAge);
      }),
  };
}
