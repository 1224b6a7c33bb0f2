// stores/sqlite: imports core, contracts and this folder only.

import type { CrlScope, RevokedCertificates } from '../../contracts/revoked-certificates.js';
import { assertLimit } from './assert-limit.js';
import { REVOCATION_COLUMNS, toRevokedCertificate } from './revocation-row.js';
import { readInteger, toRow } from './row.js';
import type { SqliteConnection, SqliteParameter } from './sqlite-connection.js';
import { withFailures } from './store-failure.js';

const TABLE = 'device_trust_revocations';
const OF_ISSUER = 'issuer_id = ?';
const OF_SHARD = 'issuer_id = ? AND crl_shard = ?';

export function createSqliteRevokedCertificates(connection: SqliteConnection): RevokedCertificates {
  const prepare = (scope: string) => ({
    /** scope, sequence, end, rows */
    list: connection.prepare(
      `SELECT ${REVOCATION_COLUMNS} FROM ${TABLE} WHERE ${scope} AND sequence > ? AND +not_after >= ?
       ORDER BY sequence LIMIT ?`,
    ),
    /** scope */
    findLast: connection.prepare(
      `SELECT sequence FROM ${TABLE} WHERE ${scope} ORDER BY sequence DESC LIMIT 1`,
    ),
  });
  const ofIssuer = prepare(OF_ISSUER);
  const ofShard = prepare(OF_SHARD);

  return {
    async listRevoked({ notAfterFrom, afterSequence, limit, ...scope }) {
      assertLimit(limit, 10_000);
      const { list } = scope.crlShard === null ? ofIssuer : ofShard;
      return withFailures(() =>
        list
          .all(...parametersOf(scope), afterSequence, notAfterFrom.getTime(), limit)
          .map((row) => toRevokedCertificate(toRow(row))),
      );
    },

    findLastRevoked: async (scope) =>
      withFailures(() => {
        const { findLast } = scope.crlShard === null ? ofIssuer : ofShard;
        const last = findLast.get(...parametersOf(scope));
        return last === undefined ? 0 : readInteger(toRow(last), 'sequence');
      }),
  };
}

function parametersOf({ issuerId, crlShard }: CrlScope): readonly SqliteParameter[] {
  return crlShard === null ? [issuerId] : [issuerId, crlShard];
}
