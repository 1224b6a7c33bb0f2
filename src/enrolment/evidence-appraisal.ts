// enrolment: imports core, contracts, x509.

import { ConfigurationError, MalformedError } from '../core/errors.js';
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
  /** Verifies every piece; one that fails fails the request, with the error of its provider. */
  verify(request: AppraiseEvidenceRequest): Promise<readonly IntegrityVerdict[]>;
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
      for (const piece of evidence) {
        const expected: ExpectedBinding = challengeOnly.has(piece.provider)
          ? createChallengeOnlyBinding(challenge, publicKey)
          : createBinding(challenge, publicKey);
        const request: VerifyEvidenceRequest = { evidence: piece, expected, subject, now };
        verdicts.push(await findProvider(piece).verify(signal ? { ...request, signal } : request));
      }
      return verdicts;
    },
  };
}
