// integrity/huawei: imports core, x509 and this folder only.

import type { KeyObject } from 'node:crypto';
import { MalformedError, RejectedError } from '../../core/errors.js';
import type { ReasonCode } from '../../core/reason-code.js';
import { parseCertificate, type Certificate } from '../../x509/certificate.js';
import { verifyChain } from '../../x509/chain.js';
import type { UnverifiedHuaweiHeader } from './parse-huawei-token.js';
import type { HuaweiAlgorithm, TokenProfile } from './token-profile.js';

/** A kind of token that is accepted, with the anchors to accept it by. */
export interface AcceptedKind {
  readonly profile: TokenProfile;
  readonly algorithms: readonly HuaweiAlgorithm[];
  readonly anchors: readonly Certificate[];
}

/** A service of Huawei that may sign tokens. */
export interface VerifiedSigner {
  readonly profile: TokenProfile;
  readonly algorithm: HuaweiAlgorithm;
  readonly key: KeyObject;
  /** The time in which every certificate of the chain is valid, the anchor included. */
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * Verifies that the certificates in a token's header belong to the service that signs tokens of one of the accepted kinds.
 *
 * The kind follows from `alg` and, where two kinds share it, from the name in the leaf; never from the payload. The chain
 * must end at an anchor of that very kind: below the same roots Huawei also certifies devices and app developers, so that
 * every issuer must be a CA, and the leaf must not be one.
 *
 * @throws MalformedError `evidence_malformed` if an entry of `x5c` is not a certificate
 * @throws RejectedError `evidence_rejected` with `algorithm_refused`, `chain_length_refused`, `leaf_name_mismatch`,
 *   `key_refused`, `key_usage_refused`, or the reasons of {@link verifyChain}
 */
export function verifySigner(
  header: UnverifiedHuaweiHeader,
  accepted: readonly AcceptedKind[],
  now: Date,
): VerifiedSigner {
  const byAlgorithm = accepted.filter(({ algorithms }) =>
    algorithms.some((algorithm) => algorithm === header.alg),
  );
  const [first] = byAlgorithm;
  const algorithm = first?.algorithms.find((candidate) => candidate === header.alg);
  if (algorithm === undefined) throw rejected(['algorithm_refused']);

  // All kinds of one algorithm allow the same numbers; asked first, so that nobody makes us parse more than that.
  const byLength = byAlgorithm.filter(({ profile }) => isAllowedLength(header.x5c.length, profile));
  if (byLength.length === 0) throw rejected(['chain_length_refused']);

  const certificates = header.x5c.map((der) => orRefuse(() => parseCertificate(der)));
  const [leaf] = certificates;
  const kind = orRefuse(() => byLength.find(({ profile }) => leaf !== undefined && profile.isSigner(leaf)));
  if (leaf === undefined || kind === undefined) throw rejected(['leaf_name_mismatch']);

  if (leaf.publicKey.kind !== (algorithm === 'ES256' ? 'P-256' : 'RSA')) throw rejected(['key_refused']);
  if (leaf.extensions.keyUsage?.has('digitalSignature') === false) throw rejected(['key_usage_refused']);
  // The purpose is not asked: Huawei documents none, and the leaf seen in the field says TLS server and client.
  const { issuers, anchor } = orRefuse(() =>
    verifyChain({ certificates, anchors: kind.anchors, now, extendedKeyUsage: null }),
  );
  const path = [leaf, ...issuers, anchor];
  return {
    profile: kind.profile,
    algorithm,
    key: orRefuse(() => leaf.publicKey.keyObject()),
    notBefore: new Date(Math.max(...path.map(({ notBefore }) => notBefore.getTime()))),
    notAfter: new Date(Math.min(...path.map(({ notAfter }) => notAfter.getTime()))),
  };
}

function isAllowedLength(length: number, { certificates }: TokenProfile): boolean {
  return length >= certificates.least && length <= certificates.most;
}

/** Says in the words of evidence what is said in those of certificates. */
function orRefuse<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof RejectedError) throw rejected(cause.reasons, cause);
    throw new MalformedError('evidence_malformed', {
      message: 'an entry of x5c is not a certificate',
      cause,
    });
  }
}

function rejected(reasons: readonly ReasonCode[], cause?: unknown): RejectedError {
  return new RejectedError('evidence_rejected', {
    message: `the certificates of the SysIntegrity token are refused: ${reasons.join(', ')}`,
    reasons,
    cause,
  });
}
