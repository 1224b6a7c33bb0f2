// stores/postgres: imports core, contracts, stores/format and this folder only.

import type {
  CertificateIntent,
  CertificatePage,
  CertificateRecord,
} from '../../contracts/certificate-store.js';
import type { IssuanceAction } from '../../contracts/policy.js';
import { encodeAppraisal, parseAppraisal } from '../format/appraisal-json.js';
import { readBytes, readDate, readInteger, readNullable, readText, type Row } from './row.js';

/** Columns of a record. */
export const RECORD_COLUMNS = [
  'sequence',
  'issuer_id',
  'serial_number',
  'device_id',
  'public_key_sha256',
  'not_before',
  'not_after',
  'crl_shard',
  'to_be_signed',
  'tier',
  'action',
  'request_id',
  'appraisal',
  'enrolled_at',
  'bootstrap_certificate_sha256',
  'intended_at',
  'certificate',
  'issued_at',
  'first_used_at',
  'superseded_at',
] as const;

/** An intent with the time from which on its key must not be another's. */
export interface NewIntent {
  readonly intent: CertificateIntent;
  readonly keyHeldFrom: Date;
}

/** The arrays that `device_trust_record_intents` takes, in its order. */
export function toIntentParameters(items: readonly NewIntent[]): unknown[] {
  const column = (read: (intent: CertificateIntent) => unknown) => items.map(({ intent }) => read(intent));
  return [
    column(({ issuerId }) => issuerId),
    column(({ serialNumber }) => serialNumber),
    column(({ deviceId }) => deviceId),
    column(({ publicKeySha256 }) => publicKeySha256),
    column(({ notBefore }) => notBefore.getTime()),
    column(({ notAfter }) => notAfter.getTime()),
    column(({ crlShard }) => crlShard),
    column(({ toBeSigned }) => Buffer.from(toBeSigned)),
    column(({ tier }) => tier),
    column(({ action }) => action),
    column(({ requestId }) => requestId),
    column(({ appraisal }) => encodeAppraisal(appraisal)),
    column(({ appraisal }) => toSearchable(appraisal.claimed.appVersion)),
    column(({ enrolledAt }) => enrolledAt.getTime()),
    column(({ bootstrapCertificateSha256 }) => bootstrapCertificateSha256),
    column(({ intendedAt }) => intendedAt.getTime()),
    items.map(({ keyHeldFrom }) => keyHeldFrom.getTime()),
    column(({ appraisal: { verdicts } }) =>
      JSON.stringify(verdicts.length === 0 ? [''] : verdicts.map(({ provider }) => provider)),
    ),
  ];
}

/**
 * What the app claims, in a form that an index takes: it may be of any length and hold any character, and PostgreSQL keeps no
 * NUL in a text and at most 2,704 bytes in an index. The appraisal has it as it came.
 */
export function toSearchable(claim: unknown): string | null {
  return typeof claim === 'string' ? claim.replaceAll('\0', '\uFFFD').slice(0, 200) : null;
}

/** The record in a row of {@link RECORD_COLUMNS}; throws if the row is not what was written. */
export function toRecord(row: Row): CertificateRecord {
  return {
    issuerId: readText(row, 'issuer_id'),
    serialNumber: readText(row, 'serial_number'),
    deviceId: readText(row, 'device_id'),
    publicKeySha256: readText(row, 'public_key_sha256'),
    notBefore: readDate(row, 'not_before'),
    notAfter: readDate(row, 'not_after'),
    crlShard: readInteger(row, 'crl_shard'),
    toBeSigned: readBytes(row, 'to_be_signed'),
    tier: readText(row, 'tier'),
    action: parseAction(readText(row, 'action')),
    requestId: readText(row, 'request_id'),
    appraisal: parseAppraisal(readText(row, 'appraisal')),
    enrolledAt: readDate(row, 'enrolled_at'),
    bootstrapCertificateSha256: readNullable(row, 'bootstrap_certificate_sha256', readText),
    intendedAt: readDate(row, 'intended_at'),
    certificate: readNullable(row, 'certificate', readBytes),
    issuedAt: readNullable(row, 'issued_at', readDate),
    firstUsedAt: readNullable(row, 'first_used_at', readDate),
    supersededAt: readNullable(row, 'superseded_at', readDate),
  };
}

/** A page of at most `limit` records from rows of which one more was asked for: it tells whether there is a next page. */
export function toPage(rows: readonly Row[], limit: number): CertificatePage {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    records: page.map(toRecord),
    cursor: last === undefined ? null : String(readInteger(last, 'sequence')),
  };
}

function parseAction(value: string): IssuanceAction {
  if (value !== 'enroll' && value !== 'renew') throw new TypeError('a stored action is not what was written');
  return value;
}
