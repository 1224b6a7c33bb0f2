// stores/sqlite: imports core, contracts and this folder only.

import type {
  CertificateIntent,
  CertificateListQuery,
  CertificateName,
  CertificateQuery,
  CertificateRecord,
  CertificateStore,
} from '../../contracts/certificate-store.js';
import { assertLimit } from './assert-limit.js';
import { parseCursor, toPage } from './certificate-page.js';
import { toIntentParameters, toRecord } from './certificate-row.js';
import type { CertificateStatements } from './certificate-statements.js';
import { readInteger, readText, toRow } from './row.js';
import type { RecordCache } from './record-cache.js';
import { withFailures } from './store-failure.js';
import type { WriteQueue } from './write-queue.js';

export function createSqliteCertificateStore(
  statements: CertificateStatements,
  queue: WriteQueue,
  cache: RecordCache,
): CertificateStore {
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
      case 'device':
        return toRecordOrNull(statements.findByDevice.get(query.deviceId));
    }
  }

  function insert(intent: CertificateIntent): void {
    statements.clearLatest.run(intent.deviceId);
    const inserted = toRow(statements.insert.get(...toIntentParameters(intent)));
    const sequence = readInteger(inserted, 'sequence');
    const { verdicts } = intent.appraisal;
    const providers = verdicts.length === 0 ? [NO_PROVIDER] : verdicts.map(({ provider }) => provider);
    for (const provider of new Set(providers)) statements.insertProvider.run(provider, sequence);
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
        insert(intent);
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
      return withFailures(() => toPage(list(query), query.limit));
    },
  };
}

/** What the table of providers holds for a certificate without any. */
const NO_PROVIDER = '';

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
