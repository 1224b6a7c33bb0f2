// enrolment: imports core, contracts, x509.

import { systemClock } from '../core/clock.js';
import { createTierScale } from '../core/tier-scale.js';
import type { IssuanceAction } from '../contracts/policy.js';
import type { NewChallenge } from './challenge.js';
import { createEvidenceAppraisal } from './evidence-appraisal.js';
import { createGraceRules } from './grace-rules.js';
import { createIssuance } from './issuance.js';
import { createKeyHolders } from './key-holders.js';
import { createEventRecorder } from './event-recorder.js';
import type {
  EnrolledCertificate,
  EnrolmentOptions,
  EnrolRequest,
  RenewRequest,
} from './enrolment-options.js';

/** Evidence and CSR in, certificate out. */
export interface Enrolment {
  /** For how long after its end a certificate of this tier may still be renewed, in seconds. */
  graceSecondsOf(tier: string): number;

  /** Makes a challenge; writes nothing. */
  createChallenge(purpose: IssuanceAction): NewChallenge;

  /**
   * Gives a device its first certificate, or a new one after it lost the old one. A key that already belongs to a device
   * keeps the identity of that device, until the grace after its last certificate has passed.
   *
   * The same request again (same challenge, same key) gets the same certificate.
   *
   * @throws MalformedError `csr_malformed`, `csr_signature_invalid`, `csr_key_unsupported`, `challenge_malformed`,
   *   `evidence_provider_unknown`, `evidence_malformed`: the challenge is not used up
   * @throws RejectedError `challenge_invalid`, `challenge_expired`, `challenge_purpose_mismatch`, `challenge_used`,
   *   `evidence_rejected`, `policy_denied`, `key_blocked`, `key_in_use`, `device_suspended`, `device_banned`
   * @throws UnavailableError `provider_unavailable`, `provider_quota_exhausted`, `provider_misconfigured`,
   *   `policy_unavailable`, `store_unavailable`, `authority_unavailable`, `audit_unavailable`: the same request may be
   *   sent again
   */
  enroll(request: EnrolRequest): Promise<EnrolledCertificate>;

  /**
   * Gives a device that proved itself with its current certificate a new one, for the same or another key. The old one
   * works until the new one is first used. Errors as for {@link Enrolment.enroll}.
   */
  renew(request: RenewRequest): Promise<EnrolledCertificate>;
}

/** @throws ConfigurationError if an option is out of bounds, names no provider, or providers share a name */
export function createEnrolment(options: EnrolmentOptions): Enrolment {
  const { clock = systemClock, tiers = createTierScale() } = options;
  const { challenges, certificates, revocations, events } = options;
  const graceSecondsOf = createGraceRules(options, tiers);
  const appraisal = createEvidenceAppraisal(options);
  const holders = createKeyHolders({ certificates, revocations, graceSecondsOf });
  const recorder = createEventRecorder({ events });
  const issuance = createIssuance({ ...options, appraisal, tiers, recorder, holders });

  return {
    graceSecondsOf,
    createChallenge: (purpose) => challenges.create(purpose),

    enroll: (request) =>
      issuance.issue({
        ...request,
        action: 'enroll',
        now: clock.now(),
        findHolder: (publicKeySha256, { requestId }, now) =>
          holders.findByKey(publicKeySha256, requestId, now),
      }),

    renew: (request) =>
      issuance.issue({
        ...request,
        bootstrapCertificateSha256: null,
        action: 'renew',
        now: clock.now(),
        findHolder: (publicKeySha256, _challenge, now) =>
          holders.findByDevice(request.device.deviceId, publicKeySha256, now),
      }),
  };
}
