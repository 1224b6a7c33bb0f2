// stores/postgres: imports core, contracts and this folder only.

import { isDeviceState } from '../../core/device-state.js';
import { isRevocationReason } from '../../core/revocation-reason.js';
import type {
  DeviceState,
  NewRevocation,
  Revocation,
  RevocationQuery,
  RevocationReason,
  RevocationSubject,
} from '../../contracts/revocation-store.js';
import { readDate, readInteger, readNullable, readText, type Row } from './row.js';

/** Columns of a revocation. */
export const REVOCATION_COLUMNS = [
  'sequence',
  'subject',
  'state',
  'reason',
  'at',
  'note',
  'issuer_id',
  'serial_number',
  'crl_shard',
  'not_after',
] as const;

/** What the `subject` column holds of the certificate, the device and the key of a question. */
export function toSubjectKeys(query: RevocationQuery): [certificate: string, device: string, key: string] {
  const { issuerId, serialNumber, deviceId, publicKeySha256 } = query;
  return [`certificate:${issuerId}:${serialNumber}`, `device:${deviceId}`, `key:${publicKeySha256}`];
}

/** The arrays that `device_trust_revoke` takes, in its order. */
export function toRevocationParameters(items: readonly NewRevocation[]): unknown[] {
  const certificates = items.map(({ subject }) => (subject.kind === 'certificate' ? subject : null));
  return [
    items.map(({ subject }) => toSubjectKey(subject)),
    items.map(readState),
    items.map(({ reason }) => reason),
    items.map(({ at }) => at.getTime()),
    items.map(({ note = '' }) => note),
    certificates.map((certificate) => certificate?.issuerId ?? null),
    certificates.map((certificate) => certificate?.serialNumber ?? null),
    certificates.map((certificate) => certificate?.crlShard ?? null),
    certificates.map((certificate) => certificate?.notAfter.getTime() ?? null),
  ];
}

/** The state that a revocation leads to; a certificate or key knows no other than `revoked`. */
export function readState({ subject }: NewRevocation): DeviceState | 'revoked' {
  return subject.kind === 'device' ? subject.state : 'revoked';
}

/** The revocation in a row of {@link REVOCATION_COLUMNS}; throws if the row is not what was written. */
export function toRevocation(row: Row): Revocation {
  const note = readNullable(row, 'note', readText);
  return {
    sequence: readInteger(row, 'sequence'),
    subject: parseSubject(row),
    reason: readReason(row),
    at: readDate(row, 'at'),
    ...(note === null ? {} : { note }),
  };
}

export function readReason(row: Row): RevocationReason {
  const reason = readText(row, 'reason');
  return isRevocationReason(reason) ? reason : refuse();
}

function toSubjectKey(subject: RevocationSubject): string {
  switch (subject.kind) {
    case 'certificate':
      return `certificate:${subject.issuerId}:${subject.serialNumber}`;
    case 'device':
      return `device:${subject.deviceId}`;
    case 'key':
      return `key:${subject.publicKeySha256}`;
  }
}

function parseSubject(row: Row): RevocationSubject {
  const [, kind, name] = /^(certificate|device|key):(.*)$/s.exec(readText(row, 'subject')) ?? [];
  const state = readText(row, 'state');
  if (name === undefined) return refuse();
  if (kind === 'key') return { kind, publicKeySha256: name };
  if (kind === 'device') return isDeviceState(state) ? { kind, deviceId: name, state } : refuse();
  return {
    kind: 'certificate',
    issuerId: readText(row, 'issuer_id'),
    serialNumber: readText(row, 'serial_number'),
    crlShard: readInteger(row, 'crl_shard'),
    notAfter: readDate(row, 'not_after'),
  };
}

function refuse(): never {
  throw new TypeError('a stored revocation is not what was written');
}
