// stores/redis: imports core, contracts and this folder only.

import { createHash } from 'node:crypto';

/** A Lua script and the name by which the server knows it. */
export interface RedisScript {
  readonly text: string;
  /** SHA-1 of the text, lower-case hex: what EVALSHA takes. */
  readonly sha1: string;
}

/** How the error begins that a script answers with when the data is not what this process has seen before. */
export const ROLLED_BACK = 'DEVICETRUSTROLLEDBACK';

/**
 * What comes before each script. A script does nothing unless the marker of the key space is the one that this process saw
 * at its start, and the revocation log goes at least as far as this process has seen: after a restart without data the one
 * does not hold, after a failover to a replica that lacked entries the other.
 *
 * - `P`: what the names of all keys begin with. They are put together in the scripts, because most follow from what is
 *   stored; all are in one slot, that of the one key that is declared.
 * - `text(number)`: all digits of a whole number, where `tostring` has 14 at most.
 * - `ARGV[1]`: `<highest place seen>:<marker>`. What belongs to the script begins with `ARGV[2]`.
 */
const PREAMBLE = `
local P = string.sub(KEYS[1], 1, -string.len('instance') - 1)
local seen, marker = string.match(ARGV[1], '^(%d+):(.*)$')
if redis.call('GET', KEYS[1]) ~= marker
  or tonumber(redis.call('GET', P .. 'log-sequence') or 0) < tonumber(seen) then
  return redis.error_reply('${ROLLED_BACK} the data is not what this process has seen before')
end
local function text(number) return string.format('%.0f', number) end
`;

/** A script of the stores: the body after what all of them begin with. */
export function defineScript(body: string): RedisScript {
  const text = PREAMBLE + body;
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}
