// stores/redis: imports core, contracts and this folder only.

import type { Retention } from '../../contracts/retention.js';
import { assertBetween } from './assert-request.js';
import type { RedisConnection } from './redis-connection.js';
import { defineScript, type RedisScript } from './redis-script.js';
import { encodeDate, toInteger } from './reply.js';
import { withFailures } from './store-failure.js';

/** Most records that one script forgets: some milliseconds in which the server does nothing else. */
const BATCH = 500;

/** Milliseconds that an id is remembered beyond its expiry; see the replay store. */
const CLOCK_SKEW_MILLISECONDS = 5 * 60 * 1000;

/** `before` is the time asked for, at the latest that of the server. */
const BEFORE = `
local time = redis.call('TIME')
local before = math.min(tonumber(ARGV[2]), tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
local limit = tonumber(ARGV[3])
`;

/** time, limit. Where the latest certificate of a device goes, the latest one that is left takes its place. */
const pruneCertificatesScript = defineScript(`${BEFORE}
local ended = redis.call('ZRANGEBYSCORE', P .. 'ends', '-inf', '(' .. text(before), 'LIMIT', 0, limit)
for _, sequence in ipairs(ended) do
  local hash = P .. 'certificate:' .. sequence
  local fields = redis.call('HMGET', hash, 'issuerId', 'serialNumber', 'requestId', 'deviceId', 'indexes')
  redis.call('ZREM', P .. 'ends', sequence)
  redis.call('HDEL', P .. 'names', fields[1] .. '/' .. fields[2])
  redis.call('HDEL', P .. 'requests', fields[3])
  redis.call('ZREM', P .. 'by:all', sequence)
  for _, index in ipairs(cjson.decode(fields[5])) do redis.call('ZREM', P .. 'by:' .. index, sequence) end
  if redis.call('ZREM', P .. 'by:latest', sequence) == 1 then
    local left = redis.call('ZREVRANGE', P .. 'by:device:' .. fields[4], 0, 0)[1]
    if left then redis.call('ZADD', P .. 'by:latest', left, left) end
  end
  redis.call('DEL', hash)
end
return #ended
`);

/** time, limit. The newest entry of the log stays. */
const pruneRevocationsScript = defineScript(`${BEFORE}
local newest = redis.call('ZREVRANGE', P .. 'log', 0, 0, 'WITHSCORES')[2]
local set = P .. 'revoked-ends'
local ended = redis.call('ZRANGEBYSCORE', set, '-inf', '(' .. text(before), 'WITHSCORES', 'LIMIT', 0, limit + 1)
local forgotten = 0
for place = 1, #ended, 2 do
  local sequence, shard, issuer, serial = string.match(ended[place], '^(%d+)/(%d+)/([^/]*)/(.*)$')
  if sequence ~= newest and forgotten < limit then
    local member = sequence .. ':' .. text(tonumber(ended[place + 1]))
    redis.call('ZREM', set, ended[place])
    redis.call('ZREM', P .. 'revoked:' .. issuer .. ':' .. shard, member)
    redis.call('ZREM', P .. 'revoked:' .. issuer .. ':all', member)
    redis.call('HDEL', P .. 'words', 'certificate:' .. issuer .. ':' .. serial)
    redis.call('ZREMRANGEBYSCORE', P .. 'log', sequence, sequence)
    forgotten = forgotten + 1
  end
end
return forgotten
`);

/** time, limit */
const pruneReplaysScript = defineScript(`${BEFORE}
before = before - ${CLOCK_SKEW_MILLISECONDS}
local expired = redis.call('ZRANGEBYSCORE', P .. 'replays', '-inf', '(' .. text(before), 'LIMIT', 0, limit)
for _, id in ipairs(expired) do
  redis.call('ZREM', P .. 'replays', id)
  redis.call('HDEL', P .. 'holders', id)
end
return #expired
`);

/** time, limit */
const pruneOrdersScript = defineScript(`${BEFORE}
local ended = redis.call('ZRANGEBYSCORE', P .. 'renewal-order-ends', '-inf', '(' .. text(before), 'LIMIT', 0, limit)
for _, id in ipairs(ended) do
  redis.call('ZREM', P .. 'renewal-order-ends', id)
  redis.call('HDEL', P .. 'renewal-orders', id)
end
return #ended
`);

/** time, limit */
const pruneAttestedKeysScript = defineScript(`${BEFORE}
local unused = redis.call('ZRANGEBYSCORE', P .. 'attested-key-uses', '-inf', '(' .. text(before), 'LIMIT', 0, limit)
for _, name in ipairs(unused) do
  redis.call('ZREM', P .. 'attested-key-uses', name)
  redis.call('DEL', P .. 'attested-key:' .. name)
end
return #unused
`);

export function createRedisRetention(connection: RedisConnection): Retention {
  /** Forgets in batches, until the limit is reached or nothing is left. */
  async function prune(script: RedisScript, before: string, limit: number): Promise<number> {
    let forgotten = 0;
    for (let ended = false; !ended && forgotten < limit;) {
      const batch = Math.min(BATCH, limit - forgotten);
      const count = toInteger(await connection.run(script, before, batch));
      forgotten += count;
      ended = count < batch;
    }
    return forgotten;
  }

  return {
    async prune({ before, limit }) {
      assertBetween('limit', limit, 1, 10_000);
      return withFailures(async () => {
        const time = encodeDate(before);
        return {
          certificates: await prune(pruneCertificatesScript, time, limit),
          revocations: await prune(pruneRevocationsScript, time, limit),
          replays: await prune(pruneReplaysScript, time, limit),
          renewalOrders: await prune(pruneOrdersScript, time, limit),
          attestedKeys: await prune(pruneAttestedKeysScript, time, limit),
          // The server forgets these by itself.
          usageCounters: 0,
          rateLimits: 0,
        };
      });
    },
  };
}
