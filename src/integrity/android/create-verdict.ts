// integrity/android: imports contracts and this folder only.

import type { DeviceIntegrity } from '../../contracts/integrity-verdict.js';
import { isBootVerified, type KeyAttestationFacts } from './key-attestation-facts.js';
import { ANDROID_KEY_ATTESTATION, type AndroidKeyAttestationVerdict } from './key-attestation-verdict.js';
import { patchAgeMonths } from './patch-level.js';

/** What Google asks for MEETS_STRONG_INTEGRITY on Android 13 and later: patches of the last year, of system and vendor. */
const STRONG_PATCH_MONTHS = 12;

const SHA256_HEX_LENGTH = 64;

/**
 * Puts an attestation that has met all requirements into the words that are the same for every vendor. Of the app, only a
 * verified system knows; without one nothing is evaluated, whatever the attestation claims.
 */
export function createVerdict(
  kind: AndroidKeyAttestationVerdict['kind'],
  facts: KeyAttestationFacts,
  packageName: string,
  now: Date,
): AndroidKeyAttestationVerdict {
  const { softwareEnforced } = facts.keyDescription;
  const id = softwareEnforced.attestationApplicationId;
  const isTrusted = isBootVerified(facts);
  const app = id?.packages.find(({ name }) => name === packageName);
  return {
    provider: ANDROID_KEY_ATTESTATION,
    kind,
    issuedAt: toDate(softwareEnforced.creationDateTime) ?? now,
    app: {
      packageName: app?.name ?? null,
      certificateSha256: id?.signatureDigests.filter((digest) => digest.length === SHA256_HEX_LENGTH) ?? [],
      version: app === undefined ? null : String(app.version),
      recognition: isTrusted ? 'recognized' : 'unevaluated',
      licensing: 'unevaluated',
    },
    device: {
      integrity: isTrusted ? findIntegrity(facts, now) : 'failed',
      labels: [...findLabels(kind, facts)],
    },
    details: facts,
  };
}

function findIntegrity({ keyDescription }: KeyAttestationFacts, now: Date): DeviceIntegrity {
  const { osPatchLevel, vendorPatchLevel } = keyDescription.hardwareEnforced;
  const ages = [osPatchLevel, vendorPatchLevel].map((level) => patchAgeMonths(level, now));
  return ages.every((age) => age !== null && age <= STRONG_PATCH_MONTHS) ? 'strong' : 'device';
}

function* findLabels(kind: string, facts: KeyAttestationFacts): Generator<string> {
  const { rootOfTrust, osPatchLevel } = facts.keyDescription.hardwareEnforced;
  yield `security-level:${kind}`;
  if (rootOfTrust !== null) {
    yield `bootloader:${rootOfTrust.deviceLocked ? 'locked' : 'unlocked'}`;
    yield `boot:${rootOfTrust.verifiedBootState}`;
  }
  if (osPatchLevel !== null) yield `patch:${osPatchLevel}`;
  yield `provisioned:${facts.shape === 'remotely-provisioned' ? 'remote' : facts.shape}`;
  if (facts.hasAttestKey) yield 'attest-key';
}

/** `null` for milliseconds that no `Date` can hold. */
function toDate(milliseconds: number | null): Date | null {
  const date = new Date(milliseconds ?? NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}
