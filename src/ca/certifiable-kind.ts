// ca: imports core, contracts, x509.

import { MalformedError } from '../core/errors.js';
import { verifyCertifiableKey } from '../x509/certifiable-key.js';
import { parsePublicKey, type PublicKey } from '../x509/public-key.js';

/** Whether a key is of a kind and size that we certify. Whether it is a good one of that kind is not asked. */
export function isCertifiableKind({ kind, bits }: PublicKey): boolean {
  if (kind === 'RSA') return bits >= 2048 && bits <= 4096;
  return kind === 'P-256' || kind === 'P-384' || kind === 'Ed25519';
}

/**
 * Reads the key that a certificate is asked for. That a point is on its curve was proven when the request's signature was
 * verified with it; to prove that again would cost more than all the rest of issuance but the signature.
 *
 * @throws MalformedError `csr_key_unsupported`
 */
export function parseCertifiableKey(spki: Uint8Array): PublicKey {
  const key = parse(spki);
  if (key.kind === 'RSA') return verifyCertifiableKey(key);
  if (isCertifiableKind(key)) return key;
  throw new MalformedError('csr_key_unsupported', { message: 'the key is of a kind that we do not certify' });
}

function parse(spki: Uint8Array): PublicKey {
  try {
    return parsePublicKey(spki);
  } catch (cause) {
    throw new MalformedError('csr_key_unsupported', { message: 'the key cannot be read', cause });
  }
}
