// stores/redis: imports core, contracts and this folder only.

import type { ReplayStore } from '../../contracts/replay-store.js';
import { assertName } from './assert-request.js';
import type { RedisConnection } from './redis-connection.js';
import { defineScript } from './redis-script.js';
import { encodeDate, toText } from './reply.js';
import { withFailures } from './store-failure.js';

/**
 * An id is remembered for this long after it has expired, because the caller's clock may be behind the one by which it
 * is forgotten: then the id still counts as unexpired, and must not be consumed again.
 */
const CLOCK_SKEW_MILLISECONDS = 5 * 60 * 1000;

/** Most expired ids that one write sweeps out: more than it brings in, so the set shrinks, and never a long wait. */
const SWEEP = 8;

/** id, holder, expiry, time before which an expiry is over. Returns the holder who was first, or nothing. */
const consumeScript = defineScript(`
local holder = redis.call('HGET', P .. 'holders', ARGV[2])
if holder then return holder end
redis.call('HSET', P .. 'holders', ARGV[2], ARGV[3])
redis.call('ZADD', P .. 'replays', ARGV[4], ARGV[2])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'replays', '-inf', '(' .. ARGV[5], 'LIMIT', 0, ${SWEEP})) do
  redis.call('ZREM', P .. 'replays', id)
  redis.call('HDEL', P .. 'holders', id)
end
return false
`);

export function createReplayStore(connection: RedisConnection): ReplayStore {
  return {
    async consume({ id, holder, expiresAt, now }) {
      assertName('id', id);
      assertName('holder', holder);
      return withFailures(async () => {
        const sweepBefore = encodeDate(new Date(now.getTime() - CLOCK_SKEW_MILLISECONDS));
        const first = await connection.run(consumeScript, id, holder, encodeDate(expiresAt), sweepBefore);
        return first === null
          ? { outcome: 'consumed' }
          : { outcome: 'already_consumed', holder: toText(first) };
      });
    },
  };
}
