// revocation: imports core, contracts, x509.

import { systemClock, type Clock } from '../core/clock.js';
import { RejectedError } from '../core/errors.js';
import type { IssuerCertificate } from '../contracts/certificate-authority.js';
import type { CertificateFilter } from '../contracts/certificate-search.js';
import type { EventSink } from '../contracts/event-sink.js';
import type {
  DeviceState,
  NewRevocation,
  RevocationReason,
  RevocationSubject,
} from '../contracts/revocation-store.js';
import type { Stores } from '../contracts/stores.js';
import { certificateSubject } from './certificate-subject.js';
import { listPages } from './list-pages.js';
import { recordAct } from './record-act.js';
import { revokeBatch, type RevocationProgress } from './revoke-batch.js';

/** What revocation works with. */
export interface RevocationDeskOptions {
  /** The CAs that a serial number may be of. */
  readonly authority: { readonly issuers: readonly Pick<IssuerCertificate, 'issuerId'>[] };
  readonly certificates: Stores['certificates'];
  readonly revocations: Stores['revocations'];
  /** Is told when something was revoked, so that this process knows it at once. Default: nobody. */
  readonly status?: { refresh(): Promise<void> };
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

/** Who does something, and why. */
export interface AdministrativeAct {
  /** Who, for the audit trail; at most 200 characters. Default `administrator`. */
  readonly actor?: string;
  /** Why, for the audit trail; at most 500 characters. */
  readonly note?: string;
}

/** A revocation to make. */
export interface RevokeRequest extends AdministrativeAct {
  readonly target: RevocationTarget;
  /** `keyCompromise` also blocks the keys of what is revoked, for ever. */
  readonly reason: RevocationReason;
}

/** Many revocations to make: all certificates that a filter finds and that have not ended. */
export interface RevokeBatchRequest extends AdministrativeAct {
  /** At least one member must be given. */
  readonly filter: CertificateFilter;
  /** `keyCompromise` also blocks the keys, for ever. */
  readonly reason: RevocationReason;
  /** Counts, and changes nothing. Default `false`. */
  readonly dryRun?: boolean;
  /** Called after each page of certificates. */
  readonly onProgress?: (progress: RevocationProgress) => void;
  /** The `cursor` of the progress of a run that broke off: goes on from there. Default: from the start. */
  readonly cursor?: string;
  /** Breaks off after the page at hand; the promise then rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** Takes trust back: one certificate, device or key at a time, or a batch. */
export interface RevocationDesk {
  /**
   * Revokes. A device or key takes its certificates with it: each gets an entry in the log, so that it stays revoked when the
   * device is reinstated. Doing so again is no error, and completes what broke off.
   *
   * @returns `revoked`: 1 if it was not revoked already, else 0
   * @throws RejectedError `subject_unknown` if no certificate or device of that name was ever issued
   * @throws UnavailableError `store_unavailable`, `audit_unavailable`
   */
  revoke(request: RevokeRequest): Promise<{ readonly revoked: number }>;

  /**
   * Revokes every certificate that the filter finds. The devices may enrol again, with fresh evidence. It may be broken off at
   * any time and called again: what is revoked already is passed over.
   *
   * @returns `matched`: how many certificates the filter found from the cursor on; `revoked`: how many of them were not
   *   revoked already (0 in a dry run)
   * @throws MalformedError `request_malformed` if the filter is empty or the cursor is none
   * @throws UnavailableError `store_unavailable`, `audit_unavailable`
   */
  revokeBatch(request: RevokeBatchRequest): Promise<{ readonly matched: number; readonly revoked: number }>;

