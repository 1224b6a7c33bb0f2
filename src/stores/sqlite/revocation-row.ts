// stores/sqlite: imports core, contracts and this folder only.

import type {
  DeviceState,
  NewRevocation,
  Revocation,
  RevocationReason,
  RevocationSubject,
} from '../../contracts/revocation-store.js';
import { readDate, readInteger, readNullable, readText, type Row } from './row.js';
import type { SqliteParameter } from './sqlite-connection.js';

/** Columns of a revocation. */
export const REVOCATION_COLUMNS = 'sequence, subject, state, reason, at, note';

/** What the `subject` column holds: one text for whatever is revoked, so that one index answers for all kinds. */
export function toSubjectKey(subject: RevocationSubject): string {
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
  const reason = readText(row, 'reason');
  if (!isReason(reason)) return refuse();
  return {
    sequence: readInteger(row, 'sequence'),
    subject: parseSubject(readText(row, 'subject'), readText(row, 'state')),
    reason,
    at: readDate(row, 'at'),
    ...(note === null ? {} : { note }),
  };
}

function parseSubject(key: string, state: string): RevocationSubject {
  const [, kind, name] = /^(certificate|device|key):(.*)$/s.exec(key) ?? [];
  if (name === undefined) return refuse();
  if (kind === 'key') return { kind, publicKeySha256: name };
  if (kind === 'device') return isState(state) ? { kind, deviceId: name, state } : refuse();
  const colon = name.lastIndexOf(':');
  return { kind: 'certificate', issuerId: name.slice(0, colon), serialNumber: name.slice(colon + 1) };
}

const REASONS: Readonly<Record<RevocationReason, true>> = {
  unspecified: true,
  keyCompromise: true,
  affiliationChanged: true,
  superseded: true,
  cessationOfOperation: true,
  privilegeWithdrawn: true,
};

const STATES: Readonly<Record<DeviceState, true>> = { active: true, suspended: true, banned: true };

function isReason(value: string): value is RevocationReason {
  return Object.hasOwn(REASONS, value);
}

function isState(value: string): value is DeviceState {
  return Object.hasOwn(STATES, value);
}

function refuse(): never {
  throw new TypeError('a stored revocation is not what was written');
}
