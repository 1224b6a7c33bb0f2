// integrity/apple: imports cbor and this folder only.

import { type CborValue, isCborMap } from '../../cbor/cbor-value.js';
import { malformed } from './malformed-evidence.js';

/** Labels and values of a COSE_Key (RFC 9053 section 7.1.1) for ECDSA with P-256. */
const label = { keyType: 1, algorithm: 3, curve: -1, x: -2, y: -3 } as const;
const EC2 = 2;
const ES256 = -7;
const P256 = 1;

/**
 * Reads the one kind of COSE_Key that App Attest has: EC2, ES256, P-256, both coordinates, and no other member. Whether the
 * point is on the curve is not asked: it counts only if it is that of a certificate.
 *
 * @returns the uncompressed point, 65 octets
 * @throws MalformedError `evidence_malformed`
 */
export function parseCoseKey(key: CborValue): Uint8Array {
  if (!isCborMap(key) || key.size !== 5) throw malformed('the key is no COSE_Key of five members');
  const kind = [key.get(label.keyType), key.get(label.algorithm), key.get(label.curve)];
  if (kind[0] !== EC2 || kind[1] !== ES256 || kind[2] !== P256) {
    throw malformed('the key is not for ES256 on P-256');
  }
  return Buffer.concat([Uint8Array.of(0x04), coordinate(key.get(label.x)), coordinate(key.get(label.y))]);
}

function coordinate(value: CborValue): Uint8Array {
  if (value instanceof Uint8Array && value.length === 32) return value;
  throw malformed('a coordinate of the key does not have 32 octets');
}
