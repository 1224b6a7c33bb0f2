// stores/sqlite: imports core, contracts, stores/format and this folder only.

import type { CertificateIntent, CertificateRecord } from '../../contracts/certificate-store.js';
import type { IssuanceAction } from '../../contracts/policy.js';
import { encodeAppraisal, parseAppraisal } from '../format/appraisal-json.js';
import { readBytes, readDate, readInteger, readNullable, readText, type Row } from './row.js';
import type { SqliteParameter } from './sqlite-connection.js';

/** Columns of an intent, in the order of {@link toIntentParameters}. */
export const INTENT_COLUMNS =
  'issuer_id, serial_number, device_id, public_key_sha256, not_before, not_after, crl_shard, to_be_signed,' +
  ' tier, action, request_id, appraisal, enrolled_at, bootstrap_certificate_sha256, intended_at';

/** Columns of a record. */
export const RECORD_COLUMNS = `sequence, ${INTENT_COLUMNS}, certificate, issued_at, first_used_at, superseded_at`;

/** What the statement writes as NULL: not every driver has a type for that. */
const NONE = '';

export function toIntentParameters(intent: CertificateIntent): readonly SqliteParameter[] {
  return [
    intent.issuerId,
    intent.serialNumber,
    intent.deviceId,
    intent.publicKeySha256,
    intent.notBefore.getTime(),
    intent.notAfter.getTime(),
    intent.crlShard,
    intent.toBeSigned,
    intent.tier,
    intent.action,
    intent.requestId,
    encodeAppraisal(intent.appraisal),
    intent.enrolledAt.getTime(),
    intent.bootstrapCertificateSha256 ?? NONE,
    intent.intendedAt.getTime(),
  ];
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

function parseAction(value: string): IssuanceAction {
  if (value !== 'enroll' && value !== 'renew') throw new TypeError('a stored action is not what was written');
  return value;
}
