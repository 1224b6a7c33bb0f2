// integrity/android: imports core, x509 and this folder only.

import { encodeHex } from '../../core/bytes.js';
import { MalformedError } from '../../core/errors.js';
import { DerReader } from '../../x509/der-reader.js';
import {
  readApplicationId,
  readHex,
  readNumber,
  readNumbers,
  readRootOfTrust,
  readText,
  type ReadValue,
} from './authorization-values.js';
import type { AuthorizationList } from './key-description.js';
import { readTaggedFields } from './tagged-fields.js';

/**
 * Reads the content of an AuthorizationList. A field that is not in its form spoils itself only: phones with one wrong patch
 * level and everything else in order exist.
 *
 * @param version the attestation version, which says under which tag rollback resistance is
 * @throws MalformedError `der_malformed` if the list itself is broken, or has a tag twice
 */
export function readAuthorizationList(content: Uint8Array, version: number): AuthorizationList {
  const { number, numbers, flag, hex, text, value, rest } = createFieldReader(content);
  const list = {
    purpose: numbers(1, 'purpose'),
    algorithm: number(2, 'algorithm'),
    keySize: number(3, 'keySize'),
    blockMode: numbers(4, 'blockMode'),
    digest: numbers(5, 'digest'),
    padding: numbers(6, 'padding'),
    callerNonce: flag(7, 'callerNonce'),
    minMacLength: number(8, 'minMacLength'),
    ecCurve: number(10, 'ecCurve'),
    mlDsaVariant: number(11, 'mlDsaVariant'),
    rsaPublicExponent: number(200, 'rsaPublicExponent'),
    mgfDigest: numbers(203, 'mgfDigest'),
    rollbackResistance: flag(version <= 2 ? 703 : 303, 'rollbackResistance'),
    earlyBootOnly: flag(305, 'earlyBootOnly'),
    activeDateTime: number(400, 'activeDateTime'),
    originationExpireDateTime: number(401, 'originationExpireDateTime'),
    usageExpireDateTime: number(402, 'usageExpireDateTime'),
    usageCountLimit: number(405, 'usageCountLimit'),
    noAuthRequired: flag(503, 'noAuthRequired'),
    userAuthType: number(504, 'userAuthType'),
    authTimeout: number(505, 'authTimeout'),
    allowWhileOnBody: flag(506, 'allowWhileOnBody'),
    trustedUserPresenceRequired: flag(507, 'trustedUserPresenceRequired'),
    trustedConfirmationRequired: flag(508, 'trustedConfirmationRequired'),
    unlockedDeviceRequired: flag(509, 'unlockedDeviceRequired'),
    allApplications: flag(600, 'allApplications'),
    applicationId: hex(601, 'applicationId'),
    creationDateTime: number(701, 'creationDateTime'),
    origin: number(702, 'origin'),
    rootOfTrust: value(704, 'rootOfTrust', readRootOfTrust),
    osVersion: number(705, 'osVersion'),
    osPatchLevel: number(706, 'osPatchLevel'),
    attestationApplicationId: value(709, 'attestationApplicationId', readApplicationId),
    attestationIdBrand: text(710, 'attestationIdBrand'),
    attestationIdDevice: text(711, 'attestationIdDevice'),
    attestationIdProduct: text(712, 'attestationIdProduct'),
    attestationIdSerial: text(713, 'attestationIdSerial'),
    attestationIdImei: text(714, 'attestationIdImei'),
    attestationIdMeid: text(715, 'attestationIdMeid'),
    attestationIdManufacturer: text(716, 'attestationIdManufacturer'),
    attestationIdModel: text(717, 'attestationIdModel'),
    vendorPatchLevel: number(718, 'vendorPatchLevel'),
    bootPatchLevel: number(719, 'bootPatchLevel'),
    deviceUniqueAttestation: flag(720, 'deviceUniqueAttestation'),
    attestationIdSecondImei: text(723, 'attestationIdSecondImei'),
    moduleHash: hex(724, 'moduleHash'),
  };
  return { ...list, ...rest() };
}

const readPresence: ReadValue<boolean> = (reader) => {
  reader.null();
  return true;
};

function createFieldReader(content: Uint8Array) {
  const fields = readTaggedFields(content);
  const unread = new Map(fields.map(({ tag, value }) => [tag, value]));
  const malformedFields: string[] = [];

  /** Takes a field out; `null` if it is absent or malformed. */
  const value = <T>(tag: number, name: string, read: ReadValue<T>): T | null => {
    const der = unread.get(tag);
    if (der === undefined) return null;
    unread.delete(tag);
    try {
      const reader = new DerReader(der);
      const found = read(reader);
      reader.finish();
      return found;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      malformedFields.push(name);
      return null;
    }
  };

  return {
    value,
    number: (tag: number, name: string) => value(tag, name, readNumber),
    numbers: (tag: number, name: string) => value(tag, name, readNumbers),
    hex: (tag: number, name: string) => value(tag, name, readHex),
    text: (tag: number, name: string) => value(tag, name, readText),
    /** NULL: it is there or not. */
    flag: (tag: number, name: string) => (unread.has(tag) ? value(tag, name, readPresence) : false),
    /** To be asked last: what no one has taken is unknown. */
    rest: () => ({
      unknownTags: [...unread].map(([tag, der]) => ({ tag, value: encodeHex(der) })),
      malformedFields,
      tagsInOrder: fields.every(({ tag }, index) => index === 0 || tag > (fields[index - 1]?.tag ?? tag)),
    }),
  };
}
