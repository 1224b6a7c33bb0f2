// stores/redis: imports core, contracts and this folder only.

import { isDeviceState } from '../../core/device-state.js';
import { isRevocationReason } from '../../core/revocation-reason.js';
import type {
  DeviceState,
  NewRevocation,
  Revocation,
  RevocationSubject,
} from '../../contracts/revocation-store.js';
import { encodeDate, isObject, parseObject, toDate, toInteger, toText } from './reply.js';

/** What a subject is called, without what is merely data. */
export type SubjectName =
  | { readonly kind: 'certificate'; readonly issuerId: string; readonly serialNumber: string }
  | { readonly kind: 'device'; readonly deviceId: string }
  | { readonly kind: 'key'; readonly publicKeySha256: string };

/** What `words` goes by: one text for whatever is revoked. */
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

/** The JSON text of an entry, without its sequence number, which is drawn where it is written. */
export function encodeRevocation({ subject, reason, at, note = '' }: NewRevocation): string {
  return JSON.stringify({
    subject:
      subject.kind === 'certificate' ? { ...subject, notAfter: encodeDate(subject.notAfter) } : subject,
    reason,
    at: encodeDate(at),
    ...(note === '' ? {} : { note }),
  });
}

/** Reads an entry, `<sequence>:<JSON>`; throws if it is not what was written. */
export function parseRevocation(reply: unknown): Revocation {
  const text = toText(reply);
  const colon = text.indexOf(':');
  const entry = parseObject(text.slice(colon + 1));
  const reason = entry['reason'];
  if (!isRevocationReason(reason)) return refuse();
  return {
    sequence: toInteger(text.slice(0, colon)),
    subject: parseSubject(entry['subject']),
    reason,
    at: toDate(entry['at']),
    ...(entry['note'] === undefined ? {} : { note: toText(entry['note']) }),
  };
}

function parseSubject(subject: unknown): RevocationSubject {
  if (!isObject(subject)) return refuse();
  const { kind, state } = subject;
  switch (kind) {
    case 'certificate':
      return {
        kind,
        issuerId: toText(subject['issuerId']),
        serialNumber: toText(subject['serialNumber']),
        crlShard: toInteger(subject['crlShard']),
        notAfter: toDate(subject['notAfter']),
      };
    case 'device':
      return isDeviceState(state) ? { kind, deviceId: toText(subject['deviceId']), state } : refuse();
    case 'key':
      return { kind, publicKeySha256: toText(subject['publicKeySha256']) };
    default:
      return refuse();
  }
}

function refuse(): never {
  throw new TypeError('a stored revocation is not what was written');
}
