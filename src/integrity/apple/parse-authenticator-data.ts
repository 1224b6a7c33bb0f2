// integrity/apple: imports cbor and this folder only.

import { CborReader, type CborOptions } from '../../cbor/cbor-reader.js';
import { malformed } from './malformed-evidence.js';
import { parseCoseKey } from './parse-cose-key.js';
import { type AppAttestExtensions, noExtensions, parseExtensions } from './parse-extensions.js';

/** Authenticator data as it stands in an assertion (Web Authentication Level 2, section 6.1, as Apple fills it in). */
export interface AuthenticatorData {
  /** SHA-256 of the app id. */
  readonly rpIdHash: Uint8Array;
  /** How many assertions the key has made. */
  readonly counter: number;
  readonly extensions: AppAttestExtensions;
}

/** Authenticator data as it stands in an attestation: with the key. */
export interface AttestedAuthenticatorData extends AuthenticatorData {
  /** Names the environment. */
  readonly aaguid: Uint8Array;
  readonly credentialId: Uint8Array;
  /** The attested key: 65 octets, an uncompressed point of P-256 (SEC 1 section 2.3.3). */
  readonly point: Uint8Array;
}

/** Where things stand, in octets. The flags at 32 are not asked: Apple leaves bits clear whose content is there. */
const COUNTER = 33;
const HEADER_END = 37;
const AAGUID_END = 53;
const CREDENTIAL_ID = 55;
const CREDENTIAL_ID_LENGTH = 32;
const COSE_KEY = CREDENTIAL_ID + CREDENTIAL_ID_LENGTH;

/** A whole sample of iOS 27 has 226 octets and 16 items. */
const MAX_BYTES = 4096;
const cborOptions: CborOptions = { maxDepth: 4, maxItems: 128, what: 'authenticator data' };

/**
 * Reads the authenticator data of an assertion: 37 octets, and from iOS 27 on a map of extensions.
 *
 * @throws MalformedError `evidence_malformed`
 */
export function parseAuthenticatorData(bytes: Uint8Array): AuthenticatorData {
  const header = readHeader(bytes);
  const extensions =
    bytes.length === HEADER_END
      ? noExtensions
      : parseExtensions(new CborReader(bytes, cborOptions, HEADER_END));
  return { ...header, extensions };
}

/**
 * Reads the authenticator data of an attestation: 164 octets, and from iOS 27 on a map of extensions, whether or not the flag
 * for extensions is set.
 *
 * @throws MalformedError `evidence_malformed`
 */
export function parseAttestedAuthenticatorData(bytes: Uint8Array): AttestedAuthenticatorData {
  const header = readHeader(bytes);
  if (bytes.length < COSE_KEY) throw malformed('the authenticator data holds no key');
  const idLength = ((bytes[AAGUID_END] ?? 0) << 8) | (bytes[AAGUID_END + 1] ?? 0);
  if (idLength !== CREDENTIAL_ID_LENGTH) throw malformed('the credential id does not have 32 octets');
  const reader = new CborReader(bytes, cborOptions, COSE_KEY);
  const point = parseCoseKey(reader.read());
  return {
    ...header,
    aaguid: bytes.subarray(HEADER_END, AAGUID_END),
    credentialId: bytes.subarray(CREDENTIAL_ID, COSE_KEY),
    point,
    extensions: reader.offset === bytes.length ? noExtensions : parseExtensions(reader),
  };
}

function readHeader(bytes: Uint8Array): Pick<AuthenticatorData, 'rpIdHash' | 'counter'> {
  if (bytes.length < HEADER_END || bytes.length > MAX_BYTES) {
    throw malformed('the authenticator data is too short or too long');
  }
  return {
    rpIdHash: bytes.subarray(0, 32),
    counter: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUInt32BE(COUNTER),
  };
}
