// integrity/android: imports core and this folder only.

import type { KnownReasonCode } from '../../core/reason-code.js';
import { isHardware, keyPurpose, keyOrigin } from './key-facts.js';
import type { KeyDescription } from './key-description.js';

/**
 * What is wrong with a leaf that a key of the app issued.
 *
 * The secure hardware lets a key attest others only if it may do nothing else (purpose exactly 7), and then it signs
 * nothing but true attestations. A key that may also, or instead, sign what the app likes has signed a forgery:
 * `attestation_repeated`. So has one that was not generated in the hardware, since others may hold it.
 *
 * The two attestations must agree about the phone (KeyMint wants one hardware for both, and a system is not changed
 * without a restart): `attestation_key_refused` if they do not, and if attestation keys are not accepted at all.
 *
 * @param issuer attestation of the key that issued the leaf; `null` if it cannot be read
 */
export function findAttestKeyFaults(
  leaf: KeyDescription,
  issuer: KeyDescription | null,
  attestKeys: 'refuse' | 'accept',
): readonly KnownReasonCode[] {
  if (issuer === null || !isAttestKey(issuer)) return ['attestation_repeated'];
  return attestKeys === 'accept' && isSamePhone(leaf, issuer) ? [] : ['attestation_key_refused'];
}

function isAttestKey(description: KeyDescription): boolean {
  const { purpose, origin } = description.hardwareEnforced;
  return (
    purpose?.join() === String(keyPurpose.attestKey) &&
    description.softwareEnforced.purpose === null &&
    origin === keyOrigin.generated &&
    isHardware(description)
  );
}

function isSamePhone(leaf: KeyDescription, issuer: KeyDescription): boolean {
  return JSON.stringify(describePhone(leaf)) === JSON.stringify(describePhone(issuer));
}

function describePhone(description: KeyDescription): readonly unknown[] {
  const { rootOfTrust, osVersion, osPatchLevel, vendorPatchLevel, bootPatchLevel } =
    description.hardwareEnforced;
  return [
    description.attestationSecurityLevel,
    description.keyMintSecurityLevel,
    rootOfTrust,
    osVersion,
    osPatchLevel,
    vendorPatchLevel,
    bootPatchLevel,
  ];
}
