// contracts: imports core and contracts; types only.

import type { ClientAction } from '../core/client-action.js';
import type { ReasonCode } from '../core/reason-code.js';
import type { IntegrityVerdict } from './integrity-verdict.js';

/** What the client asks for: a first certificate (or recovery), or the renewal of one that it holds. */
export type IssuanceAction = 'enroll' | 'renew';

/** What the app says of the device. Claims only: log and count by them, never trust them. */
export interface ClaimedDevice {
  readonly platform?: string;
  readonly manufacturer?: string;
  readonly model?: string;
  readonly osVersion?: string;
  readonly appVersion?: string;
}

/** What one piece of evidence was worth, as it is kept with a certificate. */
export interface VerdictSummary {
  readonly provider: string;
  readonly kind: string;
  /** When the evidence was made, by the vendor's clock. */
  readonly issuedAt: Date;
  readonly deviceIntegrity: string;
  readonly appRecognition: string;
}

/** Evidence that stands behind the latest certificate of a device. */
export interface EarlierEvidence {
  /** When it was verified, by our clock. */
  readonly verifiedAt: Date;
  /** At least one. */
  readonly verdicts: readonly VerdictSummary[];
}

/** What would have been refused, if the rule or provider were not only observed. */
export interface ObservedRefusal {
  /** Which rule, provider or policy: `rule:<name>`, `provider:<name>`, `policy`. */
  readonly by: string;
  readonly reasons: readonly ReasonCode[];
}

/** What we know of a device from what we issued to it. */
export interface DeviceHistory {
  readonly deviceId: string;
  /** Tier of its latest certificate. */
  readonly tier: string;
  /** When its latest certificate was issued. */
  readonly lastIssuedAt: Date;
  /** When its latest certificate ends. */
  readonly notAfter: Date;
  /** `null` if its latest certificate was given without evidence, or for evidence that would not do if all were enforced. */
  readonly evidence: EarlierEvidence | null;
}

/** Everything a policy may look at. */
export interface PolicyContext {
  readonly action: IssuanceAction;
  /** One verdict for each piece of evidence, all verified; empty if the client sent none. */
  readonly verdicts: readonly IntegrityVerdict[];
  /** The device that the certificate will name; for a new one, the id that it is about to get. */
  readonly deviceId: string;
  /** `null` for a device that was never seen. */
  readonly history: DeviceHistory | null;
  /**
   * Whether the key of the request is the one that the latest certificate of the device is for. What earlier evidence said of
   * that key it does not say of another.
   */
  readonly sameKey: boolean;
  readonly claimed: ClaimedDevice;
  /** SHA-256 of the bootstrap certificate, lower-case hex; `null` if the request came over a device certificate. */
  readonly bootstrapCertificateSha256: string | null;
  readonly now: Date;
}

/** Allowed: a certificate of this tier, for this long. */
export interface AllowDecision {
  readonly outcome: 'allow';
  /** Name of a tier of the team's scale. */
  readonly tier: string;
  readonly lifetimeSeconds: number;
  /** Why, for the audit trail. */
  readonly reasons: readonly ReasonCode[];
  /**
   * What it rests on. `earlier`: on `history.evidence`, which then stands behind the new certificate too; only for a renewal with
   * the same key. Default: `request`, what the client sent.
   */
  readonly basis?: 'request' | 'earlier';
  /** Until when the device may renew without fresh evidence. Default: each renewal needs it. */
  readonly evidenceDueAt?: Date;
  /** What was only observed. Default: nothing. */
  readonly observed?: readonly ObservedRefusal[];
}

/** Denied. */
export interface DenyDecision {
  readonly outcome: 'deny';
  /** Why, for the audit trail: every rule that was not satisfied, never empty. */
  readonly reasons: readonly ReasonCode[];
  /** What the client should do next. */
  readonly action: ClientAction;
}

/** What a policy decided. */
export type Decision = AllowDecision | DenyDecision;

/** Turns what was proven into a decision. */
export interface Policy {
  /**
   * Decides. The outcomes:
   *
   * - **allow**, with tier, lifetime and reasons;
   * - **deny**, with reasons and what the client should do next;
   * - **could not find out** (a policy that asks a risk engine): throws {@link UnavailableError}; nothing is issued.
   *
   * Must not have side effects: it may be asked again for the same request.
   */
  evaluate(context: PolicyContext): Decision | Promise<Decision>;
}
