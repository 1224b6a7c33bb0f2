// stores/sqlite: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';
import type { CrlBase, CrlDescription, StoredCrl } from '../../contracts/crl-store.js';
import type { CrlScope } from '../../contracts/revoked-certificates.js';
import { readBytes, readDate, readInteger, readText, type Row } from './row.js';
import type { SqliteParameter } from './sqlite-connection.js';

/** Columns of a list without its bytes. */
export const DESCRIPTION_COLUMNS =
  'issuer_id, crl_shard, number, this_update, next_update, log_sequence, entry_count, bytes';

/** Columns of a list, in the order of {@link toCrlParameters}. */
export const CRL_COLUMNS = `${DESCRIPTION_COLUMNS}, base_number, base_this_update, base_log_sequence, crl, delta_crl`;

/** What stands for the shard of a complete list: NULL would be many values, not one, to a primary key. */
const COMPLETE = -1;

/** CRL numbers have up to 20 octets (RFC 5280 section 5.2.3), in decimal 48 digits: as text of that length they compare as numbers do. */
const DIGITS = 48;
const LIMIT = 2n ** 159n;

/** @throws MalformedError `request_malformed` for a number that no CRL can carry */
export function encodeCrlNumber(number: bigint): string {
  if (number < 0n || number >= LIMIT) {
    throw new MalformedError('request_malformed', {
      message: 'the number of a CRL must be 0 to 2^159 - 1',
    });
  }
  return number.toString().padStart(DIGITS, '0');
}

/** Throws if the column is not what {@link encodeCrlNumber} made. */
export function readCrlNumber(row: Row, column: string): bigint {
  const text = readText(row, column);
  if (!/^[0-9]{48}$/.test(text)) throw new TypeError('a stored CRL number is not what was written');
  return BigInt(text);
}

/** Values of `issuer_id, crl_shard`. */
export function toScopeParameters({ issuerId, crlShard }: CrlScope): readonly [string, number] {
  return [issuerId, crlShard ?? COMPLETE];
}

/** A list without a base has an empty number for it, one without a delta CRL an empty one. */
export function toCrlParameters(stored: StoredCrl): readonly SqliteParameter[] {
  const { base } = stored;
  return [
    ...toScopeParameters(stored),
    encodeCrlNumber(stored.number),
    stored.thisUpdate.getTime(),
    stored.nextUpdate.getTime(),
    stored.logSequence,
    stored.entryCount,
    stored.bytes,
    ...(base === null
      ? ['', 0, 0]
      : [encodeCrlNumber(base.number), base.thisUpdate.getTime(), base.logSequence]),
    stored.crl,
    stored.deltaCrl ?? new Uint8Array(),
  ];
}

/** The list in a row of {@link CRL_COLUMNS}; throws if the row is not what was written. */
export function toStoredCrl(row: Row): StoredCrl {
  const deltaCrl = readBytes(row, 'delta_crl');
  return {
    ...toCrlDescription(row),
    crl: readBytes(row, 'crl'),
    deltaCrl: deltaCrl.length === 0 ? null : deltaCrl,
    base: readText(row, 'base_number') === '' ? null : readBase(row),
  };
}

/** The list in a row of {@link DESCRIPTION_COLUMNS}; throws if the row is not what was written. */
export function toCrlDescription(row: Row): CrlDescription {
  const crlShard = readInteger(row, 'crl_shard');
  return {
    issuerId: readText(row, 'issuer_id'),
    crlShard: crlShard === COMPLETE ? null : crlShard,
    number: readCrlNumber(row, 'number'),
    thisUpdate: readDate(row, 'this_update'),
    nextUpdate: readDate(row, 'next_update'),
    logSequence: readInteger(row, 'log_sequence'),
    entryCount: readInteger(row, 'entry_count'),
    bytes: readInteger(row, 'bytes'),
  };
}

function readBase(row: Row): CrlBase {
  return {
    number: readCrlNumber(row, 'base_number'),
    thisUpdate: readDate(row, 'base_this_update'),
    logSequence: readInteger(row, 'base_log_sequence'),
  };
}
