// enrolment: imports core, contracts, x509.

import { ConfigurationError, MalformedError, UnavailableError } from '../core/errors.js';
import type { ExpectedBinding, UnverifiedEvidence } from '../contracts/evidence.js';
import type {
  EvidenceSubject,
  IntegrityProvider,
  VerifyEvidenceRequest,
} from '../contracts/integrity-provider.js';
import type { IntegrityVerdict } from '../contracts/integrity-verdict.js';
import { createBinding, createChallengeOnlyBinding } from './binding.js';

/** Most pieces of evidence in one request: each may cost a call to a vendor. */
const MAX_EVIDENCE = 4;

/** What evidence is appraised with. */
export interface EvidenceAppraisalOptions {
  readonly providers: readonly IntegrityProvider[];
  /** Names of the providers whose evidence is bound to the challenge only. */
  readonly dangerouslyBindToChallengeOnly?: readonly string[];
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
   * the others: no outage hides a no.
   */
  verify(request: AppraiseEvidenceRequest): Promise<AppraisedEvidence>;
}

/** What came of the evidence of one request. */
export interface AppraisedEvidence {
  readonly verdicts: readonly IntegrityVerdict[];
  /** Those that nobody could judge; nothing may be issued as if they were not there. */
  readonly outages: readonly EvidenceOutage[];
}

/** A piece of evidence whose provider could not find out. */
export interface EvidenceOutage {
  readonly provider: string;
  readonly error: UnavailableError;
}

/** @throws ConfigurationError if two providers share a name, or a name is not that of a provider */
export function createEvidenceAppraisal(options: EvidenceAppraisalOptions): EvidenceAppraisal {
  const providers = new Map<string, IntegrityProvider>();
  for (const provider of options.providers) {
    if (providers.has(provider.name)) {
      throw new ConfigurationError('providers', { message: `two providers are called ${provider.name}` });
    }
    providers.set(provider.name, provider);
  }
  const challengeOnly = new Set(options.dangerouslyBindToChallengeOnly);
  for (const name of challengeOnly) {
    if (!providers.has(name)) {
      throw new ConfigurationError('dangerouslyBindToChallengeOnly', {
        message: `no provider is called ${name}`,
      });
    }
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

    async verify({ evidence, challenge, publicKey, subject, now, signal }) {
      const verdicts: IntegrityVerdict[] = [];
      const outages: EvidenceOutage[] = [];
      for (const piece of evidence) {
        const expected: ExpectedBinding = challengeOnly.has(piece.provider)
          ? createChallengeOnlyBinding(challenge, publicKey)
          : createBinding(challenge, publicKey);
        const request: VerifyEvidenceRequest = { evidence: piece, expected, subject, now };
        try {
          verdicts.push(await findProvider(piece).verify(signal ? { ...request, signal } : request));
        } catch (error) {
          if (!(error instanceof UnavailableError)) throw error;
          outages.push({ provider: piece.provider, error });
        }
      }
      return { verdicts, outages };
    },
  };
}
