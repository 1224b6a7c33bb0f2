// stores/sqlite: imports core, contracts and this folder only.

import { isDeviceState } from '../../core/device-state.js';
import { isRevocationReason } from '../../core/revocation-reason.js';
import type {
  DeviceState,
  NewRevocation,
  Revocation,
  RevocationReason,
  RevocationSubject,
} from '../../contracts/revocation-store.js';
import type { RevokedCertificate } from '../../contracts/revoked-certificates.js';
import { readDate, readInteger, readNullable, readText, type Row } from './row.js';
import type { SqliteParameter } from './sqlite-connection.js';

/** Columns of a revocation. */
export const REVOCATION_COLUMNS =
  'sequence, subject, state, reason, at, note, issuer_id, crl_shard, not_after';

/** What tells one subject from another: of a certificate its name, of a device its id, of a key its hash. */
export type SubjectName =
  | { readonly kind: 'certificate'; readonly issuerId: string; readonly serialNumber: string }
  | { readonly kind: 'device'; readonly deviceId: string }
  | { readonly kind: 'key'; readonly publicKeySha256: string };

/** What the `subject` column holds: one text for whatever is revoked, so that one index answers for all kinds. */
export function toSubjectKey(subject: SubjectName): string {
  switch (subject.kind) {
    case 'certificate':
      return `certificate:${subject.issuerId}:${subject.serialNumber}`;
    case 'device':
      return `device:${subject.deviceId}`;
    case 'key':
      return `key:${subject.publicKeySha256}`;
  }
}

/** The state that a revocation leads to; a certificate or key knows no other than `revoked`. */
export function readState({ subject }: NewRevocation): DeviceState | 'revoked' {
  return subject.kind === 'device' ? subject.state : 'revoked';
}

/** Values of the columns `subject, state, reason, at, note`; an empty note is none. */
export function toRevocationParameters(revocation: NewRevocation): readonly SqliteParameter[] {
  const { subject, reason, at, note = '' } = revocation;
  return [toSubjectKey(subject), readState(revocation), reason, at.getTime(), note];
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

/** The revoked certificate in a row of {@link REVOCATION_COLUMNS}; throws if the row is about anything else. */
export function toRevokedCertificate(row: Row): RevokedCertificate {
  const { sequence, subject, reason, at } = toRevocation(row);
  if (subject.kind !== 'certificate') return refuse();
  const { serialNumber, notAfter } = subject;
  return { serialNumber, revokedAt: at, reason, notAfter, sequence };
}

function parseSubject(row: Row): RevocationSubject {
  const [, kind, name] = /^(certificate|device|key):(.*)$/s.exec(readText(row, 'subject')) ?? [];
  if (name === undefined) return refuse();
  if (kind === 'key') return { kind, publicKeySha256: name };
  if (kind === 'device') {
    const state = readText(row, 'state');
    return isDeviceState(state) ? { kind, deviceId: name, state } : refuse();
  }
  const issuerId = readText(row, 'issuer_id');
  if (!name.startsWith(`${issuerId}:`)) return refuse();
  return {
    kind: 'certificate',
    issuerId,
    serialNumber: name.slice(issuerId.length + 1),
    crlShard: readInteger(row, 'crl_shard'),
    notAfter: readDate(row, 'not_after'),
  };
}

function readReason(row: Row): RevocationReason {
  const reason = readText(row, 'reason');
  return isRevocationReason(reason) ? reason : refuse();
}

function refuse(): never {
  throw new TypeError('a stored revocation is not what was written');
}
