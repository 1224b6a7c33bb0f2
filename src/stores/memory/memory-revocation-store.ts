// stores/memory: imports core, contracts and this folder only.

import type {
  NewRevocation,
  Revocation,
  RevocationStore,
  RevocationSubject,
} from '../../contracts/revocation-store.js';
import type { RevokedCertificate, RevokedCertificates } from '../../contracts/revoked-certificates.js';
import { assertLimit } from './assert-limit.js';
import { findAfter } from './find-after.js';
import type { Forgetful } from './memory-retention.js';
import { createNameMap } from './name-map.js';

/** A revocation log of one process; `onAppended` is called after each new entry. */
export function createMemoryRevocationStore(
  onAppended: () => void,
): RevocationStore & RevokedCertificates & Forgetful {
  let log: Revocation[] = [];
  let lastSequence = 0;
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
      lastSequence += 1;
      const recorded = copyRevocation({ ...revocation, sequence: lastSequence });
      log.push(recorded);
      setLast(recorded);
      onAppended();
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
      assertLimit(limit, 10_000);
      const start = findAfter(log, afterSequence);
      return log.slice(start, start + limit).map(copyRevocation);
    },

    async listRevoked({ issuerId, crlShard, notAfterFrom, afterSequence, limit }) {
      assertLimit(limit, 10_000);
      return log
        .slice(findAfter(log, afterSequence))
        .flatMap((revocation) => toRevoked(revocation, issuerId, crlShard))
        .filter(({ notAfter }) => notAfter >= notAfterFrom)
        .slice(0, limit);
    },

    async findLastRevoked({ issuerId, crlShard }) {
      return (
        log.findLast((revocation) => toRevoked(revocation, issuerId, crlShard).length > 0)?.sequence ?? 0
      );
    },

    forget({ before, limit }) {
      const ended = log
        .slice(0, -1) // the newest entry stays
        .filter(({ subject }) => subject.kind === 'certificate' && subject.notAfter < before);
      const forgotten = new Set(ended.slice(0, limit));
      for (const { subject } of forgotten) if (subject.kind === 'certificate') certificates.delete(subject);
      log = log.filter((revocation) => !forgotten.has(revocation));
      return forgotten.size;
    },
  };
}

/** The certificate that the entry is about, if the CRL of the scope speaks for it; else nothing. */
function toRevoked(
  { subject, at, reason, sequence }: Revocation,
  issuerId: string,
  crlShard: number | null,
): readonly RevokedCertificate[] {
  if (subject.kind !== 'certificate' || subject.issuerId !== issuerId) return [];
  if (crlShard !== null && subject.crlShard !== crlShard) return [];
  const { serialNumber, notAfter } = subject;
  return [{ serialNumber, revokedAt: new Date(at), reason, notAfter: new Date(notAfter), sequence }];
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
  const { subject } = revocation;
  return {
    ...revocation,
    subject:
      subject.kind === 'certificate' ? { ...subject, notAfter: new Date(subject.notAfter) } : { ...subject },
    at: new Date(revocation.at),
  };
}
