// integrity/play: imports core, contracts and this folder only.

import type { UnverifiedEvidence } from '../../contracts/evidence.js';
import type { IntegrityProvider, VerifyEvidenceRequest } from '../../contracts/integrity-provider.js';
import { decodeSha256 } from '../../core/bytes.js';
import { ConfigurationError, MalformedError } from '../../core/errors.js';
import { parsePlayIntegrityPayload } from './parse-play-integrity-payload.js';
import type { PlayIntegrityDecoder } from './play-integrity-decoder.js';
import { PLAY_INTEGRITY, type PlayIntegrityVerdict } from './play-integrity-verdict.js';
import {
  verifyPlayIntegrityPayload,
  type PlayIntegrityExpectation,
} from './verify-play-integrity-payload.js';

/** Options of {@link createPlayIntegrityProvider}. */
export interface PlayIntegrityProviderOptions {
  /** Application id of the app, such as `com.example.bank`. */
  readonly packageName: string;
  /**
   * SHA-256 of the certificates the app may be signed with, each as hex (with or without colons), base64 or base64url.
   * With Play App Signing this is the app signing key, not the upload key. At least one.
   */
  readonly certificateSha256: readonly string[];
  /** How tokens are decoded: `localDecryption(...)`, `googleDecode(...)`, or one with the other to fall back on. */
  readonly decode: PlayIntegrityDecoder;
  /** Lowest `versionCode` that counts. Default: any. */
  readonly minimumVersionCode?: number;
  /** How old a token may be, in seconds; 1 to 86,400. Default: 600. */
  readonly maxAgeSeconds?: number;
  /** How far the clock of Google may be ahead of ours, in seconds; 0 to 600. Default: 60. */
  readonly maxClockSkewSeconds?: number;
  /**
   * Accepts answers that somebody set for a test account in Play Console, whatever the device is. Default: false.
   *
   * @deprecated dangerous: whoever may change test answers in Play Console decides which devices are genuine. Never in
   * production.
   */
  readonly dangerouslyAcceptTestingResponses?: boolean;
}

/** Provider of Play Integrity evidence: its verdicts carry Google's own words. */
export interface PlayIntegrityProvider extends IntegrityProvider {
  readonly name: typeof PLAY_INTEGRITY;
  verify(request: VerifyEvidenceRequest): Promise<PlayIntegrityVerdict>;
}

/** The same options without the mark on the dangerous one, for the one place that has to read it. */
interface ProviderOptions extends Omit<PlayIntegrityProviderOptions, 'dangerouslyAcceptTestingResponses'> {
  readonly dangerouslyAcceptTestingResponses?: boolean;
}

const MAX_TOKEN_LENGTH = 16_384;

/**
 * Verifies Google Play Integrity tokens, of classic and of standard requests: evidence
 * `{ "provider": "play-integrity", "token": "..." }` (developer.android.com/google/play/integrity).
 *
 * The token must be bound to the request through `nonce` (base64url of the binding) or `requestHash` (the same text), name
 * the app by package and signing certificate, and be fresh. What Google thinks of the app and the device becomes the
 * verdict.
 *
 * Refusals: `evidence_malformed`; `evidence_rejected` with the reasons of the decoder or those of
 * `app_package_mismatch`, `binding_missing`, `binding_mismatch`, `evidence_too_old`, `evidence_from_future`,
 * `testing_response`, `app_certificate_mismatch`, `app_version_too_old`. Failures: those of the decoder.
 *
 * @throws ConfigurationError if an option is not as described
 */
export function createPlayIntegrityProvider(options: PlayIntegrityProviderOptions): PlayIntegrityProvider {
  const rules = checkOptions(options);
  const { decode } = options;
  return {
    name: PLAY_INTEGRITY,
    async verify({ evidence, expected, now, signal, subject }) {
      const token = parseToken(evidence);
      const payload = await decode.decode({
        token,
        packageName: rules.packageName,
        now,
        ...(signal && { signal }),
        ...(subject && { action: subject.action }),
      });
      return verifyPlayIntegrityPayload(parsePlayIntegrityPayload(payload), {
        ...rules,
        binding: expected.binding,
        now,
      });
    },
  };
}

function parseToken(evidence: UnverifiedEvidence): string {
  if (evidence.provider !== PLAY_INTEGRITY) {
    throw new MalformedError('evidence_malformed', { message: `the evidence is not of ${PLAY_INTEGRITY}` });
  }
  const token = evidence['token'];
  if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH || !/^[\x21-\x7e]+$/.test(token)) {
    throw new MalformedError('evidence_malformed', {
      message: `token must be a string of 1 to ${MAX_TOKEN_LENGTH} visible ASCII characters`,
    });
  }
  return token;
}

function checkOptions(options: ProviderOptions): Omit<PlayIntegrityExpectation, 'binding' | 'now'> {
  const {
    packageName,
    certificateSha256,
    minimumVersionCode,
    maxAgeSeconds = 600,
    maxClockSkewSeconds = 60,
  } = options;
  if (!/^[A-Za-z]\w*(\.[A-Za-z]\w*)+$/.test(packageName)) {
    throw new ConfigurationError('packageName', {
      message: 'must be an application id such as com.example.app',
    });
  }
  if (certificateSha256.length === 0) {
    throw new ConfigurationError('certificateSha256', { message: 'at least one digest is needed' });
  }
  if (
    minimumVersionCode !== undefined &&
    !(Number.isSafeInteger(minimumVersionCode) && minimumVersionCode >= 0)
  ) {
    throw new ConfigurationError('minimumVersionCode', { message: 'must be a whole number' });
  }
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
    minimumVersionCode: minimumVersionCode === undefined ? null : BigInt(minimumVersionCode),
    maxAgeSeconds,
    maxClockSkewSeconds,
    acceptTestingResponses: options.dangerouslyAcceptTestingResponses ?? false,
  };
}
