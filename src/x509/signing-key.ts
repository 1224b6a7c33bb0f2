// x509: imports core and x509 only.

import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { ConfigurationError } from '../core/errors.js';
import { der } from './der-writer.js';
import { oid } from './oid.js';
import { parsePublicKey, type PublicKey } from './public-key.js';

/** A private key that signs certificates, CRLs, OCSP answers and requests, wherever it is kept. */
export interface SigningKey {
  /** DER AlgorithmIdentifier of its signatures. */
  readonly signatureAlgorithm: Uint8Array;
  /** DER SubjectPublicKeyInfo of its public half. */
  readonly publicKey: Uint8Array;
  /** Signs the bytes: the value of a signature bit string. Rejects if the key store could not be asked. */
  sign(data: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A signing key in this process, which needs no waiting for. */
export interface LocalSigningKey extends SigningKey {
  sign(data: Uint8Array): Uint8Array;
}

/** What is signed with: one algorithm for each kind of key, so that nobody chooses a weak one. */
export interface SignatureScheme {
  readonly identifier: Uint8Array;
  readonly hash: 'sha256' | 'sha384' | null;
}

const ecdsaSha256: SignatureScheme = { identifier: algorithm(oid.ecdsaWithSha256), hash: 'sha256' };
const ecdsaSha384: SignatureScheme = { identifier: algorithm(oid.ecdsaWithSha384), hash: 'sha384' };
const rsaSha256: SignatureScheme = {
  identifier: algorithm(oid.sha256WithRsaEncryption, der.null()),
  hash: 'sha256',
};
const ed25519: SignatureScheme = { identifier: algorithm(oid.ed25519), hash: null };

/**
 * Makes a signing key of a private key of node:crypto: P-256 (ECDSA with SHA-256), P-384 (ECDSA with SHA-384), RSA of 2048
 * to 4096 bits (PKCS #1 v1.5 with SHA-256) or Ed25519. P-256 is the one to choose: it signs 30 times faster than P-384.
 *
 * @throws ConfigurationError `privateKey` if it is not a private key of one of these kinds
 */
export function createSigningKey(privateKey: KeyObject): LocalSigningKey {
  if (privateKey.type !== 'private') {
    throw new ConfigurationError('privateKey', { message: 'must be a private key' });
  }
  const publicKey = readSpki(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }));
  const { identifier, hash } = findSignatureScheme(publicKey);
  return {
    signatureAlgorithm: identifier,
    publicKey: publicKey.spki,
    sign: (data) => sign(hash, data, privateKey),
  };
}

/**
 * The one algorithm that a key signs with.
 *
 * @throws ConfigurationError `privateKey` if we sign with no key of this kind
 */
export function findSignatureScheme(publicKey: PublicKey): SignatureScheme {
  switch (publicKey.kind) {
    case 'P-256':
      return ecdsaSha256;
    case 'P-384':
      return ecdsaSha384;
    case 'Ed25519':
      return ed25519;
    case 'RSA':
      if (publicKey.bits >= 2048 && publicKey.bits <= 4096) return rsaSha256;
      throw new ConfigurationError('privateKey', { message: 'an RSA key must have 2048 to 4096 bits' });
    case 'P-521':
    case 'other':
      throw new ConfigurationError('privateKey', { message: 'must be of P-256, P-384, RSA or Ed25519' });
  }
}

/**
 * Reads the public half of a signing key.
 *
 * @throws ConfigurationError `publicKey` if it is no usable key
 */
export function readSpki(spki: Uint8Array): PublicKey {
  try {
    const publicKey = parsePublicKey(spki);
    publicKey.keyObject();
    return publicKey;
  } catch (cause) {
    throw new ConfigurationError('publicKey', {
      message: 'is not the DER SubjectPublicKeyInfo of a usable key',
      cause,
    });
  }
}

function algorithm(id: string, ...parameters: readonly Uint8Array[]): Uint8Array {
  return der.sequence(der.objectIdentifier(id), ...parameters);
}
