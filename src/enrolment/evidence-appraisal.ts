// enrolment: imports core, contracts, x509.

import { setImmediate } from 'node:timers/promises';
import { assertPercent, isInShare } from '../core/device-share.js';
import {
  ConfigurationError,
  MalformedError,
  RejectedError,
  UnavailableError,
  type DeviceTrustError,
} from '../core/errors.js';
import type { ReasonCode } from '../core/reason-code.js';
import type { ExpectedBinding, UnverifiedEvidence } from '../contracts/evidence.js';
import type {
  EvidenceSubject,
  IntegrityProvider,
  VerifyEvidenceRequest,
} from '../contracts/integrity-provider.js';
import type { IntegrityVerdict } from '../contracts/integrity-verdict.js';
import type { ObservedRefusal } from '../contracts/policy.js';
import { createBinding, createChallengeOnlyBinding } from './binding.js';

/** Most pieces of evidence in one request: each may cost a call to a vendor. */
const MAX_EVIDENCE = 4;

/** What evidence is appraised with. */
export interface EvidenceAppraisalOptions {
  readonly providers: readonly IntegrityProvider[];
  /** Names of the providers whose evidence is bound to the challenge only. */
  readonly dangerouslyBindToChallengeOnly?: readonly string[];
  /** Which providers are tried out, by their names. */
  readonly observeProviders?: Readonly<Record<string, { readonly enforcePercent?: number }>>;
}

/** One request's evidence. */
export interface AppraiseEvidenceRequest {
  readonly evidence: readonly UnverifiedEvidence[];
  readonly challenge: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly subject: EvidenceSubject;
  readonly now: Date;
  readonly signal?: AbortSignal;
}

/** What the evidence of one request proved. */
export interface AppraisedEvidence {
  readonly verdicts: readonly IntegrityVerdict[];
  /** Those that nobody could judge; nothing may be issued as if they were not there. */
  readonly outages: readonly EvidenceOutage[];
  /** What would have been refused, if its provider were not only observed. */
  readonly observed: readonly ObservedRefusal[];
}

/** Verifies evidence with the provider it names. */
export interface EvidenceAppraisal {
  /**
   * Finds the provider of each piece, without asking any of them.
   *
   * @throws MalformedError `evidence_provider_unknown`; `evidence_malformed` if there are more than four pieces
   */
  assertKnown(evidence: readonly UnverifiedEvidence[]): void;
  /**
   * Verifies every piece. One that is malformed or refused fails the request, with the error of its provider, whatever became of
   * the others: no outage hides a no. If that provider is only observed for this device, the piece counts as not sent.
   */
  verify(request: AppraiseEvidenceRequest): Promise<AppraisedEvidence>;
}

/** A piece of evidence whose provider could not find out. */
export interface EvidenceOutage {
  readonly provider: string;
  readonly error: UnavailableError;
}

/** @throws ConfigurationError if two providers share a name, a name is not that of a provider, or a share is not one */
export function createEvidenceAppraisal(options: EvidenceAppraisalOptions): EvidenceAppraisal {
  const providers = new Map<string, IntegrityProvider>();
  for (const provider of options.providers) {
    if (providers.has(provider.name)) {
      throw new ConfigurationError('providers', { message: `two providers are called ${provider.name}` });
    }
    providers.set(provider.name, provider);
  }
  const challengeOnly = new Set(options.dangerouslyBindToChallengeOnly);
  for (const name of challengeOnly) assertProvider('dangerouslyBindToChallengeOnly', name);
  const enforcedPercent = new Map<string, number>();
  for (const [name, { enforcePercent = 0 }] of Object.entries(options.observeProviders ?? {})) {
    assertProvider('observeProviders', name);
    assertPercent(`observeProviders.${name}.enforcePercent`, enforcePercent);
    enforcedPercent.set(name, enforcePercent);
  }

  function assertProvider(option: string, name: string): void {
    if (!providers.has(name))
      throw new ConfigurationError(option, { message: `no provider is called ${name}` });
  }

  function findProvider(evidence: UnverifiedEvidence): IntegrityProvider {
    const provider = providers.get(evidence.provider);
    if (provider === undefined) {
      throw new MalformedError('evidence_provider_unknown', {
        message: 'the evidence names no provider of ours',
      });
    }
    return provider;
  }

  return {
    assertKnown(evidence) {
      if (evidence.length > MAX_EVIDENCE) {
        throw new MalformedError('evidence_malformed', {
          message: `more than ${MAX_EVIDENCE} pieces of evidence`,
        });
      }
      evidence.forEach(findProvider);
    },

    async verify(request) {
      const verdicts: IntegrityVerdict[] = [];
      const outages: EvidenceOutage[] = [];
      const observed: ObservedRefusal[] = [];
      for (const [index, piece] of request.evidence.entries()) {
        // Each piece may cost some signatures: others get their turn in between.
        if (index > 0) await setImmediate();
        try {
          verdicts.push(await verifyPiece(piece, request));
        } catch (error) {
          if (isObserved(error, piece, request)) {
            observed.push({ by: `provider:${piece.provider}`, reasons: reasonsOf(error) });
          } else if (error instanceof UnavailableError) {
            outages.push({ provider: piece.provider, error });
          } else {
            throw error;
          }
        }
      }
      return { verdicts, outages, observed };
    },
  };

  function verifyPiece(
    evidence: UnverifiedEvidence,
    { challenge, publicKey, subject, now, signal }: AppraiseEvidenceRequest,
  ): Promise<IntegrityVerdict> {
    const expected: ExpectedBinding = challengeOnly.has(evidence.provider)
      ? createChallengeOnlyBinding(challenge, publicKey)
      : createBinding(challenge, publicKey);
    const request: VerifyEvidenceRequest = { evidence, expected, subject, now };
    return findProvider(evidence).verify(signal ? { ...request, signal } : request);
  }

  /** Whether a refusal is only observed for this device. A bug is no refusal, nor is a client that has gone. */
  function isObserved(
    error: unknown,
    { provider }: UnverifiedEvidence,
    { subject, signal }: AppraiseEvidenceRequest,
  ): error is DeviceTrustError {
    const percent = enforcedPercent.get(provider) ?? 100;
    return (
      !isInShare(subject.deviceId, percent, `provider:${provider}`) &&
      signal?.aborted !== true &&
      isRefusal(error)
    );
  }
}

function isRefusal(error: unknown): error is DeviceTrustError {
  return (
    error instanceof MalformedError || error instanceof RejectedError || error instanceof UnavailableError
  );
}

function reasonsOf(error: DeviceTrustError): readonly ReasonCode[] {
  return error instanceof RejectedError && error.reasons.length > 0 ? error.reasons : [error.code];
}
