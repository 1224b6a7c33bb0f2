// stores/redis: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';
import type { AuditEntry, AuditStore } from '../../contracts/audit-store.js';
import { assertBetween } from './assert-request.js';
import type { RedisConnection } from './redis-connection.js';
import { defineScript } from './redis-script.js';
import { parseObject, toInteger, toList, toText } from './reply.js';
import { withFailures } from './store-failure.js';

/** `<sequence>:<hash>` before the first entry. */
const EMPTY_HEAD = `0:${'0'.repeat(64)}`;

/** head that the first entry follows, head afterwards, then sequence, device or '', JSON of each entry */
const appendAuditScript = defineScript(`
local head = redis.call('GET', P .. 'audit-head') or '${EMPTY_HEAD}'
if head ~= ARGV[2] then return 0 end
redis.call('SET', P .. 'audit-head', ARGV[3])
for place = 4, #ARGV, 3 do
  local sequence, device = ARGV[place], ARGV[place + 1]
  redis.call('ZADD', P .. 'audit', sequence, ARGV[place + 2])
  if device ~= '' then redis.call('ZADD', P .. 'audit-device:' .. device, sequence, sequence) end
end
return 1
`);

const findAuditHeadScript = defineScript(`
return redis.call('ZREVRANGE', P .. 'audit', 0, 0)
`);

/** place to begin after, limit */
const listAuditScript = defineScript(`
return redis.call('ZRANGEBYSCORE', P .. 'audit', '(' .. ARGV[2], '+inf', 'LIMIT', 0, ARGV[3])
`);

/** place to begin after, limit, device */
const listAuditOfDeviceScript = defineScript(`
local entries = {}
local set = P .. 'audit-device:' .. ARGV[4]
for _, sequence in ipairs(redis.call('ZRANGEBYSCORE', set, '(' .. ARGV[2], '+inf', 'LIMIT', 0, ARGV[3])) do
  entries[#entries + 1] = redis.call('ZRANGEBYSCORE', P .. 'audit', sequence, sequence)[1]
end
return entries
`);

export function createRedisAuditStore(connection: RedisConnection): AuditStore {
  return {
    async appendAudit(entries) {
      assertChain(entries);
      const [first, last] = [entries[0], entries.at(-1)];
      if (first === undefined || last === undefined) return true;
      return withFailures(async () => {
        const reply = await connection.run(
          appendAuditScript,
          `${first.sequence - 1}:${first.previousHash}`,
          `${last.sequence}:${last.hash}`,
          ...entries.flatMap((entry) => [entry.sequence, entry.deviceId ?? '', encodeEntry(entry)]),
        );
        return toInteger(reply) === 1;
      });
    },

    findAuditHead: () =>
      withFailures(async () => {
        const [head] = toList(await connection.run(findAuditHeadScript));
        return head === undefined ? null : parseEntry(head);
      }),

    async listAudit({ afterSequence, deviceId, limit }) {
      assertBetween('limit', limit, 1, 1000);
      return withFailures(async () => {
        const reply =
          deviceId === undefined
            ? await connection.run(listAuditScript, afterSequence, limit)
            : await connection.run(listAuditOfDeviceScript, afterSequence, limit, deviceId);
        return toList(reply).map(parseEntry);
      });
    },
  };
}

/** Refuses entries of which one does not follow the one before it. */
function assertChain(entries: readonly AuditEntry[]): void {
  const broken = entries.some((entry, index) => {
    const before = entries[index - 1];
    return (
      !Number.isSafeInteger(entry.sequence) ||
      (before !== undefined && (entry.sequence !== before.sequence + 1 || entry.previousHash !== before.hash))
    );
  });
  if (broken) {
    throw new MalformedError('request_malformed', { message: 'the audit entries do not follow each other' });
  }
}

function encodeEntry({ sequence, body, deviceId, previousHash, hash }: AuditEntry): string {
  return JSON.stringify({ sequence, body, deviceId, previousHash, hash });
}

/** Reads what {@link encodeEntry} wrote. */
function parseEntry(reply: unknown): AuditEntry {
  const { sequence, body, deviceId, previousHash, hash } = parseObject(toText(reply));
  return {
    sequence: toInteger(sequence),
    body: toText(body),
    deviceId: deviceId === null ? null : toText(deviceId),
    previousHash: toText(previousHash),
    hash: toText(hash),
  };
}
