// stores/redis: imports core, contracts, stores/format and this folder only.

import type { UsageCounterStore } from '../../contracts/usage-counter-store.js';
import { assertCountUsageRequest } from '../format/usage-counter.js';
import type { RedisConnection } from './redis-connection.js';
import { defineScript } from './redis-script.js';
import { encodeDate, toInteger } from './reply.js';
import { withFailures } from './store-failure.js';

/**
 * key, limit, end. Returns the total with this use, or minus the total if it was not counted. The server forgets a counter when
 * its time is over.
 */
const countUsageScript = defineScript(`
local counter = P .. 'usage:' .. ARGV[2]
local kept = redis.call('HMGET', counter, 'total', 'expiresAt')
local total, ends = tonumber(kept[1] or 0), math.max(tonumber(kept[2] or 0), tonumber(ARGV[4]))
if total >= tonumber(ARGV[3]) then return -total end
redis.call('HSET', counter, 'total', text(total + 1), 'expiresAt', text(ends))
redis.call('PEXPIREAT', counter, text(ends))
return total + 1
`);

/** Counters by the clock of the server. */
export function createRedisUsageCounterStore(connection: RedisConnection): UsageCounterStore {
  return {
    async countUsage(request) {
      assertCountUsageRequest(request);
      const { key, limit, expiresAt } = request;
      return withFailures(async () => {
        const total = toInteger(await connection.run(countUsageScript, key, limit, encodeDate(expiresAt)));
        return { counted: total > 0, total: Math.abs(total) };
      });
    },
  };
}
