// authentication: imports core, contracts, x509.

import type { KeyObject } from 'node:crypto';
import { encodeBase64Url, sha256 } from '../../core/bytes.js';

/** The members that make up the thumbprint of a key type, in lexicographic order (RFC 7638 section 3.2, RFC 8037 section 2). */
const thumbprintMembers = new Map<string | undefined, readonly string[]>([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['OKP', ['crv', 'kty', 'x']],
  ['RSA', ['e', 'kty', 'n']],
]);

/**
 * Computes the SHA-256 thumbprint of a public key, base64url (RFC 7638).
 *
 * @returns `null` for a key that has no form as JWK
 */
export function computeJwkThumbprint(publicKey: KeyObject): string | null {
  let jwk: Readonly<Record<string, unknown>>;
  try {
    jwk = { ...publicKey.export({ format: 'jwk' }) };
  } catch {
    return null;
  }
  const members = thumbprintMembers.get(typeof jwk['kty'] === 'string' ? jwk['kty'] : undefined);
  if (members === undefined) return null;
  const canonical = JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]])));
  return encodeBase64Url(sha256(Buffer.from(canonical)));
}
