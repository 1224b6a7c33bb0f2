// stores/redis: imports core, contracts and this folder only.

import { encodeBase64 } from '../../core/bytes.js';
import type { CrlBase, CrlDescription, CrlStore, StoredCrl } from '../../contracts/crl-store.js';
import type { CrlScope } from '../../contracts/revoked-certificates.js';
import type { RedisConnection } from './redis-connection.js';
import { defineScript } from './redis-script.js';
import {
  encodeDate,
  isObject,
  parseObject,
  toBytes,
  toDate,
  toFields,
  toInteger,
  toList,
  toText,
} from './reply.js';
import { withFailures } from './store-failure.js';

/** scope, number that must be in its place or '', number, description, base, list, delta list or '' */
const publishCrlScript = defineScript(`
local hash = P .. 'crl:' .. ARGV[2]
local current = redis.call('HGET', hash, 'number') or ''
if current ~= ARGV[3] or ARGV[4] <= current then return 0 end
redis.call('HSET', hash,
  'number', ARGV[4], 'description', ARGV[5], 'base', ARGV[6], 'crl', ARGV[7], 'deltaCrl', ARGV[8])
redis.call('HSET', P .. 'crls', ARGV[2], ARGV[5])
return 1
`);

/** scope, number that need not travel again or '' */
const findCrlScript = defineScript(`
local hash = P .. 'crl:' .. ARGV[2]
local current = redis.call('HGET', hash, 'number')
if not current then return false end
if current == ARGV[3] then return 'unchanged' end
return redis.call('HGETALL', hash)
`);

const listCrlsScript = defineScript(`
return redis.call('HVALS', P .. 'crls')
`);

export function createRedisCrlStore(connection: RedisConnection): CrlStore {
  return {
    findCrl: (scope, { unlessNumber } = {}) =>
      withFailures(async () => {
        const known = unlessNumber === undefined ? '' : encodeNumber(unlessNumber);
        const reply = await connection.run(findCrlScript, toScopeName(scope), known);
        if (reply === null || reply === 'unchanged') return reply;
        return parseCrl(toFields(reply));
      }),

    publishCrl: (crl, { expectedNumber }) =>
      withFailures(async () => {
        const reply = await connection.run(
          publishCrlScript,
          toScopeName(crl),
          expectedNumber === null ? '' : encodeNumber(expectedNumber),
          encodeNumber(crl.number),
          encodeDescription(crl),
          encodeBase(crl.base),
          encodeBase64(crl.crl),
          crl.deltaCrl === null ? '' : encodeBase64(crl.deltaCrl),
        );
        return toInteger(reply) === 1;
      }),

    listCrls: () =>
      withFailures(async () =>
        toList(await connection.run(listCrlsScript)).map((reply) => parseDescription(toText(reply))),
      ),
  };
}

function toScopeName({ issuerId, crlShard }: CrlScope): string {
  return `${issuerId}/${crlShard ?? 'all'}`;
}

/** CRL numbers have at most 20 octets (RFC 5280 section 5.2.3): 49 decimal digits. */
const NUMBER_DIGITS = 50;

function encodeNumber(number: bigint): string {
  const digits = number.toString().padStart(NUMBER_DIGITS, '0');
  if (!/^[0-9]+$/.test(digits) || digits.length > NUMBER_DIGITS) throw new TypeError('a CRL number is none');
  return digits;
}

function encodeDescription(crl: CrlDescription): string {
  return JSON.stringify({
    issuerId: crl.issuerId,
    crlShard: crl.crlShard,
    number: crl.number.toString(),
    thisUpdate: encodeDate(crl.thisUpdate),
    nextUpdate: encodeDate(crl.nextUpdate),
    logSequence: crl.logSequence,
    entryCount: crl.entryCount,
    bytes: crl.bytes,
  });
}

function parseDescription(text: string): CrlDescription {
  const crl = parseObject(text);
  return {
    issuerId: toText(crl['issuerId']),
    crlShard: crl['crlShard'] === null ? null : toInteger(crl['crlShard']),
    number: BigInt(toText(crl['number'])),
    thisUpdate: toDate(crl['thisUpdate']),
    nextUpdate: toDate(crl['nextUpdate']),
    logSequence: toInteger(crl['logSequence']),
    entryCount: toInteger(crl['entryCount']),
    bytes: toInteger(crl['bytes']),
  };
}

function parseCrl(fields: ReadonlyMap<string, string>): StoredCrl {
  const deltaCrl = toText(fields.get('deltaCrl'));
  return {
    ...parseDescription(toText(fields.get('description'))),
    crl: toBytes(fields.get('crl')),
    deltaCrl: deltaCrl === '' ? null : toBytes(deltaCrl),
    base: parseBase(toText(fields.get('base'))),
  };
}

function encodeBase(base: CrlBase | null): string {
  if (base === null) return 'null';
  const { number, thisUpdate, logSequence } = base;
  return JSON.stringify({ number: number.toString(), thisUpdate: encodeDate(thisUpdate), logSequence });
}

function parseBase(text: string): CrlBase | null {
  const base: unknown = JSON.parse(text);
  if (base === null) return null;
  if (!isObject(base)) throw new TypeError('the base of a stored CRL is not what was written');
  return {
    number: BigInt(toText(base['number'])),
    thisUpdate: toDate(base['thisUpdate']),
    logSequence: toInteger(base['logSequence']),
  };
}
