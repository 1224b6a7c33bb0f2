// stores/postgres: imports core, contracts and this folder only.

import type { NewRevocation, RevocationStatus, RevocationStore } from '../../contracts/revocation-store.js';
import type {
  CrlScope,
  RevokedCertificate,
  RevokedCertificates,
} from '../../contracts/revoked-certificates.js';
import { assertBounds } from './assert-query.js';
import { toBatchResults } from './batch-results.js';
import type { Database } from './database.js';
import {
  readReason,
  readState,
  REVOCATION_COLUMNS,
  toRevocation,
  toRevocationParameters,
  toSubjectKeys,
} from './revocation-row.js';
import { readBoolean, readDate, readInteger, readText, toOnlyRow, type Row } from './row.js';
import { createWriteLane } from './write-lane.js';

const TABLE = 'device_trust_revocations';
const COLUMNS = REVOCATION_COLUMNS.join(', ');
const ENTRY_COLUMNS = REVOCATION_COLUMNS.map((column) => `(entry).${column}`).join(', ');
const MAX_PAGE = 10_000;

/** The last words on the three subjects of each request, in one statement: one step in the index for each. */
const LAST_WORDS = [1, 2, 3]
  .map(
    (place) => `(SELECT ${COLUMNS} FROM ${TABLE} WHERE subject = $${place} ORDER BY sequence DESC LIMIT 1)`,
  )
  .join(' UNION ALL ');

export function createPostgresRevocationStore(database: Database): RevocationStore & RevokedCertificates {
  const revoke = createWriteLane((items: readonly NewRevocation[]) =>
    database.run(
      {
        name: 'revoke',
        text: `SELECT place, recorded, ${ENTRY_COLUMNS} FROM device_trust_revoke($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        values: toRevocationParameters(items),
      },
      (rows) => toBatchResults(rows, items.length, toRevokeOutcome),
    ),
  );

  return {
    revoke,

    find: (query) =>
      database.run({ name: 'last_words', text: LAST_WORDS, values: toSubjectKeys(query) }, toStatus),

    async list({ afterSequence, limit }) {
      assertBounds('limit', limit, 1, MAX_PAGE);
      return database.run(
        {
          name: 'list_revocations',
          text: `SELECT ${COLUMNS} FROM ${TABLE} WHERE sequence > $1 ORDER BY sequence LIMIT $2`,
          values: [afterSequence, limit],
        },
        (rows) => rows.map(toRevocation),
      );
    },

    async listRevoked({ afterSequence, notAfterFrom, limit, ...scope }) {
      assertBounds('limit', limit, 1, MAX_PAGE);
      const { name, where, values } = toScopeConditions(scope);
      const place = values.length;
      return database.run(
        {
          name: `list_revoked_${name}`,
          text: `SELECT sequence, serial_number, at, reason, not_after FROM ${TABLE}
            WHERE ${where} AND sequence > $${place + 1} AND not_after >= $${place + 2}
            ORDER BY sequence LIMIT $${place + 3}`,
          values: [...values, afterSequence, notAfterFrom.getTime(), limit],
        },
        (rows) => rows.map(toRevoked),
      );
    },

    async findLastRevoked(scope) {
      const { name, where, values } = toScopeConditions(scope);
      return database.run(
        {
          name: `last_revoked_${name}`,
          text: `SELECT coalesce((SELECT sequence FROM ${TABLE} WHERE ${where} ORDER BY sequence DESC LIMIT 1), 0) AS sequence`,
          values,
        },
        (rows) => readInteger(toOnlyRow(rows), 'sequence'),
      );
    },
  };
}

/** The complete list has an index of its own. */
function toScopeConditions({ issuerId, crlShard }: CrlScope) {
  return crlShard === null
    ? { name: 'of_issuer', where: 'issuer_id = $1', values: [issuerId] }
    : { name: 'of_shard', where: 'issuer_id = $1 AND crl_shard = $2', values: [issuerId, crlShard] };
}

function toRevokeOutcome(row: Row): Awaited<ReturnType<RevocationStore['revoke']>> {
  return {
    recorded: readBoolean(row, 'recorded'),
    revocation: row['sequence'] === null ? null : toRevocation(row),
  };
}

function toStatus(rows: readonly Row[]): RevocationStatus {
  const status: Found = { certificate: null, device: null, key: null };
  for (const row of rows) {
    const revocation = toRevocation(row);
    if (readState(revocation) !== 'active') status[revocation.subject.kind] = revocation;
  }
  return status;
}

/** A status that is being put together. */
type Found = { -readonly [Subject in keyof RevocationStatus]: RevocationStatus[Subject] };

function toRevoked(row: Row): RevokedCertificate {
  return {
    sequence: readInteger(row, 'sequence'),
    serialNumber: readText(row, 'serial_number'),
    revokedAt: readDate(row, 'at'),
    reason: readReason(row),
    notAfter: readDate(row, 'not_after'),
  };
}