  /**
   * Lets a suspended or banned device have certificates again, once it attests afresh. Those that it had stay revoked, and
   * keys that were blocked stay blocked.
   *
   * @returns `reinstated`: whether it was suspended or banned
   * @throws RejectedError `subject_unknown`
   * @throws UnavailableError `store_unavailable`, `audit_unavailable`
   */
  reinstate(
    request: AdministrativeAct & { readonly deviceId: string },
  ): Promise<{ readonly reinstated: boolean }>;
}

/** What is to be done, once the names are resolved. */
interface Plan {
  readonly target: Required<RevocationTarget>;
  readonly deviceId: string | null;
  /** The entry that was asked for; those of the certificates that go with it follow it. */
  readonly main: RevocationSubject;
  readonly certificatesOf: { readonly deviceId: string } | { readonly publicKeySha256: string } | null;
  /** Blocked besides, where the reason is a compromise. */
  readonly keys: readonly string[];
}

const DEFAULT_ACTOR = 'administrator';

export function createRevocationDesk(options: RevocationDeskOptions): RevocationDesk {
  const { authority, certificates, revocations, status, events, clock = systemClock } = options;

  async function findCertificate(serialNumber: string) {
    for (const { issuerId } of authority.issuers) {
      const record = await certificates.find({ by: 'name', issuerId, serialNumber });
      if (record) return record;
    }
    throw unknown();
  }

  async function plan({ target, reason }: RevokeRequest): Promise<Plan> {
    const compromised = reason === 'keyCompromise';
    if ('serialNumber' in target) {
      const record = await findCertificate(target.serialNumber);
      const keys = compromised ? [record.publicKeySha256] : [];
      const main = certificateSubject(record);
      return { target, deviceId: record.deviceId, main, certificatesOf: null, keys };
    }
    if ('deviceId' in target) {
      const { deviceId, state = compromised ? 'banned' : 'suspended' } = target;
      if ((await certificates.find({ by: 'device', deviceId })) === null) throw unknown();
      const keys = compromised ? await listKeys(deviceId) : [];
      const main: RevocationSubject = { kind: 'device', deviceId, state };
      return { target: { deviceId, state }, deviceId, main, certificatesOf: { deviceId }, keys };
    }
    const { publicKeySha256 } = target;
    const holder = await certificates.find({ by: 'key', publicKeySha256 });
    const main: RevocationSubject = { kind: 'key', publicKeySha256 };
    return {
      target,
      deviceId: holder?.deviceId ?? null,
      main,
      certificatesOf: { publicKeySha256 },
      keys: [],
    };
  }

  async function listKeys(deviceId: string): Promise<readonly string[]> {
    const keys = new Set<string>();
    for await (const records of listPages((page) => certificates.list({ deviceId, ...page }))) {
      for (const { publicKeySha256 } of records) keys.add(publicKeySha256);
    }
    return [...keys];
  }

  /** After the main entry, so that a certificate which is being issued right now is either seen here or never signed. */
  async function revokeCertificates(
    of: NonNullable<Plan['certificatesOf']>,
    about: Omit<NewRevocation, 'subject'>,
  ): Promise<void> {
    for await (const records of listPages((page) =>
      certificates.list({ ...of, notAfterFrom: about.at, ...page }),
    )) {
      await Promise.all(
        records.map((record) => revocations.revoke({ ...about, subject: certificateSubject(record) })),
      );
    }
  }

  /** The store has it; if this process could not read it back, others could not either, and the bound holds for all. */
  async function tellStatus(): Promise<void> {
    await status?.refresh().catch(() => undefined);
  }

  return {
    async revoke(request) {
      const { reason, actor = DEFAULT_ACTOR, note } = request;
      const { target, deviceId, main, certificatesOf, keys } = await plan(request);
      const at = clock.now();
      const about = { reason, at, ...(note === undefined ? {} : { note }) };
      await recordAct(events, { type: 'revoked', at, actor, note: note ?? null, target, deviceId, reason });
      const { recorded } = await revocations.revoke({ ...about, subject: main });
      for (const publicKeySha256 of keys) {
        await revocations.revoke({ ...about, subject: { kind: 'key', publicKeySha256 } });
      }
      if (certificatesOf !== null) await revokeCertificates(certificatesOf, about);
      await tellStatus();
      return { revoked: recorded ? 1 : 0 };
    },

    async revokeBatch(request) {
      const act = { actor: request.actor ?? DEFAULT_ACTOR, note: request.note ?? null, at: clock.now() };
      try {
        return await revokeBatch(request, act, { certificates, revocations, events });
      } finally {
        await tellStatus();
      }
    },

    async reinstate({ deviceId, actor = DEFAULT_ACTOR, note }) {
      if ((await certificates.find({ by: 'device', deviceId })) === null) throw unknown();
      const at = clock.now();
      await recordAct(events, { type: 'device_reinstated', at, actor, note: note ?? null, deviceId });
      const { recorded } = await revocations.revoke({
        subject: { kind: 'device', deviceId, state: 'active' },
        reason: 'unspecified',
        at,
        ...(note === undefined ? {} : { note }),
      });
      await tellStatus();
      return { reinstated: recorded };
    },
  };
}

function unknown(): RejectedError {
  return new RejectedError('subject_unknown', { message: 'nothing of that name was issued' });
}
