// x509: imports core and x509 only.

import { ConfigurationError } from '../core/errors.js';
import { der } from './der-writer.js';
import { findSignatureScheme, readSpki, type SigningKey } from './signing-key.js';
import { createVerifiedSigningKey } from './verified-signing-key.js';

/** What is asked of an implementation of the Web Cryptography API: signing, nothing else. */
export interface WebCryptoSigner<Key> {
  sign(algorithm: { name: string; hash?: string }, key: Key, data: Uint8Array): Promise<ArrayBuffer>;
}

/** What is read of its keys. */
export interface WebCryptoPrivateKey {
  readonly type: string;
  readonly algorithm: { readonly name: string };
  readonly usages: readonly string[];
}

/** A key that a Web Cryptography implementation holds. */
export interface WebCryptoSigningKeyOptions<Key extends WebCryptoPrivateKey> {
  /** The `subtle` of `node:crypto`, of a PKCS #11 module (an HSM), or of any other implementation. */
  readonly subtle: WebCryptoSigner<Key>;
  /** Need not be extractable. */
  readonly privateKey: Key;
  /** DER SubjectPublicKeyInfo of its public half, as in the CA's certificate or from `exportKey('spki', ...)`. */
  readonly publicKey: Uint8Array;
}

/** Names of the algorithms in the Web Cryptography API, by family. */
const algorithmNames = { EC: 'ECDSA', RSA: 'RSASSA-PKCS1-v1_5', Ed25519: 'Ed25519' } as const;

/**
 * Makes a signing key of one that an implementation of the Web Cryptography API holds, such as an HSM behind PKCS #11. It
 * signs with the same algorithms as {@link createSigningKey}.
 *
 * Every signature is verified with `publicKey` before it is handed out: a key store may hold another key under the name, or fail.
 *
 * @throws ConfigurationError if the key is not a private one that may sign, or its algorithm is not that of the public key
 */
export function createWebCryptoSigningKey<Key extends WebCryptoPrivateKey>(
  options: WebCryptoSigningKeyOptions<Key>,
): SigningKey {
  const { subtle, privateKey } = options;
  const publicKey = readSpki(options.publicKey);
  const { identifier, hash } = findSignatureScheme(publicKey);
  const name = publicKey.family === 'other' ? '' : algorithmNames[publicKey.family];
  if (privateKey.type !== 'private' || !privateKey.usages.includes('sign')) {
    throw new ConfigurationError('privateKey', { message: 'must be a private key that may be used to sign' });
  }
  if (privateKey.algorithm.name !== name) {
    throw new ConfigurationError('privateKey', { message: 'is of another algorithm than the public key' });
  }
  const algorithm = hash === null ? { name } : { name, hash: hash === 'sha256' ? 'SHA-256' : 'SHA-384' };

  async function sign(data: Uint8Array): Promise<Uint8Array> {
    const signature = new Uint8Array(await subtle.sign(algorithm, privateKey, data));
    return publicKey.family === 'EC' ? encodeEcdsaSignature(signature) : signature;
  }

  return createVerifiedSigningKey({ signatureAlgorithm: identifier, publicKey: publicKey.spki, sign });
}

/** The API has r and s one after the other in as many octets as the curve has; X.509 has them in DER (RFC 3279 section 2.2.3). */
function encodeEcdsaSignature(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  return der.sequence(der.integer(raw.subarray(0, half)), der.integer(raw.subarray(half)));
}
