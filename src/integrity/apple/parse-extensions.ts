// integrity/apple: imports cbor and this folder only.

import type { CborReader } from '../../cbor/cbor-reader.js';
import { type CborMap, isCborMap } from '../../cbor/cbor-value.js';
import { malformed } from './malformed-evidence.js';

/** What Apple adds to authenticator data from iOS 27 on. */
export interface AppAttestExtensions {
  /** `apple_bundle_version_01`: CFBundleVersion of the app. `null` if absent, or no text of up to 100 characters. */
  readonly bundleVersion: string | null;
  /**
   * `apple_validation_category_01`: how the app came to the device. 1 part of the system, 2 TestFlight, 3 development, 4 App
   * Store, 5 enterprise or ad hoc, 6 Developer ID, 10 other. `null` if absent, `unreadable` if it is there in another form
   * than four octets.
   */
  readonly validationCategory: number | 'unreadable' | null;
}

/** Apple allows 18 in the App Store. */
const MAX_VERSION_LENGTH = 100;

/** What systems before iOS 27 say. */
export const noExtensions: AppAttestExtensions = { bundleVersion: null, validationCategory: null };

/**
 * Reads the map of extensions that ends authenticator data: one map with texts as keys, and nothing after it. Extensions that
 * we do not know are passed over.
 *
 * @throws MalformedError `evidence_malformed`
 */
export function parseExtensions(reader: CborReader): AppAttestExtensions {
  const map = reader.read();
  reader.finish();
  if (!isCborMap(map)) throw malformed('what follows in the authenticator data is no map');
  if (![...map.keys()].every((key) => typeof key === 'string')) {
    throw malformed('an extension of the authenticator data is not named by a text');
  }
  const version = map.get('apple_bundle_version_01');
  return {
    bundleVersion: typeof version === 'string' && version.length <= MAX_VERSION_LENGTH ? version : null,
    validationCategory: readCategory(map),
  };
}

/** Four octets, little-endian. */
function readCategory(map: CborMap): number | 'unreadable' | null {
  if (!map.has('apple_validation_category_01')) return null;
  const value = map.get('apple_validation_category_01');
  if (!(value instanceof Uint8Array) || value.length !== 4) return 'unreadable';
  return Buffer.from(value.buffer, value.byteOffset, 4).readUInt32LE();
}
