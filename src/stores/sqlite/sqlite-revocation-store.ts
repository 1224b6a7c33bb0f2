// stores/sqlite: imports core, contracts and this folder only.

import type {
  NewRevocation,
  Revocation,
  RevocationStatus,
  RevocationStore,
} from '../../contracts/revocation-store.js';
import { assertLimit } from './assert-limit.js';
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

/** Writers take turns, so entries become visible in order; `onAppended` is called when a new one is. */
export function createSqliteRevocationStore(
  connection: SqliteConnection,
  queue: WriteQueue,
  onAppended: () => void,
): RevocationStore {
  const insertCertificate = connection.prepare(
    `INSERT INTO ${TABLE} (subject, state, reason, at, note, issuer_id, crl_shard, not_after)
     VALUES (?, ?, ?, ?, nullif(?, ''), ?, ?, ?) RETURNING sequence`,
  );
  const insertOther = connection.prepare(
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

  function append(revocation: NewRevocation): number {
    const { subject } = revocation;
    const parameters = toRevocationParameters(revocation);
    const inserted =
      subject.kind === 'certificate'
        ? insertCertificate.get(...parameters, subject.issuerId, subject.crlShard, subject.notAfter.getTime())
        : insertOther.get(...parameters);
    return readInteger(toRow(inserted), 'sequence');
  }

  return {
    async revoke(revocation) {
      const result = await queue.write(() => {
        const last = lastWord.get(toSubjectKey(revocation.subject));
        const inForce = last === undefined ? null : toRevocation(toRow(last));
        if (saysNothingNew(revocation, inForce)) return { recorded: false, revocation: inForce };
        return { recorded: true, revocation: { ...revocation, sequence: append(revocation) } };
      });
      if (result.recorded) onAppended();
      return result;
    },

    find: async ({ issuerId, serialNumber, deviceId, publicKeySha256 }) =>
      withFailures(() => {
        const status: Found = { certificate: null, device: null, key: null };
        const rows = lastWords.all(
          toSubjectKey({ kind: 'certificate', issuerId, serialNumber }),
          toSubjectKey({ kind: 'device', deviceId }),
          toSubjectKey({ kind: 'key', publicKeySha256 }),
        );
        for (const row of rows) {
          const revocation = toRevocation(toRow(row));
          if (readState(revocation) !== 'active') status[revocation.subject.kind] = revocation;
        }
        return status;
      }),

    async list({ afterSequence, limit }) {
      assertLimit(limit, 10_000);
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
