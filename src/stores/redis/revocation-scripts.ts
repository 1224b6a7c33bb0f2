// stores/redis: imports core, contracts and this folder only.

import { defineScript } from './redis-script.js';

/** The entry of a sequence number. */
const ENTRY = `
local function entry(sequence) return redis.call('ZRANGEBYSCORE', P .. 'log', sequence, sequence)[1] end
`;

/**
 * subject, state, entry as JSON; for a certificate its issuer, shard, end and serial number, else ''. Returns whether it was
 * recorded (1) and the entry in force, if any. A wake-up that cannot be sent (an ACL without the channel) does not undo the revocation.
 */
export const revokeScript = defineScript(`${ENTRY}
local subject, state, json, issuer, shard, notAfter = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local word = redis.call('HGET', P .. 'words', subject)
if word then
  local current, place = string.match(word, '^(%a+):(%d+)$')
  if state == current or (state == 'suspended' and current == 'banned') then return { 0, entry(place) } end
elseif state == 'active' then
  return { 0 }
end

local sequence = text(redis.call('INCR', P .. 'log-sequence'))
local new = sequence .. ':' .. json
redis.call('ZADD', P .. 'log', sequence, new)
redis.call('HSET', P .. 'words', subject, state .. ':' .. sequence)
if issuer ~= '' then
  local member = sequence .. ':' .. notAfter
  redis.call('ZADD', P .. 'revoked:' .. issuer .. ':' .. shard, sequence, member)
  redis.call('ZADD', P .. 'revoked:' .. issuer .. ':all', sequence, member)
  redis.call('ZADD', P .. 'revoked-ends', notAfter, sequence .. '/' .. shard .. '/' .. issuer .. '/' .. ARGV[8])
end
redis.pcall('PUBLISH', P .. 'changes', sequence)
return { 1, new }
`);

/** subjects; returns the last word on each, where that is not \`active\` */
export const findRevocationsScript = defineScript(`${ENTRY}
local found = {}
for place, word in ipairs(redis.call('HMGET', P .. 'words', ARGV[2], ARGV[3], ARGV[4])) do
  local state, sequence
  if word then state, sequence = string.match(word, '^(%a+):(%d+)$') end
  if state and state ~= 'active' then found[#found + 1] = entry(sequence) end
end
return found
`);

/** place to begin after, limit */
export const listRevocationsScript = defineScript(`
return redis.call('ZRANGEBYSCORE', P .. 'log', '(' .. ARGV[2], '+inf', 'LIMIT', 0, ARGV[3])
`);

/**
 * issuer, shard or \`all\`, place to begin after, least end, most entries, most to look at. Returns the place up to which it
 * looked, whether that is the end (1), and the entries.
 */
export const listRevokedScript = defineScript(`${ENTRY}
local after, endsFrom, most, budget = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local set = P .. 'revoked:' .. ARGV[2] .. ':' .. ARGV[3]
local members = redis.call('ZRANGEBYSCORE', set, '(' .. after, '+inf', 'LIMIT', 0, budget)
local entries = {}
for _, member in ipairs(members) do
  local sequence, ends = string.match(member, '^(%d+):(-?%d+)$')
  after = sequence
  if tonumber(ends) >= endsFrom then
    entries[#entries + 1] = entry(sequence)
    if #entries == most then return { after, 1, entries } end
  end
end
return { after, #members < budget and 1 or 0, entries }
`);

/** issuer, shard or \`all\` */
export const findLastRevokedScript = defineScript(`
return redis.call('ZREVRANGE', P .. 'revoked:' .. ARGV[2] .. ':' .. ARGV[3], 0, 0, 'WITHSCORES')[2] or '0'
`);
