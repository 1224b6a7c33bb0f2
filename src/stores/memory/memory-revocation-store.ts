// stores/memory: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';
import type {
  NewRevocation,
  Revocation,
  RevocationStore,
  RevocationSubject,
} from '../../contracts/revocation-store.js';
import { createNameMap } from './name-map.js';

/**
 * A revocation log of one process. It is gone when the process ends, and everything that was revoked is good again: for
 * tests and demonstrations.
 */
export function createMemoryRevocationStore(): RevocationStore {
  const log: Revocation[] = [];
  // The last word on each subject. Keys are strings that the caller has at hand: this is asked on every request.
  const certificates = createNameMap<Revocation>();
  const devices = new Map<string, Revocation>();
  const keys = new Map<string, Revocation>();

  function getLast(subject: RevocationSubject): Revocation | undefined {
    switch (subject.kind) {
      case 'certificate':
        return certificates.get(subject);
      case 'device':
        return devices.get(subject.deviceId);
      case 'key':
        return keys.get(subject.publicKeySha256);
    }
  }

  function setLast(revocation: Revocation): void {
    const { subject } = revocation;
    if (subject.kind === 'certificate') certificates.set(subject, revocation);
    else if (subject.kind === 'device') devices.set(subject.deviceId, revocation);
    else keys.set(subject.publicKeySha256, revocation);
  }

  return {
    async revoke(revocation) {
      const last = getLast(revocation.subject) ?? null;
      if (saysNothingNew(revocation, last)) {
        return { recorded: false, revocation: last && copyRevocation(last) };
      }
      const recorded = copyRevocation({ ...revocation, sequence: log.length + 1 });
      log.push(recorded);
      setLast(recorded);
      return { recorded: true, revocation: copyRevocation(recorded) };
    },

    async find(query) {
      return {
        certificate: inForce(certificates.get(query)),
        device: inForce(devices.get(query.deviceId)),
        key: inForce(keys.get(query.publicKeySha256)),
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

/** `null` for a subject that nothing was said of, or a device that is active again. */
function inForce(last: Revocation | undefined): Revocation | null {
  return last === undefined || readState(last) === 'active' ? null : copyRevocation(last);
}

/** The log hands out copies, because a `Date` that a caller holds can be changed. */
function copyRevocation(revocation: Revocation): Revocation {
  return { ...revocation, subject: { ...revocation.subject }, at: new Date(revocation.at) };
}
