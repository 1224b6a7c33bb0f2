// integrity/android: imports core, contracts, x509 and this folder only.

import type { IntegrityProvider, VerifyEvidenceRequest } from '../../contracts/integrity-provider.js';
import { assertWholeNumber } from '../../core/assert-option.js';
import { decodeSha256, encodeHex, equalBytes } from '../../core/bytes.js';
import { ConfigurationError, MalformedError, RejectedError, UnavailableError } from '../../core/errors.js';
import type { ReasonCode } from '../../core/reason-code.js';
import { verifyCertifiableKey } from '../../x509/certifiable-key.js';
import type { PublicKey } from '../../x509/public-key.js';
import { checkAppIdentity, findAppFaults, type AppIdentity } from './app-identity.js';
import { googleAttestationRoots, parseAttestationRoots } from './attestation-roots.js';
import { findStatusFault, type AttestationStatusList } from './attestation-status-list.js';
import { createVerdict } from './create-verdict.js';
import { createKeyAttestationFacts, type KeyAttestationFacts } from './key-attestation-facts.js';
import {
  defaultKeyAttestationRequirements,
  type KeyAttestationRequirement,
} from './key-attestation-requirement.js';
import { ANDROID_KEY_ATTESTATION, type AndroidKeyAttestationVerdict } from './key-attestation-verdict.js';
import { isHardware } from './key-facts.js';
import { createLinkMemory } from './link-memory.js';
import { parseAttestationEvidence } from './parse-attestation-evidence.js';
import { verifyAttestationChain, type VerifiedAttestation } from './verify-attestation-chain.js';

/** Options of {@link createAndroidKeyAttestationProvider}. */
export interface AndroidKeyAttestationProviderOptions {
  /** Package name of the app. */
  readonly packageName: string;
  /**
   * SHA-256 of the certificates the app may be signed with, each as hex (with or without colons), base64 or base64url.
   * At least one.
   */
  readonly certificateSha256: readonly string[];
  /** Keys of phones that have leaked: see {@link createAttestationStatusList} and {@link createFixedStatusList}. */
  readonly statusList: AttestationStatusList;
  /** Other apps of yours that share the app's user id (`android:sharedUserId`). Default: none. */
  readonly sharedUserIdPackages?: readonly string[];
  /**
   * SHA-256 of the boot keys of systems that are not of the phone's maker and are trusted as if they were, such as those of
   * GrapheneOS; hex or base64. Default: none.
   */
  readonly bootKeys?: readonly string[];
  /** What must be attested besides. Default: {@link defaultKeyAttestationRequirements}. */
  readonly requirements?: readonly KeyAttestationRequirement[];
  /** Whether an attestation key of the app (`PURPOSE_ATTEST_KEY`) may have issued the attestation. Default: `refuse`. */
  readonly attestKeys?: 'refuse' | 'accept';
  /** What an entry of the status list that says `SUSPENDED` does; `REVOKED` always refuses. Default: `refuse`. */
  readonly suspended?: 'refuse' | 'accept';
  /**
   * How many attestation certificates Google's server may have given the phone of late; 1 to 1,000,000. Phones seen have 8 to
   * 128. Phones that do not say, as all that have their keys from the factory, are not refused. Default: `null`, any number.
   */
  readonly maxCertificatesIssued?: number | null;
  /** Trust anchors as PEM certificates, instead of the pinned roots of Google. Default: the pinned roots. */
  readonly roots?: readonly string[];
}

/** Provider of key attestation evidence: its verdicts carry all that the phone's hardware says. */
export interface AndroidKeyAttestationProvider extends IntegrityProvider {
  readonly name: typeof ANDROID_KEY_ATTESTATION;
  verify(request: VerifyEvidenceRequest): Promise<AndroidKeyAttestationVerdict>;
}

/**
 * Verifies Android hardware key attestation: evidence
 * `{ "provider": "android-key-attestation", "chain": ["<base64 DER>", ...] }`, leaf first.
 *
 * It is the strongest evidence about a key, for it is about the very key that is to be certified: generated for this challenge
 * in the secure hardware of a phone, by this app. Always asked: a genuine chain ({@link verifyAttestationChain}) of which no
 * certificate is on the status list; the key of the certification request, byte for byte; the challenge, byte for byte; a key
 * in secure hardware; the app by package and signing certificate. What else, `requirements` say.
 *
 * The verdict: `strong` if the system booted verified and it and the vendor's part have security patches of the last 12 months
 * (Google's bar for MEETS_STRONG_INTEGRITY), else `device`. Without verified boot, where that is not required, `failed`, and
 * the app is `unevaluated`. Licensing is never evaluated. `issuedAt` is when the key was made, by the clock of the phone; our
 * own time if it is not said. Freshness follows from the challenge.
 *
 * Refusals: `evidence_malformed`; `evidence_rejected` with the reasons of {@link verifyAttestationChain}, or with
 * `attested_key_unsupported`, `attested_key_mismatch`, `binding_mismatch`, `security_level_too_low`, `attestation_incomplete`,
 * `app_package_mismatch`, `app_certificate_mismatch`, `provisioning_rate_too_high`, those of the requirements
 * (`bootloader_unlocked`, `boot_not_verified`, `key_not_generated`, `key_purpose_refused`, `patch_level_too_old`),
 * `attestation_revoked`. Failures: `provider_unavailable` if there is no status list.
 *
 * @throws ConfigurationError if an option is not as described
 */
