// contracts: imports core and contracts; types only.

import type { ErrorCode } from '../core/error-code.js';
import type { ReasonCode } from '../core/reason-code.js';
import type { AppraisalSummary } from './certificate-store.js';
import type { IssuanceAction } from './policy.js';
import type { CertificateFilter } from './certificate-search.js';
import type { RenewalOrder } from './renewal-order-store.js';
import type { DeviceState, RevocationReason } from './revocation-store.js';

/** A certificate was allowed and its intent recorded; it is handed out after the sink has taken the event. */
export interface CertificateIssuedEvent {
  readonly type: 'certificate_issued';
  readonly at: Date;
  readonly action: IssuanceAction;
  readonly deviceId: string;
  readonly issuerId: string;
  readonly serialNumber: string;
  readonly publicKeySha256: string;
  readonly tier: string;
  readonly notAfter: Date;
  readonly appraisal: AppraisalSummary;
}

/** A certificate was refused. */
export interface IssuanceRefusedEvent {
  readonly type: 'issuance_refused';
  readonly at: Date;
  readonly action: IssuanceAction;
  /** `null` for a device that is not known yet. */
  readonly deviceId: string | null;
  readonly publicKeySha256: string | null;
  readonly code: ErrorCode;
  readonly reasons: readonly ReasonCode[];
  /** `null` where it was refused before there was a verdict. */
  readonly appraisal: AppraisalSummary | null;
}

/** What an administrator names: one thing, or all certificates that a filter finds. */
export type RevokedTarget =
  | { readonly serialNumber: string }
  | { readonly deviceId: string; readonly state: Exclude<DeviceState, 'active'> }
  | { readonly publicKeySha256: string }
  | { readonly filter: CertificateFilter };

/** What all acts of administrators have in common. */
interface AdministrativeEvent {
  readonly at: Date;
  /** Who did it, as far as they said. */
  readonly actor: string;
  /** Why, as far as they said; `null` for nothing. */
  readonly note: string | null;
}

/** Something is being revoked: recorded before the first entry of the revocation log. */
export interface RevokedEvent extends AdministrativeEvent {
  readonly type: 'revoked';
  readonly target: RevokedTarget;
  /** The device that it is about; `null` where it is about more than one, or a key that no device has. */
  readonly deviceId: string | null;
  readonly reason: RevocationReason;
}

/** A batch of certificates has been revoked. */
export interface BatchRevokedEvent extends AdministrativeEvent {
  readonly type: 'batch_revoked';
  readonly filter: CertificateFilter;
  readonly reason: RevocationReason;
  /** How many certificates were revoked that were not before. */
  readonly revoked: number;
}

/** A device may have certificates again; those that it had stay revoked. */
export interface DeviceReinstatedEvent extends AdministrativeEvent {
  readonly type: 'device_reinstated';
  readonly deviceId: string;
}

/** Devices were told to renew: recorded before the order counts. */
export interface RenewalOrderedEvent extends AdministrativeEvent {
  readonly type: 'renewal_ordered';
  readonly order: RenewalOrder;
}

/** A bootstrap certificate was used far more often than usual: somebody may have dug it out of the app. */
export interface BootstrapUseJumpedEvent {
  readonly type: 'bootstrap_use_jumped';
  readonly at: Date;
  /** As the certificate names it. */
  readonly release: string;
  readonly certificateSha256: string;
  readonly windowSeconds: number;
  /** Requests in the window so far, to this replica. */
  readonly windowRequests: number;
  /** What the windows of the last day had on average. */
  readonly usualWindowRequests: number;
}

/** The calls to a vendor that we allow ourselves for the day run short. Told once for each threshold and day, by one replica. */
export interface VendorBudgetLowEvent {
  readonly type: 'vendor_budget_low';
  readonly at: Date;
  /** Name of the provider. */
  readonly provider: string;
  /** How many calls were made today, and how many may be. */
  readonly used: number;
  readonly budget: number;
}

/**
 * A request was refused: an application request, or one to an enrolment endpoint that got no further than `bootstrap_retired` or
 * `rate_limited`.
 */
export interface RequestRefusedEvent {
  readonly type: 'request_refused';
  readonly at: Date;
  /** `null` if the certificate did not prove a device. */
  readonly deviceId: string | null;
  readonly serialNumber: string | null;
  readonly code: ErrorCode;
  readonly reasons: readonly ReasonCode[];
}

/** Everything worth an entry in the audit trail. No event ever carries a token or a key. */
export type DeviceTrustEvent =
  | CertificateIssuedEvent
  | IssuanceRefusedEvent
  | RevokedEvent
  | BatchRevokedEvent
  | DeviceReinstatedEvent
  | RenewalOrderedEvent
  | BootstrapUseJumpedEvent
  | VendorBudgetLowEvent
  | RequestRefusedEvent;

/** Takes the events: the audit trail, metrics, alarms. */
export interface EventSink {
  /**
   * Takes one event. If it rejects, the act that the event tells of does not happen: nothing is handed out, and the
   * caller gets {@link UnavailableError} `audit_unavailable`. A sink that must not stop the service swallows its own failures.
   */
  record(event: DeviceTrustEvent): void | Promise<void>;
}
