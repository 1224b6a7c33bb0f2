// integrity/huawei: imports core, contracts, x509 and this folder only.

import type { UnverifiedEvidence } from '../../contracts/evidence.js';
import type { IntegrityProvider, VerifyEvidenceRequest } from '../../contracts/integrity-provider.js';
import { decodeSha256 } from '../../core/bytes.js';
import { ConfigurationError, MalformedError } from '../../core/errors.js';
import {
  HUAWEI_SYSINTEGRITY,
  type HuaweiSysIntegrityVerdict,
  type HuaweiTokenKind,
} from './huawei-sysintegrity-verdict.js';
import { parseHuaweiHeader, parseHuaweiToken } from './parse-huawei-token.js';
import { parseRoots } from '../../x509/parse-roots.js';
import { createSignerCache } from './signer-cache.js';
import { tokenProfiles, type TokenProfile } from './token-profile.js';
import { verifyHuaweiPayload, type HuaweiExpectation } from './verify-huawei-payload.js';
import { verifySigner, type AcceptedKind } from './verify-signer.js';
import { verifyTokenSignature } from './verify-token-signature.js';

/** Options of {@link createHuaweiSysIntegrityProvider}. */
export interface HuaweiSysIntegrityProviderOptions {
  /** Package name of the Android app, bundle name of the HarmonyOS app; one provider for each if they differ. */
  readonly packageName: string;
  /**
   * SHA-256 of the certificates the app may be signed with, each as hex (with or without colons), base64 or base64url.
   * At least one.
   */
  readonly certificateSha256: readonly string[];
  /**
   * App id in AppGallery Connect. HarmonyOS tokens must name it. An HMS Core token must not name another; old ones name
   * none. May be left out only if `kinds` is `['hms']`; it is then not asked for.
   */
  readonly appId?: string;
  /** Kinds of tokens to accept. Default: all three. */
  readonly kinds?: readonly HuaweiTokenKind[];
  /**
   * Algorithms to accept from HMS Core, where the app chooses one (`setAlg`). Name the one that your app asks for.
   * Default: both.
   */
  readonly hmsAlgorithms?: readonly ('RS256' | 'PS256')[];
  /** Trust anchors for a kind, as PEM, instead of the pinned roots of Huawei. Default: the pinned roots. */
  readonly roots?: Readonly<Partial<Record<HuaweiTokenKind, readonly string[]>>>;
  /** How old a token may be, in seconds; 1 to 86,400. Huawei names no limit. Default: 600. */
  readonly maxAgeSeconds?: number;
  /** How far the clock of Huawei may be ahead of ours, in seconds; 0 to 600. Default: 60. */
  readonly maxClockSkewSeconds?: number;
}

/** Provider of SysIntegrity evidence: its verdicts carry Huawei's own words. */
export interface HuaweiSysIntegrityProvider extends IntegrityProvider {
  readonly name: typeof HUAWEI_SYSINTEGRITY;
  verify(request: VerifyEvidenceRequest): Promise<HuaweiSysIntegrityVerdict>;
}

/**
 * Verifies Huawei SysIntegrity tokens of all three kinds, without asking Huawei: evidence
 * `{ "provider": "huawei-sysintegrity", "token": "..." }`.
 *
 * The token must be signed by Huawei's service for its kind, carry base64 of the binding as `nonce`, name the app by
 * package, signing certificate and app id, and be fresh. Its one boolean becomes the verdict: false is `failed`; true is
 * `basic`, or `device` for an enhanced token.
 *
 * Refusals: `evidence_malformed`; `evidence_rejected` with `algorithm_refused`, `chain_length_refused`,
 * `leaf_name_mismatch`, `key_refused`, `key_usage_refused`, the reasons of a certificate chain, `signature_invalid`,
 * `binding_missing`, `binding_mismatch`, `evidence_too_old`, `evidence_from_future`, `app_package_mismatch`,
 * `app_certificate_mismatch`, `app_id_mismatch`. There are no failures: nobody is asked.
 *
 * @throws ConfigurationError if an option is not as described
 */
