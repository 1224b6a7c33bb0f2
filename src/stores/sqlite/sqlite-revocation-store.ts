// stores/sqlite: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';
import type {
  NewRevocation,
  Revocation,
  RevocationStatus,
  RevocationStore,
} from '../../contracts/revocation-store.js';
import {
  readState,
  REVOCATION_COLUMNS,
  toRevocation,
  toRevocationParameters,
  toSubjectKey,
} from './revocation-row.js';
import { readInteger, toRow } from './row.js';
import type { SqliteConnection } from './sqlite-connection.js';
import { withFailures } from './store-failure.js';
import type { WriteQueue } from './write-queue.js';

const TABLE = 'device_trust_revocations';
/** The last word on one subject: one step in the index, however often a device was suspended and reinstated. */
const LAST_WORD = `SELECT ${REVOCATION_COLUMNS} FROM ${TABLE} WHERE subject = ? ORDER BY sequence DESC LIMIT 1`;

export function createSqliteRevocationStore(
  connection: SqliteConnection,
  queue: WriteQueue,
): RevocationStore {
  const insert = connection.prepare(
    `INSERT INTO ${TABLE} (subject, state, reason, at, note) VALUES (?, ?, ?, ?, nullif(?, '')) RETURNING sequence`,
  );
  const lastWord = connection.prepare(LAST_WORD);
  // The three questions of each request in one statement.
  const lastWords = connection.prepare(
    `SELECT * FROM (${LAST_WORD}) UNION ALL SELECT * FROM (${LAST_WORD}) UNION ALL SELECT * FROM (${LAST_WORD})`,
  );
  const listAfter = connection.prepare(
    `SELECT ${REVOCATION_COLUMNS} FROM ${TABLE} WHERE sequence > ? ORDER BY sequence LIMIT ?`,
  );

  return {
    revoke: (revocation) =>
      queue.write(() => {
        const last = lastWord.get(toSubjectKey(revocation.subject));
        const inForce = last === undefined ? null : toRevocation(toRow(last));
        if (saysNothingNew(revocation, inForce)) return { recorded: false, revocation: inForce };
        const inserted = toRow(insert.get(...toRevocationParameters(revocation)));
        return { recorded: true, revocation: { ...revocation, sequence: readInteger(inserted, 'sequence') } };
      }),

    find: async ({ issuerId, serialNumber, deviceId, publicKeySha256 }) =>
      withFailures(() => {
        const status: Found = { certificate: null, device: null, key: null };
        const rows = lastWords.all(
          toSubjectKey({ kind: 'certificate', issuerId, serialNumber }),
          toSubjectKey({ kind: 'device', deviceId, state: 'active' }),
          toSubjectKey({ kind: 'key', publicKeySha256 }),
        );
        for (const row of rows) {
          const revocation = toRevocation(toRow(row));
          if (readState(revocation) !== 'active') status[revocation.subject.kind] = revocation;
        }
        return status;
      }),

    async list({ afterSequence, limit }) {
      if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
        throw new MalformedError('request_malformed', { message: 'the limit must be 1 to 10000' });
      }
      return withFailures(() => listAfter.all(afterSequence, limit).map((row) => toRevocation(toRow(row))));
    },
  };
}

/** A status that is being put together. */
type Found = { -readonly [Subject in keyof RevocationStatus]: RevocationStatus[Subject] };

/** True if the log says so already, or if the ban of a device would be softened to a suspension. */
function saysNothingNew(revocation: NewRevocation, last: Revocation | null): boolean {
  if (last === null) return readState(revocation) === 'active';
  const current = readState(last);
  const next = readState(revocation);
  return next === current || (current === 'banned' && next === 'suspended');
}