export function createAndroidKeyAttestationProvider(
  options: AndroidKeyAttestationProviderOptions,
): AndroidKeyAttestationProvider {
  const { statusList, requirements = defaultKeyAttestationRequirements } = options;
  const { attestKeys = 'refuse', suspended = 'refuse', maxCertificatesIssued = null } = options;
  const app = checkAppIdentity(options);
  const bootKeys = checkBootKeys(options.bootKeys ?? []);
  const anchors = parseAttestationRoots(options.roots ?? googleAttestationRoots);
  if (maxCertificatesIssued !== null)
    assertWholeNumber('maxCertificatesIssued', maxCertificatesIssued, 1, 1_000_000);
  assertChoice('attestKeys', attestKeys);
  assertChoice('suspended', suspended);
  const links = createLinkMemory();

  return {
    name: ANDROID_KEY_ATTESTATION,
    async verify({ evidence, expected, now, signal }) {
      const certificates = parseAttestationEvidence(evidence);
      const attestation = verifyAttestationChain({ certificates, anchors, now, attestKeys, links });
      const facts = createKeyAttestationFacts(attestation, bootKeys);
      const reasons = new Set<ReasonCode>([
        ...findKeyFaults(attestation, expected),
        ...findFactFaults(facts, app, maxCertificatesIssued),
        ...requirements.flatMap((requirement) => requirement.evaluate(facts, now)),
      ]);
      const statusFault = await loadStatuses(statusList, reasons.size > 0, signal).then(
        // The anchors too: whoever sends the chain may leave the root out, or send an older one for its key.
        (statuses) =>
          statuses && findStatusFault([...certificates, ...attestation.anchors], statuses, suspended),
      );
      if (statusFault) reasons.add(statusFault);
      const kind = facts.keyDescription.keyMintSecurityLevel;
      if (reasons.size > 0 || kind === 'software' || kind === 'unknown') throw rejected([...reasons]);
      return createVerdict(kind, facts, app.packageName, now);
    },
  };
}

/** Is the attested key the one that is to be certified, and was it made for this challenge? */
function* findKeyFaults(
  { leaf, keyDescription }: VerifiedAttestation,
  expected: VerifyEvidenceRequest['expected'],
): Generator<ReasonCode> {
  if (!isCertifiable(leaf.publicKey)) yield 'attested_key_unsupported';
  else if (!equalBytes(leaf.publicKey.spki, expected.publicKey)) yield 'attested_key_mismatch';
  const challenge = Buffer.from(keyDescription.attestationChallenge, 'hex');
  if (!equalBytes(challenge, expected.challenge)) yield 'binding_mismatch';
}

function* findFactFaults(
  { keyDescription, provisioning }: KeyAttestationFacts,
  app: AppIdentity,
  maxCertificatesIssued: number | null,
): Generator<ReasonCode> {
  if (!isHardware(keyDescription)) yield 'security_level_too_low';
  yield* findAppFaults(keyDescription, app);
  const issued = provisioning?.certificatesIssued ?? 0;
  if (maxCertificatesIssued !== null && issued > maxCertificatesIssued) yield 'provisioning_rate_too_high';
}

/** `null` if there is no list and the evidence is refused anyway: an outage is no answer to what is no proof. */
async function loadStatuses(
  statusList: AttestationStatusList,
  isRefused: boolean,
  signal: AbortSignal | undefined,
): Promise<Awaited<ReturnType<AttestationStatusList['load']>> | null> {
  try {
    return await statusList.load(signal);
  } catch (error) {
    if (isRefused && error instanceof UnavailableError) return null;
    throw error;
  }
}

/** Points are not looked at: one that equals the key of the request is on its curve, as that was. */
function isCertifiable(key: PublicKey): boolean {
  if (key.kind === 'P-256' || key.kind === 'P-384') return true;
  try {
    verifyCertifiableKey(key);
    return true;
  } catch (error) {
    if (error instanceof MalformedError) return false;
    throw error;
  }
}

function checkBootKeys(bootKeys: readonly string[]): ReadonlySet<string> {
  const digests = bootKeys.map((text, index) => {
    const digest = decodeSha256(text);
    // What phones without a boot key say: it would let in every system that anyone has put on one.
    if (digest?.some((octet) => octet !== 0) === true) return encodeHex(digest);
    throw new ConfigurationError(`bootKeys[${index}]`, {
      message: 'must be 32 bytes in hex or base64, and not all zero',
    });
  });
  return new Set(digests);
}

function assertChoice(option: string, value: string): void {
  if (value !== 'refuse' && value !== 'accept') {
    throw new ConfigurationError(option, { message: 'must be refuse or accept' });
  }
}

function rejected(reasons: readonly ReasonCode[]): RejectedError {
  return new RejectedError('evidence_rejected', {
    message: `the key attestation is no proof for this request: ${reasons.join(', ')}`,
    reasons,
  });
}
