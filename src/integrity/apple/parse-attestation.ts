// integrity/apple: imports cbor and this folder only.

import { type CborMap, type CborValue, isCborMap } from '../../cbor/cbor-value.js';
import { parseCbor } from '../../cbor/parse-cbor.js';
import { malformed } from './malformed-evidence.js';
import {
  type AttestedAuthenticatorData,
  parseAttestedAuthenticatorData,
} from './parse-authenticator-data.js';

/** An attestation object taken apart; nothing in it is verified. */
export interface UnverifiedAttestation {
  /** DER, the certificate of the key first; any number of them. */
  readonly x5c: readonly Uint8Array[];
  /** What Apple takes for a risk metric; not covered by the attestation itself. */
  readonly receipt: Uint8Array;
  /** As signed. */
  readonly authenticatorData: Uint8Array;
  readonly data: AttestedAuthenticatorData;
}

/** A real one has 5,400 to 6,000 octets. */
const MAX_BYTES = 32 * 1024;

/**
 * Reads an attestation object (Apple, "Validating apps that connect to your server"): the CBOR map `fmt`, `attStmt` with
 * `x5c` and `receipt`, `authData`. Members beyond these are passed over: no signature covers them, and none is read.
 *
 * @throws MalformedError `evidence_malformed`
 */
export function parseAttestation(bytes: Uint8Array): UnverifiedAttestation {
  if (bytes.length > MAX_BYTES) throw malformed('the attestation is too large');
  const attestation = asMap(parseCbor(bytes, { maxDepth: 4, maxItems: 128, what: 'an attestation' }));
  if (attestation.get('fmt') !== 'apple-appattest') throw malformed('the attestation is of another format');
  const statement = asMap(attestation.get('attStmt'));
  const x5c = statement.get('x5c');
  if (!Array.isArray(x5c)) throw malformed('the attestation has no x5c');
  const authenticatorData = asBytes(attestation.get('authData'));
  return {
    x5c: x5c.map(asBytes),
    receipt: asBytes(statement.get('receipt')),
    authenticatorData,
    data: parseAttestedAuthenticatorData(authenticatorData),
  };
}

function asMap(value: CborValue): CborMap {
  if (isCborMap(value)) return value;
  throw malformed('a map of the attestation is missing');
}

function asBytes(value: CborValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw malformed('a byte string of the attestation is missing');
}
