// enrolment: imports core, contracts, x509.

import { RejectedError, UnavailableError } from '../core/errors.js';
import { MAX_LIFETIME_SECONDS, type TierScale } from '../core/tier-scale.js';
import type { CertificateRecord } from '../contracts/certificate-store.js';
import type { IssuanceAction } from '../contracts/policy.js';
import {
  decodeCertificationRequest,
  parseCertificationRequest,
  verifyCertificationRequest,
} from '../x509/certification-request.js';
import type { VerifiedChallenge } from './challenge.js';
import type { EnrolledCertificate, EnrolmentOptions, EnrolRequest } from './enrolment-options.js';
import { summarizeRequest } from './appraisal-summary.js';
import type { EvidenceAppraisal } from './evidence-appraisal.js';
import type { KeyHolder, KeyHolders } from './key-holders.js';
import type { EventRecorder } from './event-recorder.js';
import { createIssuanceDecision } from './issuance-decision.js';
import { usualRenewalWindow } from './renewal-window.js';

/** An enrolment or renewal, told apart only by its action and by whom the certificate will name. */
export interface IssueRequest extends EnrolRequest {
  readonly action: IssuanceAction;
  readonly now: Date;
  /** Says which device the certificate will name; throws if that device or the key may not have one. */
  readonly findHolder: (
    publicKeySha256: string,
    challenge: Pick<VerifiedChallenge, 'requestId'>,
    now: Date,
  ) => Promise<KeyHolder>;
}

export interface Issuance {
  issue(request: IssueRequest): Promise<EnrolledCertificate>;
}

export interface IssuanceOptions extends EnrolmentOptions {
  readonly appraisal: EvidenceAppraisal;
  readonly tiers: TierScale;
  readonly recorder: EventRecorder;
  readonly holders: Pick<KeyHolders, 'assertAllowed'>;
}

/** Holder of a challenge whose request was refused: no key ever has this name. */
const REFUSED = 'refused';