export function createHuaweiSysIntegrityProvider(
  options: HuaweiSysIntegrityProviderOptions,
): HuaweiSysIntegrityProvider {
  const rules = checkRules(options);
  const accepted = checkKinds(options);
  const signers = createSignerCache();
  return {
    name: HUAWEI_SYSINTEGRITY,
    async verify({ evidence, expected, now }) {
      const token = parseHuaweiToken(readToken(evidence));
      const signer =
        signers.find(token.header, now) ?? verifySigner(parseHuaweiHeader(token.header), accepted, now);
      verifyTokenSignature(token, signer);
      signers.remember(token.header, signer);
      const { profile } = signer;
      return verifyHuaweiPayload(profile.parsePayload(token.payload), profile, {
        ...rules,
        binding: expected.binding,
        now,
      });
    },
  };
}

function readToken(evidence: UnverifiedEvidence): unknown {
  if (evidence.provider === HUAWEI_SYSINTEGRITY) return evidence['token'];
  throw new MalformedError('evidence_malformed', {
    message: `the evidence is not of ${HUAWEI_SYSINTEGRITY}`,
  });
}

function checkRules(options: HuaweiSysIntegrityProviderOptions): Omit<HuaweiExpectation, 'binding' | 'now'> {
  const {
    packageName,
    certificateSha256,
    appId = null,
    maxAgeSeconds = 600,
    maxClockSkewSeconds = 60,
  } = options;
  if (!/^[A-Za-z]\w*(\.[A-Za-z]\w*)+$/.test(packageName)) {
    throw new ConfigurationError('packageName', { message: 'must be a name such as com.example.app' });
  }
  if (certificateSha256.length === 0) {
    throw new ConfigurationError('certificateSha256', { message: 'at least one digest is needed' });
  }
  if (appId === '') throw new ConfigurationError('appId', { message: 'must not be empty' });
  if (!(maxAgeSeconds >= 1 && maxAgeSeconds <= 86_400)) {
    throw new ConfigurationError('maxAgeSeconds', { message: 'must be 1 to 86400' });
  }
  if (!(maxClockSkewSeconds >= 0 && maxClockSkewSeconds <= 600)) {
    throw new ConfigurationError('maxClockSkewSeconds', { message: 'must be 0 to 600' });
  }
  return {
    packageName,
    certificateSha256: certificateSha256.map((text, index) => {
      const digest = decodeSha256(text);
      if (digest) return digest;
      throw new ConfigurationError(`certificateSha256[${index}]`, {
        message: 'must be 32 bytes in hex or base64',
      });
    }),
    appId,
    maxAgeSeconds,
    maxClockSkewSeconds,
  };
}

function checkKinds(options: HuaweiSysIntegrityProviderOptions): readonly AcceptedKind[] {
  const { appId, kinds = tokenProfiles.map(({ kind }) => kind), hmsAlgorithms } = options;
  const profiles = tokenProfiles.filter(({ kind }) => kinds.includes(kind));
  if (profiles.length === 0 || profiles.length !== new Set(kinds).size) {
    throw new ConfigurationError('kinds', { message: 'must name at least one kind, and known kinds only' });
  }
  if (appId === undefined && profiles.some(({ alwaysNamesAppId }) => alwaysNamesAppId)) {
    throw new ConfigurationError('appId', { message: 'is needed for HarmonyOS tokens' });
  }
  return profiles.map((profile) => ({
    profile,
    algorithms: profile.kind === 'hms' ? checkHmsAlgorithms(profile, hmsAlgorithms) : profile.algorithms,
    anchors: parseRoots(`roots.${profile.kind}`, options.roots?.[profile.kind] ?? profile.roots),
  }));
}

function checkHmsAlgorithms(
  profile: TokenProfile,
  algorithms: HuaweiSysIntegrityProviderOptions['hmsAlgorithms'],
): AcceptedKind['algorithms'] {
  const chosen = algorithms ?? profile.algorithms;
  if (chosen.length === 0 || !chosen.every((algorithm) => profile.algorithms.includes(algorithm))) {
    throw new ConfigurationError('hmsAlgorithms', { message: 'must be RS256, PS256 or both' });
  }
  return chosen;
}
