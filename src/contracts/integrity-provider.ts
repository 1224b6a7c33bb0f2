// contracts: imports core and contracts; types only.

import type { ExpectedBinding, UnverifiedEvidence } from './evidence.js';
import type { IntegrityVerdict } from './integrity-verdict.js';
import type { IssuanceAction } from './policy.js';

/** Whom evidence is to speak for. */
export interface EvidenceSubject {
  /** The device that the certificate will name; for a new one, the id that it is about to get. */
  readonly deviceId: string;
  readonly action: IssuanceAction;
}

/** What a provider is asked: is this evidence proof for this request, now? */
export interface VerifyEvidenceRequest {
  readonly evidence: UnverifiedEvidence;
  /** What the evidence must be bound to. There is no way to ask without it. */
  readonly expected: ExpectedBinding;
  /** The time to judge freshness and certificates by. */
  readonly now: Date;
  /** For providers that remember which key speaks for which device. Absent outside of an enrolment or renewal. */
  readonly subject?: EvidenceSubject;
  /** Aborts calls to the vendor when the client has gone or the time for the whole request is over. */
  readonly signal?: AbortSignal;
}

/**
 * Verifies the evidence of one vendor. Implement it to bring evidence of your own; nothing else has to change.
 */
export interface IntegrityProvider {
  /** The `provider` member of the evidence that this provider reads, such as `play-integrity`. */
  readonly name: string;

  /**
   * Verifies one piece of evidence. The outcomes:
   *
   * - **genuine, fresh, of the expected app, bound to this request**: resolves to what it says. A bad *opinion* of the
   *   vendor about the device (rooted, unrecognised) is such a verdict too: the policy judges it;
   * - **not in the wire format**: throws {@link MalformedError} `evidence_malformed`;
   * - **verified and no proof for this request** (forged, stale, replayed, other app, other binding): throws
   *   {@link RejectedError} `evidence_rejected` with `reasons`;
   * - **could not find out** (vendor down, over quota, our credentials refused): throws {@link UnavailableError}. It must
   *   never be possible to bring this about by choosing the evidence. Only `provider_unavailable` and
   *   `provider_quota_exhausted` may ever take an outage path, and only after a {@link VendorProbe} has confirmed it.
   */
  verify(request: VerifyEvidenceRequest): Promise<IntegrityVerdict>;
}
