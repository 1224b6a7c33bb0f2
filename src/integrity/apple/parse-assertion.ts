// integrity/apple: imports cbor and this folder only.

import { isCborMap } from '../../cbor/cbor-value.js';
import { parseCbor } from '../../cbor/parse-cbor.js';
import { malformed } from './malformed-evidence.js';
import { type AuthenticatorData, parseAuthenticatorData } from './parse-authenticator-data.js';

/** An assertion taken apart; nothing in it is verified. */
export interface UnverifiedAssertion {
  /** ECDSA-Sig-Value, DER. */
  readonly signature: Uint8Array;
  /** As signed. */
  readonly authenticatorData: Uint8Array;
  readonly data: AuthenticatorData;
}

/** A real one has about 140 octets. */
const MAX_BYTES = 8 * 1024;

/**
 * Reads an assertion: the CBOR map `signature`, `authenticatorData`, in any order. Other members are passed over.
 *
 * @throws MalformedError `evidence_malformed`
 */
export function parseAssertion(bytes: Uint8Array): UnverifiedAssertion {
  if (bytes.length > MAX_BYTES) throw malformed('the assertion is too large');
  const assertion = parseCbor(bytes, { maxDepth: 4, maxItems: 64, what: 'an assertion' });
  if (!isCborMap(assertion)) throw malformed('the assertion is no map');
  const signature = assertion.get('signature');
  const authenticatorData = assertion.get('authenticatorData');
  if (!(signature instanceof Uint8Array)) throw malformed('the assertion has no signature');
  if (!(authenticatorData instanceof Uint8Array)) {
    throw malformed('the assertion has no authenticator data');
  }
  return { signature, authenticatorData, data: parseAuthenticatorData(authenticatorData) };
}