/** The one path by which certificates come to be. */
export function createIssuance(options: IssuanceOptions): Issuance {
  const { challenges, appraisal, authority, certificates, replays, recorder, holders } = options;
  const decide = createIssuanceDecision(options);

  return {
    async issue(request) {
      const { publicKey } = verifyCertificationRequest(
        parseCertificationRequest(decodeCertificationRequest(request.csr)),
      );
      const key: RequestedKey = { publicKey: publicKey.spki, publicKeySha256: publicKey.sha256 };
      const challenge = challenges.verify(request.challenge, request.action);
      appraisal.assertKnown(request.evidence);
      await admit(request, key);
      const progress: Progress = { deviceId: null, appraisal: null };
      try {
        const earlier = await certificates.find({ by: 'request', requestId: challenge.requestId });
        const record = earlier
          ? resume(earlier, key)
          : await decideAndRecord(request, challenge, key, progress);
        return describe(await sign(record));
      } catch (error) {
        await recorder.recordRefusal(error, {
          at: request.now,
          action: request.action,
          publicKeySha256: key.publicKeySha256,
          ...progress,
        });
        throw error;
      }
    },
  };

  async function admit(request: IssueRequest, { publicKeySha256 }: RequestedKey): Promise<void> {
    const { action, bootstrapCertificateSha256, now } = request;
    const endpoint = action === 'enroll' ? 'certificates' : 'renewals';
    const subject = {
      endpoint,
      address: null,
      bootstrapCertificateSha256,
      deviceId: null,
      publicKeySha256,
    } as const;
    await options.limiter?.admit(subject, now);
  }

  /** A lost answer, or a crash in the middle: the decision stands. */
  function resume(earlier: CertificateRecord, key: RequestedKey): CertificateRecord {
    if (earlier.publicKeySha256 !== key.publicKeySha256) throw challengeUsed();
    return earlier;
  }

  async function decideAndRecord(
    request: IssueRequest,
    challenge: VerifiedChallenge,
    key: RequestedKey,
    progress: Progress,
  ): Promise<CertificateRecord> {
    const { action, now } = request;
    challenges.verifyUnexpired(challenge, now);
    const holder = await request.findHolder(key.publicKeySha256, challenge, now);
    progress.deviceId = holder.history ? holder.deviceId : null;

    const { decision, tier, appraised } = await judge(request, challenge, key, holder, progress);
    const prepared = await authority.prepare({
      publicKey: key.publicKey,
      deviceId: holder.deviceId,
      policyOid: tier.oid,
      lifetimeSeconds: Math.min(decision.lifetimeSeconds, MAX_LIFETIME_SECONDS),
      now,
    });

    await consume(challenge, key.publicKeySha256, now);
    const intent = {
      ...prepared,
      tier: tier.name,
      action,
      requestId: challenge.requestId,
      appraisal: appraised,
      enrolledAt: holder.origin?.enrolledAt ?? now,
      bootstrapCertificateSha256: holder.origin
        ? holder.origin.bootstrapCertificateSha256
        : request.bootstrapCertificateSha256,
      intendedAt: now,
    };
    const recorded = await certificates.recordIntent(intent, { keyHeldFrom: holder.keyHeldFrom });
    if (recorded.outcome === 'key_in_use') {
      throw new RejectedError('key_in_use', { message: 'the key belongs to another device' });
    }
    if (recorded.outcome === 'request_exists') return resume(recorded.record, key);
    return { ...intent, certificate: null, issuedAt: null, firstUsedAt: null, supersededAt: null };
  }

  /** Evidence, then policy. A refusal uses the challenge up; an outage does not. */
  async function judge(
    request: IssueRequest,
    challenge: VerifiedChallenge,
    key: RequestedKey,
    holder: KeyHolder,
    progress: Progress,
  ) {
    const { evidence, action, now, claimed = {}, bootstrapCertificateSha256, signal } = request;
    try {
      const { verdicts, outages, observed } = await appraisal.verify({
        evidence,
        challenge: challenge.bytes,
        publicKey: key.publicKey,
        subject: { deviceId: holder.deviceId, action },
        now,
        ...(signal ? { signal } : {}),
      });
      const context = {
        action,
        verdicts,
        deviceId: holder.deviceId,
        history: holder.history,
        sameKey: holder.lastKeySha256 === key.publicKeySha256,
        claimed,
        bootstrapCertificateSha256,
        now,
      };
      progress.appraisal = summarizeRequest(context, observed);
      return await decide({ context, outages, observed, ...(signal ? { signal } : {}) });
    } catch (error) {
      if (error instanceof RejectedError) await consume(challenge, REFUSED, now);
      throw error;
    }
  }

  async function consume(challenge: VerifiedChallenge, holder: string, now: Date): Promise<void> {
    const { requestId, expiresAt } = challenge;
    const result = await replays.consume({ id: `challenge:${requestId}`, holder, expiresAt, now });
    // The same key again is the same request: a crash or a lost answer came between.
    if (result.outcome === 'already_consumed' && result.holder !== holder) throw challengeUsed();
  }

  /**
   * Signs an intent that has no certificate yet, unless the device was revoked since. Asked once the intent is recorded: who
   * revokes a device writes that down first and then looks for its certificates, so that one of the two sees the other.
   */
  async function sign(record: CertificateRecord): Promise<SignedRecord> {
    if (isSigned(record)) return record;
    await holders.assertAllowed(record.deviceId, record.publicKeySha256);
    await recorder.record({
      type: 'certificate_issued',
      at: record.intendedAt,
      action: record.action,
      deviceId: record.deviceId,
      issuerId: record.issuerId,
      serialNumber: record.serialNumber,
      publicKeySha256: record.publicKeySha256,
      tier: record.tier,
      notAfter: record.notAfter,
      appraisal: record.appraisal,
    });
    const { certificate } = await authority.issue(record);
    const stored = await certificates.recordIssued(record, { certificate, issuedAt: record.intendedAt });
    if (stored === null || !isSigned(stored)) {
      throw new UnavailableError('store_unavailable', { message: 'the store lost an intent' });
    }
    return stored;
  }

  function describe(record: SignedRecord): EnrolledCertificate {
    const issuer = authority.issuers.find(({ issuerId }) => issuerId === record.issuerId);
    if (issuer === undefined) {
      throw new UnavailableError('authority_unavailable', {
        message: 'the issuing CA is no longer configured',
      });
    }
    return {
      deviceId: record.deviceId,
      tier: record.tier,
      issuerId: record.issuerId,
      serialNumber: record.serialNumber,
      certificate: record.certificate,
      chain: [issuer.certificate, ...issuer.chain],
      notBefore: record.notBefore,
      notAfter: record.notAfter,
      renewal: usualRenewalWindow(record),
      evidenceDueAt: record.appraisal.evidenceDueAt,
    };
  }
}

interface RequestedKey {
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly publicKeySha256: string;
}

/** What is known of a request when it is refused. */
interface Progress {
  deviceId: string | null;
  appraisal: CertificateRecord['appraisal'] | null;
}

type SignedRecord = CertificateRecord & { readonly certificate: Uint8Array };

function isSigned(record: CertificateRecord): record is SignedRecord {
  return record.certificate !== null;
}

function challengeUsed(): RejectedError {
  return new RejectedError('challenge_used', { message: 'the challenge has been used by another request' });
}
