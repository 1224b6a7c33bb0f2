// stores/redis: imports core, contracts and this folder only.

import { defineScript } from './redis-script.js';

/** The record of a sequence number, as field, value, field, value. */
const RECORD = `
local function record(sequence) return redis.call('HGETALL', P .. 'certificate:' .. sequence) end
`;

/** issuer, serial number, request, device, key, end, least end of a held key, how many indexes, each of them; then the fields */
export const recordIntentScript = defineScript(`${RECORD}
local issuer, serial, request, device, key = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local notAfter, heldFrom, indexCount = ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9])
local indexes = {}
for place = 1, indexCount do indexes[place] = ARGV[9 + place] end

local same = redis.call('HGET', P .. 'requests', request)
if same then return { 'request_exists', record(same) } end

local holder, holderEnd
for _, other in ipairs(redis.call('ZREVRANGE', P .. 'by:key:' .. key, 0, -1)) do
  local fields = redis.call('HMGET', P .. 'certificate:' .. other, 'deviceId', 'notAfter')
  local ends = tonumber(fields[2])
  if fields[1] ~= device and ends >= heldFrom and (not holder or ends > holderEnd) then
    holder, holderEnd = other, ends
  end
end
if holder then return { 'key_in_use', record(holder) } end

local name = issuer .. '/' .. serial
if redis.call('HEXISTS', P .. 'names', name) == 1 then
  return redis.error_reply('ERR the serial number was recorded before')
end

local previous = redis.call('ZREVRANGE', P .. 'by:device:' .. device, 0, 0)[1]
local sequence = text(redis.call('INCR', P .. 'certificate-sequence'))
local hash = P .. 'certificate:' .. sequence
redis.call('HSET', hash, 'sequence', sequence, 'indexes', cjson.encode(indexes))
for place = 10 + indexCount, #ARGV, 2 do redis.call('HSET', hash, ARGV[place], ARGV[place + 1]) end
redis.call('HSET', P .. 'names', name, sequence)
redis.call('HSET', P .. 'requests', request, sequence)
redis.call('ZADD', P .. 'by:all', sequence, sequence)
for _, index in ipairs(indexes) do redis.call('ZADD', P .. 'by:' .. index, sequence, sequence) end
if previous then redis.call('ZREM', P .. 'by:latest', previous) end
redis.call('ZADD', P .. 'by:latest', sequence, sequence)
redis.call('ZADD', P .. 'ends', notAfter, sequence)
return { 'recorded' }
`);

/** issuer, serial number, certificate, time */
export const recordIssuedScript = defineScript(`${RECORD}
local sequence = redis.call('HGET', P .. 'names', ARGV[2] .. '/' .. ARGV[3])
if not sequence then return false end
local hash = P .. 'certificate:' .. sequence
if redis.call('HEXISTS', hash, 'certificate') == 0 then
  redis.call('HSET', hash, 'certificate', ARGV[4], 'issuedAt', ARGV[5])
end
return record(sequence)
`);

/**
 * issuer, serial number, time. Goes back from the newest of the earlier certificates and ends at the first that is superseded
 * already: what superseded that one superseded all before it.
 */
export const recordFirstUseScript = defineScript(`
local sequence = redis.call('HGET', P .. 'names', ARGV[2] .. '/' .. ARGV[3])
if not sequence then return false end
local hash = P .. 'certificate:' .. sequence
if redis.call('HSETNX', hash, 'firstUsedAt', ARGV[4]) == 0 then return false end
local device = redis.call('HGET', hash, 'deviceId')
local earlier = redis.call('ZREVRANGEBYSCORE', P .. 'by:device:' .. device, '(' .. sequence, '-inf')
for _, other in ipairs(earlier) do
  if redis.call('HSETNX', P .. 'certificate:' .. other, 'supersededAt', ARGV[4]) == 0 then break end
end
return false
`);

/** hash of names (\`names\` or \`requests\`), name */
export const findByNameScript = defineScript(`${RECORD}
local sequence = redis.call('HGET', P .. ARGV[2], ARGV[3])
return sequence and record(sequence)
`);

/** device */
export const findByDeviceScript = defineScript(`${RECORD}
local sequence = redis.call('ZREVRANGE', P .. 'by:device:' .. ARGV[2], 0, 0)[1]
return sequence and record(sequence)
`);

/** key; of two that end at once the later one */
export const findByKeyScript = defineScript(`${RECORD}
local found, foundEnd
for _, sequence in ipairs(redis.call('ZREVRANGE', P .. 'by:key:' .. ARGV[2], 0, -1)) do
  local ends = tonumber(redis.call('HGET', P .. 'certificate:' .. sequence, 'notAfter'))
  if not found or ends > foundEnd then found, foundEnd = sequence, ends end
end
return found and record(found) or false
`);

/**
 * place to begin after, most records to return (0: only count them), most to look at, bounds ('' for none): end after, end
 * before, enrolled from, enrolled before; then the names of the sets to be in. Follows the smallest set and asks the others.
 *
 * Returns the place up to which it looked, whether that is the end (1), how many it found, and the records.
 */
export const searchScript = defineScript(`${RECORD}
local after, most, budget = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local endsAfter, endsBefore = tonumber(ARGV[5]), tonumber(ARGV[6])
local enrolledFrom, enrolledBefore = tonumber(ARGV[7]), tonumber(ARGV[8])

local followed, size
for place = 9, #ARGV do
  local cardinality = redis.call('ZCARD', P .. 'by:' .. ARGV[place])
  if not followed or cardinality < size then followed, size = place, cardinality end
end
local bounded = endsAfter or endsBefore or enrolledFrom or enrolledBefore
if most == 0 and #ARGV == 9 and not bounded then return { after, 1, size, {} } end

local function matches(sequence)
  for place = 9, #ARGV do
    if place ~= followed and not redis.call('ZSCORE', P .. 'by:' .. ARGV[place], sequence) then return false end
  end
  if not bounded then return true end
  local fields = redis.call('HMGET', P .. 'certificate:' .. sequence, 'notAfter', 'enrolledAt')
  local ends, enrolled = tonumber(fields[1]), tonumber(fields[2])
  return not (endsAfter and ends <= endsAfter) and not (endsBefore and ends >= endsBefore)
    and not (enrolledFrom and enrolled < enrolledFrom) and not (enrolledBefore and enrolled >= enrolledBefore)
end

local members =
  redis.call('ZRANGEBYSCORE', P .. 'by:' .. ARGV[followed], '(' .. after, '+inf', 'LIMIT', 0, budget)
local found, records = 0, {}
for _, sequence in ipairs(members) do
  after = sequence
  if matches(sequence) then
    found = found + 1
    if most > 0 then
      records[found] = record(sequence)
      if found == most then return { after, 0, found, records } end
    end
  end
end
return { after, #members < budget and 1 or 0, found, records }
`);
