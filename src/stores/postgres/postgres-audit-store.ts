// stores/postgres: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';
import type { AuditEntry, AuditStore } from '../../contracts/audit-store.js';
import { assertBounds } from './assert-query.js';
import type { Database } from './database.js';
import { readBoolean, readInteger, readNullable, readText, toOnlyRow, type Row } from './row.js';

const SELECT = 'SELECT sequence, body, device_id, previous_hash, hash FROM device_trust_audit';

export function createPostgresAuditStore(database: Database): AuditStore {
  return {
    async appendAudit(entries) {
      assertChain(entries);
      if (entries.length === 0) return true;
      return database.run(
        {
          name: 'append_audit',
          text: 'SELECT device_trust_append_audit($1, $2, $3, $4, $5) AS appended',
          values: [
            entries.map(({ sequence }) => sequence),
            entries.map(({ body }) => body),
            entries.map(({ deviceId }) => deviceId),
            entries.map(({ previousHash }) => previousHash),
            entries.map(({ hash }) => hash),
          ],
        },
        (rows) => readBoolean(toOnlyRow(rows), 'appended'),
      );
    },

    findAuditHead: () =>
      database.run({ name: 'find_audit_head', text: `${SELECT} ORDER BY sequence DESC LIMIT 1` }, ([row]) =>
        row === undefined ? null : toEntry(row),
      ),

    async listAudit({ afterSequence, deviceId, limit }) {
      assertBounds('limit', limit, 1, 1000);
      const query =
        deviceId === undefined
          ? {
              name: 'list_audit',
              text: `${SELECT} WHERE sequence > $1 ORDER BY sequence LIMIT $2`,
              values: [afterSequence, limit],
            }
          : {
              name: 'list_audit_of_device',
              text: `${SELECT} WHERE device_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`,
              values: [deviceId, afterSequence, limit],
            };
      return database.run(query, (rows) => rows.map(toEntry));
    },
  };
}

function assertChain(entries: readonly AuditEntry[]): void {
  for (const [index, entry] of entries.entries()) {
    const previous = entries[index - 1];
    if (previous === undefined) continue;
    if (entry.sequence !== previous.sequence + 1 || entry.previousHash !== previous.hash) {
      throw new MalformedError('request_malformed', {
        message: 'each entry of the audit trail must follow the one before it',
      });
    }
  }
}

function toEntry(row: Row): AuditEntry {
  return {
    sequence: readInteger(row, 'sequence'),
    body: readText(row, 'body'),
    deviceId: readNullable(row, 'device_id', readText),
    previousHash: readText(row, 'previous_hash'),
    hash: readText(row, 'hash'),
  };
}
