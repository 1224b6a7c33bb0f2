// integrity/play: imports core, contracts and this folder only.

import type { AppLicensing, AppRecognition, DeviceIntegrity } from '../../contracts/integrity-verdict.js';
import { decodeBase64, decodeSha256, encodeBase64Url, encodeHex, equalBytes } from '../../core/bytes.js';
import { RejectedError } from '../../core/errors.js';
import type { KnownReasonCode } from '../../core/reason-code.js';
import type { PlayIntegrityPayload } from './play-integrity-payload.js';
import { PLAY_INTEGRITY, type PlayIntegrityVerdict } from './play-integrity-verdict.js';

/** What a payload must say to be proof for a request. */
export interface PlayIntegrityExpectation {
  readonly packageName: string;
  /** SHA-256 digests, 32 bytes each: the app must be signed with one of these certificates. */
  readonly certificateSha256: readonly Uint8Array[];
  /** `null`: any version. */
  readonly minimumVersionCode: bigint | null;
  readonly maxAgeSeconds: number;
  readonly maxClockSkewSeconds: number;
  readonly acceptTestingResponses: boolean;
  /** The 32 bytes the token must be bound to. */
  readonly binding: Uint8Array;
  readonly now: Date;
}

/**
 * Judges an authentic payload, in the order that Google demands: the request first, then the app, then the device and
 * the account (developer.android.com/google/play/integrity/verdicts). Pure.
 *
 * What is *proof* is checked here: the request was made by our app, now, for this binding. What is *opinion* (app not
 * recognised, no integrity level met) becomes part of the verdict, for the policy to judge.
 *
 * @throws RejectedError `evidence_rejected` with every check that failed, in the order of the checks:
 *   `app_package_mismatch`, `binding_missing`, `binding_mismatch`, `evidence_too_old`, `evidence_from_future`,
 *   `testing_response`, `app_certificate_mismatch`, `app_version_too_old`
 */
export function verifyPlayIntegrityPayload(
  payload: PlayIntegrityPayload,
  expected: PlayIntegrityExpectation,
): PlayIntegrityVerdict {
  const reasons = new Set([...findRequestReasons(payload, expected), ...findAppReasons(payload, expected)]);
  if (reasons.size > 0) {
    throw new RejectedError('evidence_rejected', {
      message: `the Play Integrity token is no proof for this request: ${[...reasons].join(', ')}`,
      reasons: [...reasons],
    });
  }
  const { requestDetails, appIntegrity, deviceIntegrity, accountDetails } = payload;
  return {
    provider: PLAY_INTEGRITY,
    kind: requestDetails.requestHash === null ? 'classic' : 'standard',
    issuedAt: new Date(requestDetails.timestampMillis),
    app: {
      packageName: appIntegrity.packageName,
      certificateSha256: decodeDigests(appIntegrity.certificateSha256Digest).map(encodeHex),
      version: appIntegrity.versionCode,
      recognition: readRecognition(appIntegrity.appRecognitionVerdict),
      licensing: readLicensing(accountDetails.appLicensingVerdict),
    },
    device: {
      integrity: readDeviceIntegrity(deviceIntegrity.deviceRecognitionVerdict),
      labels: deviceIntegrity.deviceRecognitionVerdict,
    },
    details: payload,
  };
}

function* findRequestReasons(
  { requestDetails, testingDetails }: PlayIntegrityPayload,
  expected: PlayIntegrityExpectation,
): Generator<KnownReasonCode> {
  if (requestDetails.requestPackageName !== expected.packageName) yield 'app_package_mismatch';

  if (requestDetails.nonce === null && requestDetails.requestHash === null) yield 'binding_missing';
  else if (!isBoundTo(requestDetails, expected.binding)) yield 'binding_mismatch';

  const ageMillis = expected.now.getTime() - requestDetails.timestampMillis;
  if (!(ageMillis <= expected.maxAgeSeconds * 1000)) yield 'evidence_too_old';
  if (!(-ageMillis <= expected.maxClockSkewSeconds * 1000)) yield 'evidence_from_future';

  if (testingDetails.isTestingResponse && !expected.acceptTestingResponses) yield 'testing_response';
}

/**
 * `nonce` must be base64 of the binding: apps write it with and without padding, so the bytes are compared.
 * `requestHash` has no encoding of its own and is compared as text.
 */
function isBoundTo(request: PlayIntegrityPayload['requestDetails'], binding: Uint8Array): boolean {
  if (request.nonce !== null) return equalBytes(decodeBase64(request.nonce) ?? new Uint8Array(), binding);
  return equalBytes(Buffer.from(request.requestHash ?? ''), Buffer.from(encodeBase64Url(binding)));
}

/**
 * Google leaves the app's identity out only if it did not evaluate the app; the verdict then says `unevaluated`, which is
 * never good news. Wherever there is an identity, or should be one, it must be that of our app.
 */
function* findAppReasons(
  { appIntegrity }: PlayIntegrityPayload,
  expected: PlayIntegrityExpectation,
): Generator<KnownReasonCode> {
  const evaluated = readRecognition(appIntegrity.appRecognitionVerdict) !== 'unevaluated';
  const { packageName, certificateSha256Digest, versionCode } = appIntegrity;

  if (packageName !== expected.packageName && (evaluated || packageName !== null))
    yield 'app_package_mismatch';

  if (evaluated || certificateSha256Digest.length > 0) {
    const digests = decodeDigests(certificateSha256Digest);
    const ours = digests.some((digest) => expected.certificateSha256.some((own) => equalBytes(own, digest)));
    if (!ours) yield 'app_certificate_mismatch';
  }

  if (expected.minimumVersionCode !== null && (evaluated || versionCode !== null)) {
    if (versionCode === null || BigInt(versionCode) < expected.minimumVersionCode)
      yield 'app_version_too_old';
  }
}

function decodeDigests(digests: readonly string[]): readonly Uint8Array[] {
  return digests.map(decodeSha256).filter((digest) => digest !== null);
}

function readRecognition(
  verdict: PlayIntegrityPayload['appIntegrity']['appRecognitionVerdict'],
): AppRecognition {
  if (verdict === 'PLAY_RECOGNIZED') return 'recognized';
  return verdict === 'UNRECOGNIZED_VERSION' ? 'unrecognized' : 'unevaluated';
}

function readLicensing(verdict: PlayIntegrityPayload['accountDetails']['appLicensingVerdict']): AppLicensing {
  if (verdict === 'LICENSED') return 'licensed';
  return verdict === 'UNLICENSED' ? 'unlicensed' : 'unevaluated';
}

/**
 * The strongest level that is met; none is `failed`.
 *
 * `unevaluated` is never given: Google answers a compromised device, a replayed standard token and a device that could
 * not be asked with the same absence of labels, and the milder reading would be the attacker's. A policy that wants to
 * offer a new try looks at `app.recognition`, which is `unevaluated` in those cases.
 *
 * `MEETS_VIRTUAL_INTEGRITY` alone is `failed` too: it is an emulator, and a key in its keystore is not in hardware. A
 * team that ships to Google Play Games on PC writes a rule over `labels`.
 */
function readDeviceIntegrity(labels: readonly string[]): DeviceIntegrity {
  if (labels.includes('MEETS_STRONG_INTEGRITY')) return 'strong';
  if (labels.includes('MEETS_DEVICE_INTEGRITY')) return 'device';
  return labels.includes('MEETS_BASIC_INTEGRITY') ? 'basic' : 'failed';
}
