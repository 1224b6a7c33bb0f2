// stores/sqlite: imports core, contracts and this folder only.

import type { CrlStore } from '../../contracts/crl-store.js';
import {
  CRL_COLUMNS,
  DESCRIPTION_COLUMNS,
  readCrlNumber,
  toCrlDescription,
  toCrlParameters,
  toScopeParameters,
  toStoredCrl,
} from './crl-row.js';
import { toRow } from './row.js';
import type { SqliteConnection } from './sqlite-connection.js';
import { withFailures } from './store-failure.js';
import type { WriteQueue } from './write-queue.js';

const TABLE = 'device_trust_crls';

export function createSqliteCrlStore(connection: SqliteConnection, queue: WriteQueue): CrlStore {
  /** issuer, shard */
  const findNumber = connection.prepare(`SELECT number FROM ${TABLE} WHERE issuer_id = ? AND crl_shard = ?`);
  /** issuer, shard */
  const find = connection.prepare(
    `SELECT ${CRL_COLUMNS} FROM ${TABLE} WHERE issuer_id = ? AND crl_shard = ?`,
  );
  const replace = connection.prepare(
    `INSERT OR REPLACE INTO ${TABLE} (${CRL_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  // The one statement that reads a whole table: one row for each scope is what was asked for.
  const listAll = connection.prepare(`SELECT ${DESCRIPTION_COLUMNS} FROM ${TABLE}`);

  return {
    findCrl: async (scope, { unlessNumber } = {}) =>
      withFailures(() => {
        const parameters = toScopeParameters(scope);
        if (unlessNumber !== undefined && readNumber(findNumber.get(...parameters)) === unlessNumber) {
          return 'unchanged';
        }
        const row = find.get(...parameters);
        return row === undefined ? null : toStoredCrl(toRow(row));
      }),

    async publishCrl(crl, { expectedNumber }) {
      const parameters = toCrlParameters(crl);
      return queue.write(() => {
        const current = readNumber(findNumber.get(...toScopeParameters(crl)));
        if (current !== expectedNumber || (current !== null && crl.number <= current)) return false;
        replace.run(...parameters);
        return true;
      });
    },

    listCrls: async () => withFailures(() => listAll.all().map((row) => toCrlDescription(toRow(row)))),
  };
}

function readNumber(row: unknown): bigint | null {
  return row === undefined ? null : readCrlNumber(toRow(row), 'number');
}
