// testing: may import everything; nothing imports it.

import type { CborMap, CborValue } from '../cbor/cbor-value.js';
import { sha256 } from '../core/bytes.js';
import { encodeCbor } from './encode-cbor.js';

/** Authenticator data as Apple would never make it. Everything left out is as in the field. */
export interface FakeAuthenticatorChanges {
  readonly appId?: string;
  readonly flags?: number;
  readonly counter?: number;
  /** 16 octets. */
  readonly aaguid?: Uint8Array;
  readonly credentialId?: Uint8Array;
  /** The map of extensions, or `null` for none. Default: by the version of the system. */
  readonly extensions?: CborMap | null;
  /** Put over the members of the COSE_Key. */
  readonly coseKey?: CborMap;
  /** Has the last word over authenticator data, before it is bound. */
  readonly changeData?: (bytes: Uint8Array) => Uint8Array;
  /** Has the last word over the members of the attestation or assertion, after it is signed. */
  readonly changeMembers?: (members: Map<string, CborValue>) => CborValue;
}

/** Whose authenticator data it is. */
export interface FakeAuthenticator {
  readonly appId: string;
  readonly osVersion: string;
  readonly bundleVersion: string;
  readonly validationCategory: number;
  readonly counter: number;
  /** In an attestation: the key, its point with 65 octets. */
  readonly key: {
    readonly aaguid: Uint8Array;
    readonly credentialId: Uint8Array;
    readonly point: Uint8Array;
  } | null;
  readonly changes: FakeAuthenticatorChanges;
}

/** Writes the authenticator data of an attestation or assertion. */
export function encodeAuthenticatorData(authenticator: FakeAuthenticator): Uint8Array {
  const { changes, key } = authenticator;
  const header = Buffer.alloc(37);
  header.set(sha256(Buffer.from(changes.appId ?? authenticator.appId)));
  header[32] = changes.flags ?? 0x40;
  header.writeUInt32BE(changes.counter ?? authenticator.counter, 33);
  const honest = Buffer.concat([
    header,
    ...(key === null ? [] : encodeKey(key, changes)),
    encodeExtensions(authenticator),
  ]);
  return changes.changeData?.(honest) ?? honest;
}

/** Attested credential data (Web Authentication Level 2, section 6.5.1). */
function encodeKey(
  { aaguid, credentialId, point }: NonNullable<FakeAuthenticator['key']>,
  changes: FakeAuthenticatorChanges,
): readonly Uint8Array[] {
  const id = changes.credentialId ?? credentialId;
  const length = Buffer.alloc(2);
  length.writeUInt16BE(id.length);
  const coseKey = new Map<number, CborValue>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, point.subarray(1, 33)],
    [-3, point.subarray(33)],
  ]);
  return [
    changes.aaguid ?? aaguid,
    length,
    id,
    encodeCbor(new Map([...coseKey, ...(changes.coseKey ?? [])])),
  ];
}

/** From iOS 27 on. */
function encodeExtensions(authenticator: FakeAuthenticator): Uint8Array {
  const { changes, osVersion, bundleVersion, validationCategory } = authenticator;
  const category = Buffer.alloc(4);
  category.writeUInt32LE(validationCategory);
  const usual = new Map<string, CborValue>([
    ['apple_bundle_version_01', bundleVersion],
    ['apple_validation_category_01', category],
  ]);
  const map =
    changes.extensions === undefined && Number.parseInt(osVersion, 10) >= 27 ? usual : changes.extensions;
  return map ? encodeCbor(map) : new Uint8Array();
}
