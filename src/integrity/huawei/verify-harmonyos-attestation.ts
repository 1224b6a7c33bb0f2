// integrity/huawei: imports core, contracts, x509 and this folder only.

import type { ExpectedBinding } from '../../contracts/evidence.js';
import { equalBytes } from '../../core/bytes.js';
import type { KnownReasonCode } from '../../core/reason-code.js';
import type { HarmonyOsApp, HarmonyOsAttestation, HarmonyOsClaim } from './parse-harmonyos-attestation.js';

/** What an attestation must say to be proof for a request. */
export interface HarmonyOsExpectation {
  readonly bundleName: string;
  readonly appIds: readonly string[];
  readonly appIdentifiers: readonly string[];
  readonly acceptDebugBuilds: boolean;
}

/** The claim is made by the trusted execution environment. */
const TEE = 3;
/** Key source of a key that was made where it is held. */
const GENERATED = 2;
/** The implementation that holds keys for apps: the one value that Huawei documents. */
const KEY_MANAGER = Uint8Array.of(
  0x28,
  0xc4,
  0xfb,
  0x49,
  0x44,
  0xaf,
  0xec,
  0x11,
  0xb9,
  0x09,
  0x02,
  0x42,
  0xac,
  0x12,
  0x00,
  0x02,
);

/**
 * What is wrong with an attestation from a verified chain, by the steps of the HarmonyOS guide "Key attestation, server side":
 * challenge, app, key source, key manager.
 */
export function* findHarmonyOsFaults(
  attestation: HarmonyOsAttestation,
  expected: HarmonyOsExpectation,
  { challenge }: ExpectedBinding,
): Generator<KnownReasonCode> {
  // Seen with level 0, which is reserved: the chain vouches for it all the same.
  if (attestation.challenge === null) yield 'binding_missing';
  else if (!equalBytes(attestation.challenge.value, challenge)) yield 'binding_mismatch';
  if (attestation.app === null) yield 'attestation_incomplete';
  else yield* findAppFaults(attestation.app.value, expected);
  yield* findKeyFaults(attestation);
}

/**
 * The bundle name alone is anybody's: the app id holds a key of the developer, the app identifier is given by AppGallery Connect. What
 * is not a release is refused. Before API 20 the system did not say, but then the app id decides, and that of a debug build holds
 * another key.
 */
function* findAppFaults(app: HarmonyOsApp, expected: HarmonyOsExpectation): Generator<KnownReasonCode> {
  if (app.bundleName !== expected.bundleName) yield 'app_package_mismatch';
  const hasOurAppId = app.appId !== null && expected.appIds.includes(app.appId);
  const hasOurIdentifier = app.appIdentifier !== null && expected.appIdentifiers.includes(app.appIdentifier);
  if (!hasOurAppId && !hasOurIdentifier) yield 'app_id_mismatch';
  const isRelease = app.appMode === 'release' || (app.appMode === null && hasOurAppId);
  if (!isRelease && !expected.acceptDebugBuilds) yield 'app_mode_refused';
}

function* findKeyFaults({ keySource, keyManager }: HarmonyOsAttestation): Generator<KnownReasonCode> {
  if (keySource === null || keyManager === null) yield 'attestation_incomplete';
  if (keySource !== null && keySource.value !== GENERATED) yield 'key_not_generated';
  if (keyManager !== null && !equalBytes(keyManager.value, KEY_MANAGER)) yield 'key_manager_refused';
  const isOfTee = (claim: HarmonyOsClaim<unknown> | null) => claim === null || claim.securityLevel === TEE;
  if (!isOfTee(keySource) || !isOfTee(keyManager)) yield 'security_level_too_low';
}
