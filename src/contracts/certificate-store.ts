// contracts: imports core and contracts; types only.

import type { PreparedCertificate } from './certificate-authority.js';
import type { ClaimedDevice, IssuanceAction, ObservedRefusal, VerdictSummary } from './policy.js';
import type { ReasonCode } from '../core/reason-code.js';

/** Why a certificate was allowed: what the audit trail needs, and never a token. */
export interface AppraisalSummary {
  readonly reasons: readonly ReasonCode[];
  readonly verdicts: readonly VerdictSummary[];
  readonly claimed: ClaimedDevice;
  /** When the evidence was verified, by our clock; renewals that rest on it keep it. `null` without evidence. */
  readonly evidenceAt: Date | null;
  /** Until when the device may renew without fresh evidence; `null`: each renewal needs it. */
  readonly evidenceDueAt: Date | null;
  /** Name of the provider whose vendor could not be asked, if the outage policy allowed it all the same; else `null`. */
  readonly outage: string | null;
  /** What would have been refused, if it were not only observed. */
  readonly observed: readonly ObservedRefusal[];
}

/** What is recorded before anything is signed. */
export interface CertificateIntent extends PreparedCertificate {
  /** Name of the tier. */
  readonly tier: string;
  readonly action: IssuanceAction;
  /** What makes a repeated request the same request: SHA-256 of its challenge, lower-case hex. Unique. */
  readonly requestId: string;
  readonly appraisal: AppraisalSummary;
  /** When the device got its first certificate; of a first one: now. */
  readonly enrolledAt: Date;
  /**
   * The release that the device enrolled with: SHA-256 of its bootstrap certificate, lower-case hex; `null` if it did not
   * come by one. Renewed certificates keep it.
   */
  readonly bootstrapCertificateSha256: string | null;
  readonly intendedAt: Date;
}

/** What the store knows of a certificate. */
export interface CertificateRecord extends CertificateIntent {
  /** DER; `null` as long as only the intent is recorded. */
  readonly certificate: Uint8Array | null;
  readonly issuedAt: Date | null;
  /** When it first authenticated a request. */
  readonly firstUsedAt: Date | null;
  /** When a newer certificate of the same device was first used: from then on this one is refused. */
  readonly supersededAt: Date | null;
}

/** How {@link CertificateStore.recordIntent} ended. */
export type IntentOutcome =
  | { readonly outcome: 'recorded' }
  /** The request was recorded before; nothing was changed. */
  | { readonly outcome: 'request_exists'; readonly record: CertificateRecord }
  /** The key belongs to another device; nothing was changed. */
  | { readonly outcome: 'key_in_use'; readonly record: CertificateRecord };

/** Names one certificate. */
export interface CertificateName {
  readonly issuerId: string;
  readonly serialNumber: string;
}

/** Which certificate to find. */
export type CertificateQuery =
  | ({ readonly by: 'name' } & CertificateName)
  | { readonly by: 'request'; readonly requestId: string }
  /** The one with the latest end among those of this key. */
  | { readonly by: 'key'; readonly publicKeySha256: string }
  /** The one that was intended last among those of this device. */
  | { readonly by: 'device'; readonly deviceId: string };

/** Which certificates to list: of a device, a key, or all that end after a time; in order of issuance. */
export interface CertificateListQuery {
  readonly deviceId?: string;
  readonly publicKeySha256?: string;
  /** Only those that end after this time. */
  readonly notAfterFrom?: Date;
  /** The `cursor` of the page before. */
  readonly cursor?: string;
  /** At most this many, 1 to 1,000. */
  readonly limit: number;
}

/** One page of records; `cursor` is `null` after the last one. */
export interface CertificatePage {
  readonly records: readonly CertificateRecord[];
  readonly cursor: string | null;
}

/**
 * What was issued, to which device, on what grounds. A record outlives its certificate; the store may drop it some time
 * after the certificate has expired.
 *
 * Every method throws {@link UnavailableError} `store_unavailable` when it could not do its work; the caller then
 * issues and admits nothing.
 */
export interface CertificateStore {
  /**
   * Records, durably and atomically, that a certificate is about to be signed. Refuses if a record with the same
   * `requestId` exists, or one with the same key, another device and an end at or after `keyHeldFrom`: one key never
   * names two living devices. Of several callers with the same `requestId` exactly one is told `recorded`.
   */
  recordIntent(intent: CertificateIntent, options: { readonly keyHeldFrom: Date }): Promise<IntentOutcome>;

  /**
   * Records the signed certificate of an intent. If one is recorded already, that one stays and is the answer, so that
   * the same request always gets the same certificate. Resolves to `null` if there is no such intent.
   */
  recordIssued(
    name: CertificateName,
    issued: { readonly certificate: Uint8Array; readonly issuedAt: Date },
  ): Promise<CertificateRecord | null>;

  /**
   * Records that a certificate was used for the first time, and with it that every certificate of the device that was
   * intended before it is superseded, whether issued yet or not. Doing so again changes nothing.
   */
  recordFirstUse(name: CertificateName, at: Date): Promise<void>;

  /**
   * The record, or `null` if there is none. It is asked on every request, so a store may hand out one object again and
   * again: it must not be changed.
   */
  find(query: CertificateQuery): Promise<CertificateRecord | null>;

  /** Records in order of intent, and the cursor of the next page; `cursor` is `null` after the last one. */
  list(query: CertificateListQuery): Promise<CertificatePage>;
}
