// stores/memory: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';
import type {
  NewRevocation,
  Revocation,
  RevocationStore,
  RevocationSubject,
} from '../../contracts/revocation-store.js';

/**
 * A revocation log of one process. It is gone when the process ends, and everything that was revoked is good again: for
 * tests and demonstrations.
 */
export function createMemoryRevocationStore(): RevocationStore {
  const log: Revocation[] = [];
  /** The last word on each subject. */
  const lastWords = new Map<string, Revocation>();

  return {
    async revoke(revocation) {
      const key = toSubjectKey(revocation.subject);
      const inForce = lastWords.get(key) ?? null;
      if (saysNothingNew(revocation, inForce)) {
        return { recorded: false, revocation: inForce && copyRevocation(inForce) };
      }
      const recorded = copyRevocation({ ...revocation, sequence: log.length + 1 });
      log.push(recorded);
      lastWords.set(key, recorded);
      return { recorded: true, revocation: copyRevocation(recorded) };
    },

    async find({ issuerId, serialNumber, deviceId, publicKeySha256 }) {
      const findLast = (subject: RevocationSubject): Revocation | null => {
        const last = lastWords.get(toSubjectKey(subject));
        return last === undefined || readState(last) === 'active' ? null : copyRevocation(last);
      };
      return {
        certificate: findLast({ kind: 'certificate', issuerId, serialNumber }),
        device: findLast({ kind: 'device', deviceId, state: 'active' }),
        key: findLast({ kind: 'key', publicKeySha256 }),
      };
    },

    async list({ afterSequence, limit }) {
      if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
        throw new MalformedError('request_malformed', { message: 'the limit must be 1 to 10000' });
      }
      return log.slice(afterSequence, afterSequence + limit).map(copyRevocation);
    },
  };
}

/** True if the log says so already, or if the ban of a device would be softened to a suspension. */
function saysNothingNew(revocation: NewRevocation, last: Revocation | null): boolean {
  if (last === null) return readState(revocation) === 'active';
  const current = readState(last);
  const next = readState(revocation);
  return next === current || (current === 'banned' && next === 'suspended');
}

/** The state of a device; a certificate or key has no other than `revoked`. */
function readState({ subject }: NewRevocation) {
  return subject.kind === 'device' ? subject.state : 'revoked';
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

/** The log hands out copies, because a `Date` that a caller holds can be changed. */
function copyRevocation(revocation: Revocation): Revocation {
  return { ...revocation, subject: { ...revocation.subject }, at: new Date(revocation.at) };
}
