// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A key pair that was made just now. */
export interface NewKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** P-256: what phones, proxies and this library do fastest. */
export function createKey(): NewKey {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** PKCS#8 in PEM. */
export function exportPrivateKey({ privateKey }: NewKey): string {
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** DER SubjectPublicKeyInfo. */
export function exportPublicKey({ publicKey }: NewKey): Uint8Array {
  return publicKey.export({ format: 'der', type: 'spki' });
}
