// stores/sqlite: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';
import type { AuditEntry, AuditStore } from '../../contracts/audit-store.js';
import { assertLimit } from './assert-limit.js';
import { readInteger, readNullable, readText, toRow } from './row.js';
import type { SqliteConnection } from './sqlite-connection.js';
import { withFailures } from './store-failure.js';
import type { WriteQueue } from './write-queue.js';

const TABLE = 'device_trust_audit';
const COLUMNS = 'sequence, body, device_id, previous_hash, hash';

/** What the first entry of a trail follows. */
const BEGINNING = { sequence: 0, hash: '0'.repeat(64) };

export function createSqliteAuditStore(connection: SqliteConnection, queue: WriteQueue): AuditStore {
  const insert = connection.prepare(`INSERT INTO ${TABLE} (${COLUMNS}) VALUES (?, ?, nullif(?, ''), ?, ?)`);
  const findHead = connection.prepare(
    `SELECT ${COLUMNS} FROM ${TABLE} WHERE sequence = (SELECT max(sequence) FROM ${TABLE})`,
  );
  /** sequence, rows */
  const listAll = connection.prepare(
    `SELECT ${COLUMNS} FROM ${TABLE} WHERE sequence > ? ORDER BY sequence LIMIT ?`,
  );
  /** device, sequence, rows */
  const listByDevice = connection.prepare(
    `SELECT ${COLUMNS} FROM ${TABLE} WHERE device_id = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
  );

  function readHead(): AuditEntry | null {
    const head = findHead.get();
    return head === undefined ? null : toEntry(head);
  }

  return {
    async appendAudit(entries) {
      assertChain(entries);
      return queue.write(() => {
        const [first] = entries;
        if (first && !follows(first, readHead() ?? BEGINNING)) return false;
        for (const { sequence, body, deviceId, previousHash, hash } of entries) {
          insert.run(sequence, body, deviceId ?? '', previousHash, hash);
        }
        return true;
      });
    },

    findAuditHead: async () => withFailures(readHead),

    async listAudit({ afterSequence, deviceId, limit }) {
      assertLimit(limit, 1000);
      return withFailures(() => {
        const rows =
          deviceId === undefined
            ? listAll.all(afterSequence, limit)
            : listByDevice.all(deviceId, afterSequence, limit);
        return rows.map(toEntry);
      });
    },
  };
}

/** @throws MalformedError `request_malformed` if the entries do not follow each other */
function assertChain(entries: readonly AuditEntry[]): void {
  for (const [index, entry] of entries.slice(1).entries()) {
    const before = entries[index];
    if (before && !follows(entry, before)) {
      throw new MalformedError('request_malformed', {
        message: `entry ${entry.sequence} does not follow the entry before it`,
      });
    }
  }
}

function follows(entry: AuditEntry, before: Pick<AuditEntry, 'sequence' | 'hash'>): boolean {
  return entry.sequence === before.sequence + 1 && entry.previousHash === before.hash;
}

function toEntry(value: unknown): AuditEntry {
  const row = toRow(value);
  return {
    sequence: readInteger(row, 'sequence'),
    body: readText(row, 'body'),
    deviceId: readNullable(row, 'device_id', readText),
    previousHash: readText(row, 'previous_hash'),
    hash: readText(row, 'hash'),
  };
}
