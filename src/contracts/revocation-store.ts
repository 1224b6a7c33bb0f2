// contracts: imports core and contracts; types only.

import type { DeviceState } from '../core/device-state.js';
import type { RevocationReason } from '../core/revocation-reason.js';

export type { DeviceState, RevocationReason };

/** What a revocation is about. */
export type RevocationSubject =
  | {
      readonly kind: 'certificate';
      readonly issuerId: string;
      readonly serialNumber: string;
      /** The CRL shard that the certificate names. */
      readonly crlShard: number;
      /** When the certificate ends: after that the entry may be forgotten. */
      readonly notAfter: Date;
    }
  | { readonly kind: 'device'; readonly deviceId: string; readonly state: DeviceState }
  /** SHA-256 of the DER SubjectPublicKeyInfo, lower-case hex. */
  | { readonly kind: 'key'; readonly publicKeySha256: string };

/** A revocation to record. */
export interface NewRevocation {
  readonly subject: RevocationSubject;
  readonly reason: RevocationReason;
  readonly at: Date;
  /** Who did it and why, for the audit trail; at most 500 characters. */
  readonly note?: string;
}

/** A recorded revocation. */
export interface Revocation extends NewRevocation {
  /** Position in the log: strictly increasing, from 1. */
  readonly sequence: number;
}

/** One certificate as far as its revocation goes. */
export interface RevocationQuery {
  readonly issuerId: string;
  readonly serialNumber: string;
  readonly deviceId: string;
  readonly publicKeySha256: string;
}

/** What the log says that concerns one certificate; `null` where it says nothing. */
export interface RevocationStatus {
  /** The revocation of the certificate itself. */
  readonly certificate: Revocation | null;
  /** The latest word about the device, if that is `suspended` or `banned`. */
  readonly device: Revocation | null;
  /** The revocation of its public key. */
  readonly key: Revocation | null;
}

/** Which part of the log to list. */
export interface RevocationListQuery {
  /** Only entries after this position; 0 for all. */
  readonly afterSequence: number;
  /** At most this many, 1 to 10,000. */
  readonly limit: number;
}

/**
 * The append-only log of revocations. Nothing in it is ever changed or taken back: a device is reinstated by a further
 * entry with state `active`; a certificate or key is never reinstated. Entries become visible in the order of their
 * sequence, so that who has read up to one has missed none before it.
 *
 * Every method throws {@link UnavailableError} `store_unavailable` when it could not find out; the caller then
 * refuses.
 */
export interface RevocationStore {
  /**
   * Appends a revocation, durably, before it resolves. Doing so again is no error: a certificate or key that is revoked
   * already, or a device that is in that state already (`active` if the log says nothing of it), resolves to
   * `recorded: false` with the entry in force (`null` only for `active` of a device that the log never named).
   * A `banned` device does not become `suspended`; only `active` ends a ban.
   */
  revoke(
    revocation: NewRevocation,
  ): Promise<{ readonly recorded: boolean; readonly revocation: Revocation | null }>;

  /** What the log says of this certificate now: sees every `revoke` that has resolved. */
  find(query: RevocationQuery): Promise<RevocationStatus>;

  /** Entries in order of their sequence. */
  list(query: RevocationListQuery): Promise<readonly Revocation[]>;
}
