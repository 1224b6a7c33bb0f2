// stores/redis: imports core, contracts, stores/format and this folder only.

import type { RateLimitStore } from '../../contracts/rate-limit-store.js';
import { assertTokenBucketRequest, SLACK, WAITED_FOR } from '../format/token-bucket.js';
import type { RedisConnection } from './redis-connection.js';
import { defineScript } from './redis-script.js';
import { toInteger } from './reply.js';
import { withFailures } from './store-failure.js';

/**
 * key, capacity, refill. Returns 0 for a token that was taken, else the seconds to wait; what is refused writes nothing. A
 * clock that has gone back stands still until it is where it was. The server forgets a bucket when it is full again.
 */
const takeTokenScript = defineScript(`
local bucket = P .. 'bucket:' .. ARGV[2]
local capacity, refill = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local present = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local kept = redis.call('HMGET', bucket, 'tokens', 'at')
local tokens, at = tonumber(kept[1] or capacity), tonumber(kept[2] or present)
local moment = math.max(at, present)
local available = math.min(capacity, tokens + (moment - at) / 1000 * refill)
if available < 1 - ${SLACK} then
  return math.max(1, math.ceil((${WAITED_FOR} - available) / refill + (moment - present) / 1000))
end
tokens = math.max(0, available - 1)
redis.call('HSET', bucket, 'tokens', string.format('%.17g', tokens), 'at', text(moment))
redis.call('PEXPIREAT', bucket, text(moment + math.ceil((capacity - tokens) / refill * 1000)))
return 0
`);

/** Rate limits by the clock of the server. */
export function createRedisRateLimitStore(connection: RedisConnection): RateLimitStore {
  return {
    async takeToken(request) {
      const { key, capacity, refillPerSecond } = assertTokenBucketRequest(request);
      return withFailures(async () => {
        const wait = toInteger(await connection.run(takeTokenScript, key, capacity, refillPerSecond));
        return wait === 0 ? { taken: true } : { taken: false, retryAfterSeconds: wait };
      });
    },
  };
}
