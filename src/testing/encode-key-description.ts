// testing: may import everything; nothing imports it.

import type {
  AttestationApplicationId,
  AuthorizationList,
  KeyDescription,
  KeySecurityLevel,
  RootOfTrust,
} from '../integrity/android/key-description.js';
import { der, encodeElement } from '../x509/der-writer.js';

/**
 * What a fake attestation is to say of a key. What is left out or `null` is not there; `unknownTags` are written as they
 * are, a known tag among them too; `tagsInOrder: false` turns the order around.
 */
export type FakeAuthorizationList = Partial<Omit<AuthorizationList, 'malformedFields'>>;

/** What a fake attestation is to say. */
export interface FakeKeyDescription extends Omit<KeyDescription, 'softwareEnforced' | 'hardwareEnforced'> {
  readonly softwareEnforced: FakeAuthorizationList;
  readonly hardwareEnforced: FakeAuthorizationList;
}

type Field = readonly [tag: number, value: Uint8Array];

const securityLevels: readonly KeySecurityLevel[] = ['software', 'trusted-environment', 'strongbox'];
const bootStates: readonly string[] = ['verified', 'self-signed', 'unverified', 'failed'];
/** A level of `SecurityLevel.aidl` that no attestation has: that of the key store daemon. */
const KEYSTORE_LEVEL = 100;

/** Writes a KeyDescription (AOSP, `KeyCreationResult.aidl`) in DER. */
export function encodeKeyDescription(description: FakeKeyDescription): Uint8Array {
  return der.sequence(...encodeKeyDescriptionFields(description));
}

/** The eight elements of a KeyDescription, for one with more, or fewer. */
export function encodeKeyDescriptionFields(description: FakeKeyDescription): readonly Uint8Array[] {
  const { attestationVersion: version } = description;
  return [
    encodeNumber(version),
    encodeSecurityLevel(description.attestationSecurityLevel),
    encodeNumber(description.keyMintVersion),
    encodeSecurityLevel(description.keyMintSecurityLevel),
    encodeHexString(description.attestationChallenge),
    encodeHexString(description.uniqueId),
    encodeAuthorizationList(description.softwareEnforced, version),
    encodeAuthorizationList(description.hardwareEnforced, version),
  ];
}

function encodeAuthorizationList(list: FakeAuthorizationList, version: number): Uint8Array {
  const unknown = (list.unknownTags ?? []).map(({ tag, value }): Field => [tag, Buffer.from(value, 'hex')]);
  const fields = [...collectFields(list, version), ...unknown].sort(([a], [b]) => a - b);
  if (list.tagsInOrder === false) fields.reverse();
  return der.sequence(...fields.map(encodeExplicit));
}

function collectFields(list: FakeAuthorizationList, version: number): readonly Field[] {
  const one =
    <T>(encode: (value: T) => Uint8Array) =>
    (tag: number, value: T | null | undefined): readonly Field[] =>
      value === null || value === undefined ? [] : [[tag, encode(value)]];
  const number = one(encodeNumber);
  const numbers = one((values: readonly number[]) => der.setOf(...values.map(encodeNumber)));
  const hex = one(encodeHexString);
  const text = one((value: string) => der.octetString(Buffer.from(value)));
  const flag = (tag: number, value: boolean | null | undefined): readonly Field[] =>
    value === true ? [[tag, der.null()]] : [];
  return [
    numbers(1, list.purpose),
    number(2, list.algorithm),
    number(3, list.keySize),
    numbers(4, list.blockMode),
    numbers(5, list.digest),
    numbers(6, list.padding),
    flag(7, list.callerNonce),
    number(8, list.minMacLength),
    number(10, list.ecCurve),
    number(11, list.mlDsaVariant),
    number(200, list.rsaPublicExponent),
    numbers(203, list.mgfDigest),
    flag(version <= 2 ? 703 : 303, list.rollbackResistance),
    flag(305, list.earlyBootOnly),
    number(400, list.activeDateTime),
    number(401, list.originationExpireDateTime),
    number(402, list.usageExpireDateTime),
    number(405, list.usageCountLimit),
    flag(503, list.noAuthRequired),
    number(504, list.userAuthType),
    number(505, list.authTimeout),
    flag(506, list.allowWhileOnBody),
    flag(507, list.trustedUserPresenceRequired),
    flag(508, list.trustedConfirmationRequired),
    flag(509, list.unlockedDeviceRequired),
    flag(600, list.allApplications),
    hex(601, list.applicationId),
    number(701, list.creationDateTime),
    number(702, list.origin),
    one(encodeRootOfTrust)(704, list.rootOfTrust),
    number(705, list.osVersion),
    number(706, list.osPatchLevel),
    one(encodeApplicationId)(709, list.attestationApplicationId),
    text(710, list.attestationIdBrand),
    text(711, list.attestationIdDevice),
    text(712, list.attestationIdProduct),
    text(713, list.attestationIdSerial),
    text(714, list.attestationIdImei),
    text(715, list.attestationIdMeid),
    text(716, list.attestationIdManufacturer),
    text(717, list.attestationIdModel),
    number(718, list.vendorPatchLevel),
    number(719, list.bootPatchLevel),
    flag(720, list.deviceUniqueAttestation),
    text(723, list.attestationIdSecondImei),
    hex(724, list.moduleHash),
  ].flat();
}

/** `[tag] EXPLICIT`: numbers above 30 follow the first octet in groups of seven bits (ITU-T X.690 section 8.1.2.4). */
function encodeExplicit([tag, value]: Field): Uint8Array {
  if (tag < 31) return encodeElement(0xa0 | tag, value);
  const groups = [tag & 0x7f];
  for (let rest = tag >> 7; rest > 0; rest >>= 7) groups.unshift((rest & 0x7f) | 0x80);
  const withShortTag = encodeElement(0xbf, value);
  return Buffer.concat([withShortTag.subarray(0, 1), Buffer.from(groups), withShortTag.subarray(1)]);
}

function encodeRootOfTrust(root: RootOfTrust): Uint8Array {
  const hash = root.verifiedBootHash === null ? [] : [encodeHexString(root.verifiedBootHash)];
  return der.sequence(
    encodeHexString(root.verifiedBootKey),
    der.boolean(root.deviceLocked),
    der.enumerated(bootStates.indexOf(root.verifiedBootState)),
    ...hash,
  );
}

function encodeApplicationId({ packages, signatureDigests }: AttestationApplicationId): Uint8Array {
  const infos = packages.map(({ name, version }) =>
    der.sequence(der.octetString(Buffer.from(name)), encodeNumber(version)),
  );
  const digests = signatureDigests.map(encodeHexString);
  return der.octetString(der.sequence(der.setOf(...infos), der.setOf(...digests)));
}

function encodeSecurityLevel(level: KeySecurityLevel): Uint8Array {
  const code = securityLevels.indexOf(level);
  return der.enumerated(code < 0 ? KEYSTORE_LEVEL : code);
}

function encodeNumber(value: number): Uint8Array {
  return der.integer(BigInt(value));
}

function encodeHexString(hex: string): Uint8Array {
  return der.octetString(Buffer.from(hex, 'hex'));
}
