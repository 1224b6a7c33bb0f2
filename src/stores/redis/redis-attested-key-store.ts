// stores/redis: imports core, contracts, stores/format and this folder only.

import { encodeBase64 } from '../../core/bytes.js';
import type { AttestedKey, AttestedKeyName, AttestedKeyStore } from '../../contracts/attested-key-store.js';
import {
  assertAttestedKey,
  assertAttestedKeyName,
  assertReceipt,
  assertUseOfAttestedKey,
} from '../format/attested-key.js';
import type { RedisConnection } from './redis-connection.js';
import { defineScript } from './redis-script.js';
import { encodeDate, toBytes, toDate, toFields, toInteger, toText, type Fields } from './reply.js';
import { withFailures } from './store-failure.js';

/** name, public key, use, device or '', time of use, fields. Returns 0 if it was registered for another use. */
const registerKeyScript = defineScript(`
local key = P .. 'attested-key:' .. ARGV[2]
local kept = redis.call('HMGET', key, 'publicKey', 'lastUse', 'counter')
if kept[1] then
  if kept[1] ~= ARGV[3] or kept[2] ~= ARGV[4] or kept[3] ~= '0' then return 0 end
  if ARGV[5] == '' then redis.call('HDEL', key, 'deviceId') else redis.call('HSET', key, 'deviceId', ARGV[5]) end
  return 1
end
redis.call('HSET', key, unpack(ARGV, 7))
redis.call('ZADD', P .. 'attested-key-uses', ARGV[6], ARGV[2])
return 1
`);

/** name */
const findKeyScript = defineScript(`
return redis.call('HGETALL', P .. 'attested-key:' .. ARGV[2])
`);

/** name, counter, use, time. The counter is compared as a number. */
const useKeyScript = defineScript(`
local key = P .. 'attested-key:' .. ARGV[2]
local kept = redis.call('HMGET', key, 'counter', 'lastUse')
if not kept[1] then return 'unknown' end
local last, counter = tonumber(kept[1]), tonumber(ARGV[3])
if counter == last and kept[2] == ARGV[4] then return 'used' end
if counter <= last then return 'counter_not_higher' end
redis.call('HSET', key, 'counter', ARGV[3], 'lastUse', ARGV[4], 'lastUsedAt', ARGV[5])
redis.call('ZADD', P .. 'attested-key-uses', ARGV[5], ARGV[2])
return 'used'
`);

/** name, receipt */
const replaceReceiptScript = defineScript(`
local key = P .. 'attested-key:' .. ARGV[2]
if redis.call('EXISTS', key) == 0 then return 0 end
redis.call('HSET', key, 'receipt', ARGV[3])
return 1
`);

export function createRedisAttestedKeyStore(connection: RedisConnection): AttestedKeyStore {
  return {
    async registerAttestedKey(key) {
      assertAttestedKey(key);
      const { publicKey, lastUse, deviceId, lastUsedAt } = key;
      const head = [
        encodeName(key),
        encodeBase64(publicKey),
        lastUse,
        deviceId ?? '',
        encodeDate(lastUsedAt),
      ];
      return withFailures(async () => {
        const reply = await connection.run(registerKeyScript, ...head, ...encodeFields(key));
        return { outcome: toInteger(reply) === 1 ? 'registered' : 'exists' };
      });
    },

    async findAttestedKey(name) {
      assertAttestedKeyName(name);
      return withFailures(async () => {
        const fields = toFields(await connection.run(findKeyScript, encodeName(name)));
        return fields.size === 0 ? null : toAttestedKey(name, fields);
      });
    },

    async useAttestedKey(request) {
      assertUseOfAttestedKey(request);
      const { counter, use, at } = request;
      return withFailures(async () => {
        const reply = await connection.run(useKeyScript, encodeName(request), counter, use, encodeDate(at));
        if (reply === 'used' || reply === 'counter_not_higher' || reply === 'unknown')
          return { outcome: reply };
        throw new TypeError('the reply of Redis is not an outcome');
      });
    },

    async replaceReceipt(request) {
      assertAttestedKeyName(request);
      assertReceipt(request.receipt);
      return withFailures(async () => {
        const receipt = encodeBase64(request.receipt);
        return toInteger(await connection.run(replaceReceiptScript, encodeName(request), receipt)) === 1;
      });
    },
  };
}

/** With the length of its first part in front, so that no two names are written alike. */
function encodeName({ provider, keyId }: AttestedKeyName): string {
  return `${provider.length}:${provider}:${keyId}`;
}

function encodeFields(key: AttestedKey): readonly string[] {
  const fields: Readonly<Record<string, string>> = {
    publicKey: encodeBase64(key.publicKey),
    details: key.details,
    attestedAt: encodeDate(key.attestedAt),
    counter: String(key.counter),
    lastUse: key.lastUse,
    lastUsedAt: encodeDate(key.lastUsedAt),
    ...(key.deviceId !== null && { deviceId: key.deviceId }),
    ...(key.receipt !== null && { receipt: encodeBase64(key.receipt) }),
  };
  return Object.entries(fields).flat();
}

function toAttestedKey({ provider, keyId }: AttestedKeyName, fields: Fields): AttestedKey {
  const deviceId = fields.get('deviceId');
  const receipt = fields.get('receipt');
  return {
    provider,
    keyId,
    publicKey: toBytes(fields.get('publicKey')),
    deviceId: deviceId ?? null,
    details: toText(fields.get('details')),
    receipt: receipt === undefined ? null : toBytes(receipt),
    attestedAt: toDate(fields.get('attestedAt')),
    counter: toInteger(fields.get('counter')),
    lastUse: toText(fields.get('lastUse')),
    lastUsedAt: toDate(fields.get('lastUsedAt')),
  };
}
