// enrolment: imports core, contracts, x509.

import type { Clock } from '../core/clock.js';
import type { TierScale } from '../core/tier-scale.js';
import type { CertificateAuthority } from '../contracts/certificate-authority.js';
import type { CertificateStore } from '../contracts/certificate-store.js';
import type { EventSink } from '../contracts/event-sink.js';
import type { UnverifiedEvidence } from '../contracts/evidence.js';
import type { IntegrityProvider } from '../contracts/integrity-provider.js';
import type { ClaimedDevice, Policy } from '../contracts/policy.js';
import type { RateLimiter } from '../contracts/rate-limiter.js';
import type { ReplayStore } from '../contracts/replay-store.js';
import type { RevocationStore } from '../contracts/revocation-store.js';
import type { Challenges } from './challenge.js';
import type { OutagePolicy } from './outage-policy.js';
import type { RenewalWindow } from './renewal-window.js';

/** What enrolment and renewal work with. */
export interface EnrolmentOptions {
  readonly challenges: Challenges;
  /** Whose evidence is read. May be empty: then only the policy's way without evidence is left. */
  readonly providers: readonly IntegrityProvider[];
  readonly policy: Policy;
  readonly authority: CertificateAuthority;
  readonly certificates: CertificateStore;
  readonly revocations: RevocationStore;
  readonly replays: ReplayStore;
  /** Default: `none`, `basic`, `device`, `strong`. */
  readonly tiers?: TierScale;
  /**
   * For how long after its last certificate ended a device keeps its identity, in seconds, 0 to 365 days: within it, its
   * key still names it and its expired certificate may still be renewed. Default 30 days.
   */
  readonly graceSeconds?: number;
  /**
   * The same for devices of a tier, by its name, where it is another: what proved little is forgotten sooner. 0: a certificate
   * of this tier ends for good when it ends, and its device comes back as a new one.
   */
  readonly graceSecondsByTier?: Readonly<Record<string, number>>;
  /**
   * Names of providers whose evidence is bound to the challenge only, not to the key.
   *
   * @deprecated Dangerous: evidence of a good device can be relayed for an attacker's key while the challenge lives. For
   * apps already in the field that cannot bind the key yet; remove it with the last of them.
   */
  readonly dangerouslyBindToChallengeOnly?: readonly string[];
  /** What is still issued while a vendor cannot be asked: {@link createOutagePolicy}. Default: `null`, nothing. */
  readonly outage?: OutagePolicy | null;
  /**
   * Providers that are tried out, by their names. Outside of the enforced share of devices (`enforcePercent`, 0 to 100, default 0) a
   * refusal of such a provider, and an outage of its vendor, refuses nobody: the piece of evidence counts as not sent, and what
   * would have been refused is kept as `provider:<name>`, with the reasons, or the error code where there are none. Which
   * devices are in the share follows from their ids; a new device gets a new id each time that it tries. Default: every
   * provider counts.
   */
  readonly observeProviders?: Readonly<Record<string, { readonly enforcePercent?: number }>>;
  /** Asked once the client has proved to hold the key, and before anything is looked up. Default: nobody is asked. */
  readonly limiter?: RateLimiter | null;
  /** Takes the audit trail. Default: none is kept beyond the certificate records. */
  readonly events?: EventSink;
  readonly clock?: Clock;
}

/** What a client asks for. */
export interface IssuanceRequest {
  /** PKCS#10, as PEM or base64 or base64url DER. Only its key counts; its signature proves possession. */
  readonly csr: string;
  /** A challenge made for this purpose. */
  readonly challenge: string;
  /** Empty if the device has none; the policy decides what that is worth. */
  readonly evidence: readonly UnverifiedEvidence[];
  /** What the app says of the device. Default: nothing. */
  readonly claimed?: ClaimedDevice;
  readonly signal?: AbortSignal;
}

/** A request for a first certificate, or for recovery. */
export interface EnrolRequest extends IssuanceRequest {
  /**
   * SHA-256 of the bootstrap certificate of the connection, lower-case hex; `null` if it came over a device
   * certificate.
   */
  readonly bootstrapCertificateSha256: string | null;
}

/** A request for a new certificate by a device that has one. */
export interface RenewRequest extends IssuanceRequest {
  /** The device, as proven by its current certificate. */
  readonly device: { readonly deviceId: string };
}

/** What the client gets. */
export interface EnrolledCertificate {
  readonly deviceId: string;
  readonly tier: string;
  readonly issuerId: string;
  readonly serialNumber: string;
  /** DER. */
  readonly certificate: Uint8Array;
  /** DER of the issuing CA and those above it, the root not included. */
  readonly chain: readonly Uint8Array[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** When the client should renew. */
  readonly renewal: RenewalWindow;
  /** Until when it may renew, with the same key, without fresh evidence; `null`: each renewal needs it. */
  readonly evidenceDueAt: Date | null;
}
