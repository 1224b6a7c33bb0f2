// x509: imports core and x509 only.

import { ConfigurationError, UnavailableError } from '../core/errors.js';
import { parseSignatureAlgorithm, hasValidSignature } from './signature-algorithm.js';
import { readSpki, type SigningKey } from './signing-key.js';

/**
 * Puts a check behind a signing key that this library did not make itself, such as one in an HSM or a cloud key service:
 * every signature is verified with the public key before it is handed out. A key store may hold another key under the
 * name, answer in another format, or fail in a way that gives the key away.
 *
 * Its `sign` rejects with {@link UnavailableError} `authority_unavailable` if the key store throws or signs wrongly.
 *
 * @throws ConfigurationError `publicKey` or `signatureAlgorithm` if it is not one that we accept, or does not fit the other
 */
export function createVerifiedSigningKey(key: SigningKey): SigningKey {
  const publicKey = readSpki(key.publicKey);
  const algorithm = parseSignatureAlgorithm(key.signatureAlgorithm);
  if (algorithm === null || algorithm.family !== publicKey.family) {
    throw new ConfigurationError('signatureAlgorithm', {
      message: 'is refused, or does not fit the public key',
    });
  }
  return {
    signatureAlgorithm: key.signatureAlgorithm,
    publicKey: publicKey.spki,
    sign: async (data) => {
      const signature = await askKeyStore(key, data);
      if (hasValidSignature({ algorithm, signed: data, signature }, publicKey)) return signature;
      throw keyStoreFailed('gave a wrong signature');
    },
  };
}

async function askKeyStore(key: SigningKey, data: Uint8Array): Promise<Uint8Array> {
  try {
    return await key.sign(data);
  } catch (cause) {
    if (cause instanceof UnavailableError) throw cause;
    throw keyStoreFailed('did not sign', cause);
  }
}

function keyStoreFailed(what: string, cause?: unknown): UnavailableError {
  const message = `the key store of the certificate authority ${what}`;
  return new UnavailableError(
    'authority_unavailable',
    cause === undefined ? { message } : { message, cause },
  );
}
