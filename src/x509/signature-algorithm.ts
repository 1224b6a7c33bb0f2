// x509: imports core and x509 only.

import { constants, verify } from 'node:crypto';
import { encodeHex } from '../core/bytes.js';
import { checkAlgorithmIdentifier } from './algorithm-identifier.js';
import { isCanonicalEcdsaSignature } from './ecdsa-signature.js';
import type { PublicKey } from './public-key.js';

/** A signature algorithm that we accept: what is not in the table of this file (SHA-1, MD5, DSA, ...) does not exist for us. */
export interface SignatureAlgorithm {
  readonly name: SignatureAlgorithmName;
  /** The kind of key it needs. */
  readonly family: 'EC' | 'RSA' | 'Ed25519';
  /** Hash of the message; `null` where the scheme has its own. */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
  /** RSASSA-PSS (RFC 8017 section 8.1) with a salt as long as the hash, as RFC 8446 section 4.2.3 has it. */
  readonly pss: boolean;
}

export type SignatureAlgorithmName =
  | 'ecdsa-with-SHA256'
  | 'ecdsa-with-SHA384'
  | 'ecdsa-with-SHA512'
  | 'sha256WithRSAEncryption'
  | 'sha384WithRSAEncryption'
  | 'sha512WithRSAEncryption'
  | 'RSASSA-PSS-SHA256'
  | 'RSASSA-PSS-SHA384'
  | 'RSASSA-PSS-SHA512'
  | 'Ed25519';

/** No algorithm that we accept has a longer encoding. */
const MAX_BYTES = 67;

/** Every AlgorithmIdentifier that we accept, as hex of its DER. ECDSA (RFC 5758) and Ed25519 (RFC 8410) have no parameters. */
const table = new Map<string, SignatureAlgorithm>([
  ['300a06082a8648ce3d040302', algorithm('ecdsa-with-SHA256', 'EC', 'sha256')],
  ['300a06082a8648ce3d040303', algorithm('ecdsa-with-SHA384', 'EC', 'sha384')],
  ['300a06082a8648ce3d040304', algorithm('ecdsa-with-SHA512', 'EC', 'sha512')],
  ...rsaEncodings('0b', algorithm('sha256WithRSAEncryption', 'RSA', 'sha256')),
  ...rsaEncodings('0c', algorithm('sha384WithRSAEncryption', 'RSA', 'sha384')),
  ...rsaEncodings('0d', algorithm('sha512WithRSAEncryption', 'RSA', 'sha512')),
  ['300506032b6570', algorithm('Ed25519', 'Ed25519', null)],
  ...pssEncodings('01', 32, algorithm('RSASSA-PSS-SHA256', 'RSA', 'sha256', true)),
  ...pssEncodings('02', 48, algorithm('RSASSA-PSS-SHA384', 'RSA', 'sha384', true)),
  ...pssEncodings('03', 64, algorithm('RSASSA-PSS-SHA512', 'RSA', 'sha512', true)),
]);

/** The algorithm of a DER AlgorithmIdentifier; `null` if it is not one that we accept. */
export function findSignatureAlgorithm(der: Uint8Array): SignatureAlgorithm | null {
  return table.get(der.length <= MAX_BYTES ? encodeHex(der) : '') ?? null;
}

/**
 * Reads a DER AlgorithmIdentifier that comes from outside.
 *
 * @returns `null` if it is well formed, and not one that we accept
 * @throws MalformedError `der_malformed`
 */
export function parseSignatureAlgorithm(der: Uint8Array): SignatureAlgorithm | null {
  const known = findSignatureAlgorithm(der);
  if (known === null) checkAlgorithmIdentifier(der);
  return known;
}

/** What is signed, how, and by whom; used for certificates, CRLs, requests and OCSP answers alike. */
export interface SignedBytes {
  readonly algorithm: SignatureAlgorithm;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * Whether the signature over the bytes verifies with the key. A key of another family, a key that is no key (a point off
 * its curve) and an ECDSA signature that is not strict DER all make it `false`.
 */
export function hasValidSignature(bytes: SignedBytes, key: PublicKey): boolean {
  const { algorithm, signed, signature } = bytes;
  if (key.family !== algorithm.family) return false;
  if (algorithm.family === 'EC' && !isCanonicalEcdsaSignature(signature, Math.ceil(key.bits / 8)))
    return false;
  try {
    const keyObject = key.keyObject();
    if (!algorithm.pss) return verify(algorithm.hash, signed, keyObject, signature);
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    return verify(algorithm.hash, signed, { key: keyObject, padding, saltLength }, signature);
  } catch {
    // OpenSSL throws for keys and signatures that it cannot begin to use: that too is no valid signature.
    return false;
  }
}

function algorithm(
  name: SignatureAlgorithmName,
  family: SignatureAlgorithm['family'],
  hash: SignatureAlgorithm['hash'],
  pss = false,
): SignatureAlgorithm {
  return { name, family, hash, pss };
}

/** RFC 4055 section 5: the parameters are NULL, and everybody must take absent ones for the same. */
function rsaEncodings(arc: string, value: SignatureAlgorithm): (readonly [string, SignatureAlgorithm])[] {
  return ['0500', ''].map((parameters) => [tlv('30', `06092a864886f70d0101${arc}${parameters}`), value]);
}

/**
 * The encodings of id-RSASSA-PSS with one hash for message and MGF1 and a salt of the same length. RFC 4055 section 2.1
 * has the NULL parameters of a hash be the same as none, so there are four.
 */
function pssEncodings(
  hashArc: string,
  saltLength: number,
  value: SignatureAlgorithm,
): (readonly [string, SignatureAlgorithm])[] {
  const hashes = ['0500', ''].map((parameters) => tlv('30', `06096086480165030402${hashArc}${parameters}`));
  const salt = tlv('a2', tlv('02', byte(saltLength)));
  return hashes.flatMap((hash) =>
    hashes.map((maskHash) => {
      const mask = tlv('a1', tlv('30', `06092a864886f70d010108${maskHash}`));
      const parameters = tlv('30', tlv('a0', hash) + mask + salt);
      return [tlv('30', `06092a864886f70d01010a${parameters}`), value] as const;
    }),
  );
}

function tlv(tag: string, contentHex: string): string {
  return tag + byte(contentHex.length / 2) + contentHex;
}

function byte(value: number): string {
  return value.toString(16).padStart(2, '0');
}
