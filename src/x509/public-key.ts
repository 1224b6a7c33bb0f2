// x509: imports core and x509 only.

import { createPublicKey, type KeyObject } from 'node:crypto';
import { encodeBase64Url, encodeHex, sha256Hex } from '../core/bytes.js';
import { MalformedError } from '../core/errors.js';
import { DerReader, malformed } from './der-reader.js';
import { parseDer } from './parse-der.js';
import { checkAlgorithmIdentifier } from './algorithm-identifier.js';
import { derTag } from './der-tag.js';

/** What kind of key it is; `other` for a well-formed key of an algorithm, curve or point form that we do not use. */
export type PublicKeyKind = 'P-256' | 'P-384' | 'P-521' | 'RSA' | 'Ed25519' | 'other';

/** A public key in the form of certificates and requests (RFC 5280 section 4.1.2.7). */
export interface PublicKey {
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  readonly kind: PublicKeyKind;
  /** Which signature algorithms fit. */
  readonly family: 'EC' | 'RSA' | 'Ed25519' | 'other';
  /** Size of the curve's field or of the RSA modulus in bits; 0 for `other`. */
  readonly bits: number;
  /** RSA only: modulus and public exponent, big-endian without leading zeros. */
  readonly rsa: { readonly modulus: Uint8Array; readonly exponent: Uint8Array } | null;
  /** Value of the subjectPublicKey bit string: what key identifiers are the hash of (RFC 5280 section 4.2.1.2). */
  readonly keyBits: Uint8Array;
  /** SHA-256 of `spki`, lower-case hex; computed when first asked for. */
  readonly sha256: string;
  /**
   * The key for node:crypto, imported when first asked for.
   *
   * @throws MalformedError `der_malformed` if it is no usable key after all, such as a point that is not on its curve
   */
  keyObject(): KeyObject;
}

/** No RSA key that anyone uses in a certificate is larger. */
const MAX_SPKI_BYTES = 4096;

type Algorithm = Pick<PublicKey, 'kind' | 'family' | 'bits'>;

/**
 * Algorithms by their whole DER AlgorithmIdentifier in hex, so that the parameters are checked with it: the named curve
 * (RFC 5480 section 2.1.1), NULL for RSA (RFC 3279 section 2.3.1), absent for Ed25519 (RFC 8410 section 3).
 */
const algorithms = new Map<string, Algorithm>([
  ['301306072a8648ce3d020106082a8648ce3d030107', { kind: 'P-256', family: 'EC', bits: 256 }],
  ['301006072a8648ce3d020106052b81040022', { kind: 'P-384', family: 'EC', bits: 384 }],
  ['301006072a8648ce3d020106052b81040023', { kind: 'P-521', family: 'EC', bits: 521 }],
  ['300d06092a864886f70d0101010500', { kind: 'RSA', family: 'RSA', bits: 0 }],
  ['300506032b6570', { kind: 'Ed25519', family: 'Ed25519', bits: 256 }],
]);

/** The longest encoding in the table. */
const MAX_IDENTIFIER_BYTES = 21;

const other: Algorithm = { kind: 'other', family: 'other', bits: 0 };

/**
 * Reads a DER SubjectPublicKeyInfo strictly. Whether the key is good enough for a purpose is not asked here: see
 * {@link verifyCertifiableKey}.
 *
 * @throws MalformedError `der_malformed`
 */
export function parsePublicKey(spki: Uint8Array): PublicKey {
  return parseDer(
    { der: spki, maxBytes: MAX_SPKI_BYTES, code: 'der_malformed', what: 'a public key' },
    readPublicKey,
  );
}

/** Reads a SubjectPublicKeyInfo as part of something larger. */
export function readPublicKey(reader: DerReader): PublicKey {
  const spki = reader.element(derTag.sequence);
  const fields = new DerReader(spki).enter(derTag.sequence);
  const identifier = fields.element(derTag.sequence);
  const keyBits = fields.bitStringOctets();
  fields.finish();
  const algorithm = algorithms.get(identifier.length <= MAX_IDENTIFIER_BYTES ? encodeHex(identifier) : '');
  if (algorithm === undefined) {
    checkAlgorithmIdentifier(identifier);
    return new ParsedPublicKey(spki, keyBits, other);
  }
  if (algorithm.family === 'EC') return readEcKey(spki, keyBits, algorithm);
  if (algorithm.family === 'RSA') return readRsaKey(spki, keyBits);
  if (keyBits.length !== 32) throw malformed('an Ed25519 key does not have 32 octets');
  return new ParsedPublicKey(spki, keyBits, algorithm);
}

/** Points are uncompressed (SEC 1 section 2.3.3); compressed ones are well formed, but we have no use for them. */
function readEcKey(spki: Uint8Array, point: Uint8Array, algorithm: Algorithm): PublicKey {
  const coordinateBytes = Math.ceil(algorithm.bits / 8);
  if (point[0] === 0x04 && point.length === 1 + 2 * coordinateBytes) {
    return new ParsedPublicKey(spki, point, algorithm);
  }
  if ((point[0] === 0x02 || point[0] === 0x03) && point.length === 1 + coordinateBytes) {
    return new ParsedPublicKey(spki, point, other);
  }
  throw malformed('a point does not have the length of its curve');
}

function readRsaKey(spki: Uint8Array, keyBits: Uint8Array): PublicKey {
  const outer = new DerReader(keyBits);
  const fields = outer.enter(derTag.sequence);
  const modulus = positiveInteger(fields);
  const exponent = positiveInteger(fields);
  fields.finish();
  outer.finish();
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  return new ParsedPublicKey(spki, keyBits, { kind: 'RSA', family: 'RSA', bits }, { modulus, exponent });
}

function positiveInteger(reader: DerReader): Uint8Array {
  const octets = reader.unsignedInteger();
  if (octets[0] === 0) throw malformed('a number is zero');
  return octets;
}

class ParsedPublicKey implements PublicKey {
  readonly spki: Uint8Array;
  readonly keyBits: Uint8Array;
  readonly kind: PublicKeyKind;
  readonly family: PublicKey['family'];
  readonly bits: number;
  readonly rsa: PublicKey['rsa'];
  private imported: KeyObject | null = null;
  private digest: string | null = null;

  constructor(spki: Uint8Array, keyBits: Uint8Array, algorithm: Algorithm, rsa: PublicKey['rsa'] = null) {
    this.spki = spki;
    this.keyBits = keyBits;
    this.kind = algorithm.kind;
    this.family = algorithm.family;
    this.bits = algorithm.bits;
    this.rsa = rsa;
  }

  get sha256(): string {
    this.digest ??= sha256Hex(this.spki);
    return this.digest;
  }

  keyObject(): KeyObject {
    this.imported ??= this.importKey();
    return this.imported;
  }

  /**
   * P-256 and RSA go through JWK: on Node 20 that takes half the time of SPKI, and for RSA a fortieth. Either way OpenSSL
   * refuses a point that is not on its curve.
   */
  private importKey(): KeyObject {
    try {
      if (this.kind === 'P-256') {
        const x = encodeBase64Url(this.keyBits.subarray(1, 33));
        const y = encodeBase64Url(this.keyBits.subarray(33));
        return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
      }
      if (this.rsa !== null) {
        const n = encodeBase64Url(this.rsa.modulus);
        const e = encodeBase64Url(this.rsa.exponent);
        return createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
      }
      return createPublicKey({ key: Buffer.from(this.spki), format: 'der', type: 'spki' });
    } catch (cause) {
      throw new MalformedError('der_malformed', { message: 'a public key is not usable', cause });
    }
  }
}
