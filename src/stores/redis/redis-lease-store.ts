// stores/redis: imports core, contracts and this folder only.

import type { LeaseStore } from '../../contracts/lease-store.js';
import { assertBetween, assertName } from './assert-request.js';
import type { RedisConnection } from './redis-connection.js';
import { defineScript } from './redis-script.js';
import { toInteger } from './reply.js';
import { withFailures } from './store-failure.js';

/** name, holder, milliseconds. The expiry is by the clock of the server. */
const acquireLeaseScript = defineScript(`
local lease = P .. 'lease:' .. ARGV[2]
local holder = redis.call('GET', lease)
if holder and holder ~= ARGV[3] then return 0 end
redis.call('SET', lease, ARGV[3], 'PX', ARGV[4])
return 1
`);

/** name, holder */
const releaseLeaseScript = defineScript(`
local lease = P .. 'lease:' .. ARGV[2]
if redis.call('GET', lease) == ARGV[3] then redis.call('DEL', lease) end
return 0
`);

export function createRedisLeaseStore(connection: RedisConnection): LeaseStore {
  return {
    async acquireLease({ name, holder, lifetimeSeconds }) {
      assertName('name', name);
      assertName('holder', holder);
      assertBetween('lifetimeSeconds', lifetimeSeconds, 1, 3600);
      return withFailures(async () => {
        const reply = await connection.run(acquireLeaseScript, name, holder, lifetimeSeconds * 1000);
        return toInteger(reply) === 1;
      });
    },

    async releaseLease({ name, holder }) {
      assertName('name', name);
      assertName('holder', holder);
      await connection.run(releaseLeaseScript, name, holder);
    },
  };
}
