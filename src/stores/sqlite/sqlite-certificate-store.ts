// stores/sqlite: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';
import type {
  CertificateListQuery,
  CertificateName,
  CertificateQuery,
  CertificateRecord,
  CertificateStore,
} from '../../contracts/certificate-store.js';
import { toIntentParameters, toRecord } from './certificate-row.js';
import { prepareCertificateStatements } from './certificate-statements.js';
import { readInteger, readText, toRow } from './row.js';
import type { RecordCache } from './record-cache.js';
import type { SqliteConnection } from './sqlite-connection.js';
import { withFailures } from './store-failure.js';
import type { WriteQueue } from './write-queue.js';

/** Which certificates to drop. */
export interface ExpiredCertificates {
  /** Those that ended before this time. */
  readonly before: Date;
  /** At most this many, 1 to 10,000. */
  readonly limit: number;
}

/** A certificate store that can also forget. */
export interface SqliteCertificateStore extends CertificateStore {
  /**
   * Drops records of certificates that ended before a time, oldest end first, and resolves to how many. Call it again
   * while the answer equals the limit. Choose a time after which nobody asks any more: later than the grace of renewal, and
   * later than OCSP and CRL have a use for the record.
   */
  pruneExpired(expired: ExpiredCertificates): Promise<number>;
}

export function createSqliteCertificateStore(
  connection: SqliteConnection,
  queue: WriteQueue,
  cache: RecordCache,
): SqliteCertificateStore {
  const statements = prepareCertificateStatements(connection);

  function findByName(name: CertificateName): CertificateRecord | null {
    const { issuerId, serialNumber } = name;
    return cache.read(name, () => toRecordOrNull(statements.findByName.get(serialNumber, issuerId)));
  }

  function find(query: CertificateQuery): CertificateRecord | null {
    switch (query.by) {
      case 'name':
        return findByName(query);
      case 'request':
        return toRecordOrNull(statements.findByRequest.get(query.requestId));
      case 'key':
        return toRecordOrNull(statements.findByKey.get(query.publicKeySha256));
    }
  }

  function list(query: CertificateListQuery): readonly unknown[] {
    const after = parseCursor(query.cursor);
    const endsAfter = query.notAfterFrom?.getTime() ?? Number.MIN_SAFE_INTEGER;
    const rows = query.limit + 1; // one more than asked for tells whether there is a next page
    const { deviceId, publicKeySha256 } = query;
    if (deviceId === undefined) {
      return publicKeySha256 === undefined
        ? statements.listAll.all(after, endsAfter, rows)
        : statements.listByKey.all(publicKeySha256, after, endsAfter, rows);
    }
    return publicKeySha256 === undefined
      ? statements.listByDevice.all(deviceId, after, endsAfter, rows)
      : statements.listByDeviceAndKey.all(deviceId, after, endsAfter, publicKeySha256, rows);
  }

  return {
    recordIntent: (intent, { keyHeldFrom }) =>
      queue.write(() => {
        const sameRequest = toRecordOrNull(statements.findByRequest.get(intent.requestId));
        if (sameRequest !== null) return { outcome: 'request_exists', record: sameRequest };
        const holder = toRecordOrNull(
          statements.findHolder.get(intent.publicKeySha256, keyHeldFrom.getTime(), intent.deviceId),
        );
        if (holder !== null) return { outcome: 'key_in_use', record: holder };
        statements.insert.run(...toIntentParameters(intent));
        return { outcome: 'recorded' };
      }),

    recordIssued: (name, { certificate, issuedAt }) =>
      queue.write(() => {
        const { issuerId, serialNumber } = name;
        cache.forget(name);
        statements.recordIssued.run(certificate, issuedAt.getTime(), serialNumber, issuerId);
        return toRecordOrNull(statements.findByName.get(serialNumber, issuerId));
      }),

    recordFirstUse: (name, at) =>
      queue.write(() => {
        const used = statements.recordFirstUse.get(at.getTime(), name.serialNumber, name.issuerId);
        if (used === undefined) return;
        cache.forget(name);
        const { deviceId, sequence } = readUse(used);
        for (const superseded of statements.supersede.all(at.getTime(), deviceId, sequence)) {
          cache.forget(readName(superseded));
        }
      }),

    find: async (query) => withFailures(() => find(query)),

    async list(query) {
      assertLimit(query.limit, 1000);
      const rows = withFailures(() => list(query).map(toRow));
      const page = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? page.at(-1) : undefined;
      return withFailures(() => ({
        records: page.map(toRecord),
        cursor: last === undefined ? null : String(readInteger(last, 'sequence')),
      }));
    },

    async pruneExpired({ before, limit }) {
      assertLimit(limit, 10_000);
      return queue.write(() => {
        const dropped = statements.prune.all(before.getTime(), limit);
        for (const row of dropped) cache.forget(readName(row));
        return dropped.length;
      });
    },
  };
}

function toRecordOrNull(row: unknown): CertificateRecord | null {
  return row === undefined ? null : toRecord(toRow(row));
}

function readName(value: unknown): CertificateName {
  const row = toRow(value);
  return { issuerId: readText(row, 'issuer_id'), serialNumber: readText(row, 'serial_number') };
}

function readUse(value: unknown): { readonly deviceId: string; readonly sequence: number } {
  const row = toRow(value);
  return { deviceId: readText(row, 'device_id'), sequence: readInteger(row, 'sequence') };
}

function parseCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (!/^[1-9][0-9]{0,14}$/.test(cursor)) {
    throw new MalformedError('request_malformed', {
      message: 'the cursor is not one that this store gave out',
    });
  }
  return Number(cursor);
}

function assertLimit(limit: number, maximum: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > maximum) {
    throw new MalformedError('request_malformed', { message: `the limit must be 1 to ${maximum}` });
  }
}
