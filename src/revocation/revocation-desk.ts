// revocation: imports core, contracts, x509.

import { systemClock, type Clock } from '../core/clock.js';
import { RejectedError, UnavailableError } from '../core/errors.js';
import type { CertificateAuthority } from '../contracts/certificate-authority.js';
import type {
  CertificateListQuery,
  CertificateRecord,
  CertificateStore,
} from '../contracts/certificate-store.js';
import type { EventSink } from '../contracts/event-sink.js';
import type {
  DeviceState,
  NewRevocation,
  RevocationReason,
  RevocationStore,
  RevocationSubject,
} from '../contracts/revocation-store.js';
import { listRecords } from './list-records.js';

/** What revocation works with. */
export interface RevocationDeskOptions {
  readonly authority: Pick<CertificateAuthority, 'issuers'>;
  readonly certificates: CertificateStore;
  readonly revocations: RevocationStore;
  /** Takes the audit trail. Default: nobody. */
  readonly events?: EventSink;
  readonly clock?: Clock;
}

/** Names what to revoke. */
export type RevocationTarget =
  /** Lower-case hex. */
  | { readonly serialNumber: string }
  /** State default `suspended`; `banned` where the reason is `keyCompromise`. */
  | { readonly deviceId: string; readonly state?: Exclude<DeviceState, 'active'> }
  /** SHA-256 of the DER SubjectPublicKeyInfo, lower-case hex. The key need not be known yet. */
  | { readonly publicKeySha256: string };

/** A revocation to make. */
export interface RevokeRequest {
  readonly target: RevocationTarget;
  /** `keyCompromise` also blocks the keys of what is revoked, for ever. */
  readonly reason: RevocationReason;
  /** Who and why, for the audit trail; at most 500 characters. */
  readonly note?: string;
}

/** Takes trust back, one certificate, device or key at a time. */
export interface RevocationDesk {
  /**
   * Revokes. Doing so again is no error. It is in force for the next request that is authenticated, and in the next CRL.
   *
   * @returns `revoked`: 1 if it was not revoked already, else 0
   * @throws RejectedError `subject_unknown` if no certificate or device of that name was ever issued
   * @throws UnavailableError `store_unavailable`, `audit_unavailable`
   */
  revoke(request: RevokeRequest): Promise<{ readonly revoked: number }>;
}

export function createRevocationDesk(options: RevocationDeskOptions): RevocationDesk {
  const { authority, certificates, revocations, events, clock = systemClock } = options;

  async function findCertificate(serialNumber: string): Promise<CertificateRecord> {
    for (const { issuerId } of authority.issuers) {
      const record = await certificates.find({ by: 'name', issuerId, serialNumber });
      if (record) return record;
    }
    throw unknown();
  }

  async function listKeys(query: Pick<CertificateListQuery, 'deviceId'>): Promise<RevocationSubject[]> {
    const keys = new Set<string>();
    for await (const { publicKeySha256 } of listRecords(certificates, query)) keys.add(publicKeySha256);
    return [...keys].map((publicKeySha256) => ({ kind: 'key', publicKeySha256 }));
  }

  /** What to append to the log; what was asked for comes first. */
  async function describeSubjects({ target, reason }: RevokeRequest): Promise<readonly RevocationSubject[]> {
    const compromised = reason === 'keyCompromise';
    if ('serialNumber' in target) {
      const { issuerId, serialNumber, publicKeySha256 } = await findCertificate(target.serialNumber);
      const certificate: RevocationSubject = { kind: 'certificate', issuerId, serialNumber };
      return compromised ? [certificate, { kind: 'key', publicKeySha256 }] : [certificate];
    }
    if ('deviceId' in target) {
      const keys = await listKeys(target);
      if (keys.length === 0) throw unknown();
      const { deviceId, state = compromised ? 'banned' : 'suspended' } = target;
      return [{ kind: 'device', deviceId, state }, ...(compromised ? keys : [])];
    }
    return [{ kind: 'key', publicKeySha256: target.publicKeySha256 }];
  }

  async function record(revocation: NewRevocation): Promise<boolean> {
    // The event first: an act that cannot be recorded does not happen, and a recorded one that failed is seen.
    try {
      await events?.record({ type: 'revoked', at: revocation.at, revocation });
    } catch (cause) {
      throw new UnavailableError('audit_unavailable', {
        message: 'the event sink did not take the event',
        cause,
      });
    }
    return (await revocations.revoke(revocation)).recorded;
  }

  return {
    async revoke(request) {
      const { reason, note } = request;
      const at = clock.now();
      const results: boolean[] = [];
      for (const subject of await describeSubjects(request)) {
        results.push(await record({ subject, reason, at, ...(note === undefined ? {} : { note }) }));
      }
      return { revoked: results[0] ? 1 : 0 };
    },
  };
}

function unknown(): RejectedError {
  return new RejectedError('subject_unknown', { message: 'nothing of that name was issued' });
}
