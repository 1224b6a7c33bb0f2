// stores/postgres: imports core, contracts and this folder only.

import type { CertificateSearch } from '../../contracts/certificate-search.js';
import type {
  CertificateName,
  CertificateQuery,
  CertificateRecord,
  CertificateStore,
  IntentOutcome,
} from '../../contracts/certificate-store.js';
import { assertBounds } from './assert-query.js';
import { toBatchResults } from './batch-results.js';
import { RECORD_COLUMNS, toIntentParameters, toPage, toRecord, type NewIntent } from './certificate-row.js';
import { countRecords, selectRecords } from './certificate-selection.js';
import type { Database } from './database.js';
import type { PostgresQuery } from './postgres-pool.js';
import { readInteger, readText, toOnlyRow, type Row } from './row.js';
import { createWriteLane } from './write-lane.js';

const COLUMNS = RECORD_COLUMNS.join(', ');
const OUTCOME_COLUMNS = `place, outcome, ${RECORD_COLUMNS.map((column) => `(record).${column}`).join(', ')}`;
const SELECT = `SELECT ${COLUMNS} FROM device_trust_certificates`;
const MAX_PAGE = 1000;

export function createPostgresCertificateStore(database: Database): CertificateStore & CertificateSearch {
  const recordIntent = createWriteLane((items: readonly NewIntent[]) =>
    database.run(
      {
        name: 'record_intents',
        text: `SELECT ${OUTCOME_COLUMNS} FROM device_trust_record_intents(
          $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
        values: toIntentParameters(items),
      },
      (rows) => toBatchResults(rows, items.length, toIntentOutcome),
    ),
  );
  const recordIssued = createWriteLane((items: readonly Issued[]) =>
    database.run(
      {
        name: 'record_issued',
        text: `SELECT ${OUTCOME_COLUMNS} FROM device_trust_record_issued($1, $2, $3, $4)`,
        values: [
          ...toNameParameters(items),
          items.map(({ certificate }) => Buffer.from(certificate)),
          items.map(({ issuedAt }) => issuedAt.getTime()),
        ],
      },
      (rows) => toBatchResults(rows, items.length, toRecord).map((record) => ({ record })),
    ),
  );
  const recordFirstUse = createWriteLane((items: readonly FirstUse[]) =>
    database.run(
      {
        name: 'record_first_uses',
        text: 'SELECT device_trust_record_first_uses($1, $2, $3)',
        values: [...toNameParameters(items), items.map(({ at }) => at.getTime())],
      },
      () => items.map(() => true),
    ),
  );

  return {
    recordIntent: (intent, { keyHeldFrom }) => recordIntent({ intent, keyHeldFrom }),
    async recordIssued({ issuerId, serialNumber }, { certificate, issuedAt }) {
      const { record } = await recordIssued({ issuerId, serialNumber, certificate, issuedAt });
      return record;
    },
    async recordFirstUse({ issuerId, serialNumber }, at) {
      await recordFirstUse({ issuerId, serialNumber, at });
    },

    find: (query) => database.run(toFindQuery(query), toRecordOrNull),

    async list(query) {
      assertBounds('limit', query.limit, 1, MAX_PAGE);
      const { deviceId, publicKeySha256, notAfterFrom, cursor, limit } = query;
      const selection = {
        ...(deviceId === undefined ? {} : { deviceId }),
        ...(publicKeySha256 === undefined ? {} : { publicKeySha256 }),
        ...(notAfterFrom === undefined ? {} : { notAfterFrom }),
      };
      const page = { ...(cursor === undefined ? {} : { cursor }), limit: limit + 1 };
      return database.run(selectRecords(selection, page), (rows) => toPage(rows, limit));
    },

    async search({ cursor, limit, ...filter }) {
      assertBounds('limit', limit, 1, MAX_PAGE);
      const page = { ...(cursor === undefined ? {} : { cursor }), limit: limit + 1 };
      return database.run(selectRecords(filter, page), (rows) => toPage(rows, limit));
    },

    count: (filter) => database.run(countRecords(filter), (rows) => readInteger(toOnlyRow(rows), 'number')),
  };
}

interface Issued extends CertificateName {
  readonly certificate: Uint8Array;
  readonly issuedAt: Date;
}

interface FirstUse extends CertificateName {
  readonly at: Date;
}

function toFindQuery(query: CertificateQuery): PostgresQuery {
  switch (query.by) {
    case 'name':
      return {
        name: 'find_by_name',
        text: `${SELECT} WHERE serial_number = $1 AND issuer_id = $2`,
        values: [query.serialNumber, query.issuerId],
      };
    case 'request':
      return {
        name: 'find_by_request',
        text: `${SELECT} WHERE request_id = $1`,
        values: [query.requestId],
      };
    case 'key':
      return {
        name: 'find_by_key',
        text: `${SELECT} WHERE public_key_sha256 = $1 ORDER BY not_after DESC, sequence DESC LIMIT 1`,
        values: [query.publicKeySha256],
      };
    case 'device':
      return {
        name: 'find_by_device',
        text: `${SELECT} WHERE device_id = $1 ORDER BY sequence DESC LIMIT 1`,
        values: [query.deviceId],
      };
  }
}

function toNameParameters(names: readonly CertificateName[]): unknown[] {
  return [names.map(({ issuerId }) => issuerId), names.map(({ serialNumber }) => serialNumber)];
}

function toIntentOutcome(row: Row): IntentOutcome {
  const outcome = readText(row, 'outcome');
  switch (outcome) {
    case 'recorded':
      return { outcome };
    case 'request_exists':
    case 'key_in_use':
      return { outcome, record: toRecord(row) };
    default:
      throw new TypeError('the outcome of an intent is not one that there is');
  }
}

function toRecordOrNull(rows: readonly Row[]): CertificateRecord | null {
  const [row] = rows;
  return row === undefined ? null : toRecord(row);
}
