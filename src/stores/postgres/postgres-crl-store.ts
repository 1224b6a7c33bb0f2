// stores/postgres: imports core, contracts and this folder only.

import type { CrlBase, CrlDescription, CrlStore, StoredCrl } from '../../contracts/crl-store.js';
import type { CrlScope } from '../../contracts/revoked-certificates.js';
import type { Database } from './database.js';
import { readBigInt, readBytes, readDate, readInteger, readNullable, readText, type Row } from './row.js';

/** The `crl_shard` of the complete list of an issuer. */
const COMPLETE = -1;

const DESCRIPTION =
  'issuer_id, crl_shard, number, this_update, next_update, log_sequence, entry_count, bytes';
const BODY = 'crl, delta_crl, base_number, base_this_update, base_log_sequence';

export function createPostgresCrlStore(database: Database): CrlStore {
  return {
    findCrl: async ({ issuerId, crlShard }, { unlessNumber } = {}) =>
      database.run(
        {
          name: 'find_crl',
          // A list that the caller has already is described and not read.
          text: `SELECT ${DESCRIPTION}, CASE WHEN number = $3 THEN NULL ELSE crl END AS crl,
            CASE WHEN number = $3 THEN NULL ELSE delta_crl END AS delta_crl,
            base_number, base_this_update, base_log_sequence
            FROM device_trust_crls WHERE issuer_id = $1 AND crl_shard = $2`,
          values: [issuerId, crlShard ?? COMPLETE, unlessNumber?.toString() ?? null],
        },
        ([row]) => {
          if (row === undefined) return null;
          return readBigInt(row, 'number') === unlessNumber ? 'unchanged' : toCrl(row);
        },
      ),

    async publishCrl(crl, { expectedNumber }) {
      const { name, text, values } = toPublication(crl, expectedNumber);
      return database.run({ name, text, values }, (rows) => rows.length === 1);
    },

    listCrls: () =>
      database.run({ name: 'list_crls', text: `SELECT ${DESCRIPTION} FROM device_trust_crls` }, (rows) =>
        rows.map(toDescription),
      ),
  };
}

function toPublication(crl: StoredCrl, expectedNumber: bigint | null) {
  const values = [
    crl.issuerId,
    crl.crlShard ?? COMPLETE,
    crl.number.toString(),
    crl.thisUpdate.getTime(),
    crl.nextUpdate.getTime(),
    crl.logSequence,
    crl.entryCount,
    crl.bytes,
    Buffer.from(crl.crl),
    crl.deltaCrl === null ? null : Buffer.from(crl.deltaCrl),
    crl.base?.number.toString() ?? null,
    crl.base?.thisUpdate.getTime() ?? null,
    crl.base?.logSequence ?? null,
  ];
  if (expectedNumber === null) {
    return {
      name: 'publish_first_crl',
      text: `INSERT INTO device_trust_crls (${DESCRIPTION}, ${BODY})
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING RETURNING 1`,
      values,
    };
  }
  return {
    name: 'publish_next_crl',
    text: `UPDATE device_trust_crls SET (number, this_update, next_update, log_sequence, entry_count, bytes, ${BODY})
      = ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
      WHERE issuer_id = $1 AND crl_shard = $2 AND number = $14 AND number < $3 RETURNING 1`,
    values: [...values, expectedNumber.toString()],
  };
}

function toCrl(row: Row): StoredCrl {
  return {
    ...toDescription(row),
    crl: readBytes(row, 'crl'),
    deltaCrl: readNullable(row, 'delta_crl', readBytes),
    base: row['base_number'] === null ? null : toBase(row),
  };
}

function toBase(row: Row): CrlBase {
  return {
    number: readBigInt(row, 'base_number'),
    thisUpdate: readDate(row, 'base_this_update'),
    logSequence: readInteger(row, 'base_log_sequence'),
  };
}

function toDescription(row: Row): CrlDescription {
  return {
    ...toScope(row),
    number: readBigInt(row, 'number'),
    thisUpdate: readDate(row, 'this_update'),
    nextUpdate: readDate(row, 'next_update'),
    logSequence: readInteger(row, 'log_sequence'),
    entryCount: readInteger(row, 'entry_count'),
    bytes: readInteger(row, 'bytes'),
  };
}

function toScope(row: Row): CrlScope {
  const shard = readInteger(row, 'crl_shard');
  return { issuerId: readText(row, 'issuer_id'), crlShard: shard === COMPLETE ? null : shard };
}
