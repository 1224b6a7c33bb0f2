// integrity/huawei: imports core, contracts and this folder only.

import { decodeSha256, encodeBase64, encodeHex, equalBytes } from '../../core/bytes.js';
import { RejectedError } from '../../core/errors.js';
import type { KnownReasonCode } from '../../core/reason-code.js';
import {
  HUAWEI_SYSINTEGRITY,
  type HuaweiSysIntegrityPayload,
  type HuaweiSysIntegrityVerdict,
} from './huawei-sysintegrity-verdict.js';
import type { TokenProfile } from './token-profile.js';

/** What a payload must say to be proof for a request. */
export interface HuaweiExpectation {
  readonly packageName: string;
  /** SHA-256 digests, 32 bytes each: the app must be signed with one of these certificates. */
  readonly certificateSha256: readonly Uint8Array[];
  /** `null`: any. */
  readonly appId: string | null;
  readonly maxAgeSeconds: number;
  readonly maxClockSkewSeconds: number;
  /** The 32 bytes the token must be bound to. */
  readonly binding: Uint8Array;
  readonly now: Date;
}

/**
 * Judges an authentic payload. Pure.
 *
 * What is *proof* is checked here: made by our app, now, for this binding. What Huawei thinks of the device becomes part of
 * the verdict. Only `basicIntegrity` decides that: an absent `detail` means nothing.
 *
 * @throws RejectedError `evidence_rejected` with every check that failed, in the order of the checks: `binding_missing`,
 *   `binding_mismatch`, `evidence_too_old`, `evidence_from_future`, `app_package_mismatch`, `app_certificate_mismatch`,
 *   `app_id_mismatch`
 */
export function verifyHuaweiPayload(
  payload: HuaweiSysIntegrityPayload,
  profile: Pick<TokenProfile, 'kind' | 'alwaysNamesAppId' | 'integrityIfTrue'>,
  expected: HuaweiExpectation,
): HuaweiSysIntegrityVerdict {
  const digests = payload.certificateSha256.map(decodeSha256).filter((digest) => digest !== null);
  const reasons = [...findReasons(payload, digests, profile, expected)];
  if (reasons.length > 0) {
    throw new RejectedError('evidence_rejected', {
      message: `the SysIntegrity token is no proof for this request: ${reasons.join(', ')}`,
      reasons,
    });
  }
  return {
    provider: HUAWEI_SYSINTEGRITY,
    kind: profile.kind,
    issuedAt: new Date(payload.timestampMillis),
    app: {
      packageName: payload.packageName,
      certificateSha256: digests.map(encodeHex),
      version: null,
      recognition: 'recognized', // by package and signing certificate, which have just been compared
      licensing: 'unevaluated',
    },
    device: {
      integrity: payload.basicIntegrity ? profile.integrityIfTrue : 'failed',
      labels: payload.detail,
    },
    details: payload,
  };
}

function* findReasons(
  payload: HuaweiSysIntegrityPayload,
  digests: readonly Uint8Array[],
  profile: Pick<TokenProfile, 'alwaysNamesAppId'>,
  expected: HuaweiExpectation,
): Generator<KnownReasonCode> {
  if (payload.nonce === null) yield 'binding_missing';
  else if (!isBoundTo(payload.nonce, expected.binding)) yield 'binding_mismatch';

  const ageMillis = expected.now.getTime() - payload.timestampMillis;
  if (!(ageMillis <= expected.maxAgeSeconds * 1000)) yield 'evidence_too_old';
  if (!(-ageMillis <= expected.maxClockSkewSeconds * 1000)) yield 'evidence_from_future';

  if (payload.packageName !== expected.packageName) yield 'app_package_mismatch';

  const ours = digests.some((digest) => expected.certificateSha256.some((own) => equalBytes(own, digest)));
  if (!ours) yield 'app_certificate_mismatch';

  // An old HMS Core token names no app id: package and certificate have to do.
  const namesAppId = payload.appId !== null || profile.alwaysNamesAppId;
  if (expected.appId !== null && namesAppId && payload.appId !== expected.appId) yield 'app_id_mismatch';
}

/**
 * The same text for all kinds. HMS Core is given the 32 bytes and answers padded base64 of them; HarmonyOS is given that
 * base64 and answers it as it came. An app that gives HMS Core the text gets it encoded twice, and is refused.
 */
function isBoundTo(nonce: string, binding: Uint8Array): boolean {
  return equalBytes(Buffer.from(nonce), Buffer.from(encodeBase64(binding)));
}
