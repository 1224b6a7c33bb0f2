import { createHash, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import type { AccessToken, TokenPresenter } from '../../../src/index.js';
import { forgeCertificate, name, newKeyPair } from '../../x509/forge.js';

export const DEVICE_ID = '0b1c2d3e-4f50-4162-8738-495a6b7c8d9e';

export const tokenWith = (claims: Record<string, unknown>): AccessToken => ({
  subject: 'alice',
  scopes: [],
  expiresAt: new Date('2026-01-01T00:00:00Z'),
  claims: { sub: 'alice', ...claims },
});

export const newPublicKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;

/** A device with a new certificate for the key. */
export function presenterWith(publicKey: KeyObject = newPublicKey()): TokenPresenter {
  const keys = newKeyPair();
  return presenterOf(
    forgeCertificate({
      keys,
      subject: name('device'),
      spki: publicKey.export({ format: 'der', type: 'spki' }),
    }),
  );
}

export function presenterOf(certificate: Uint8Array): TokenPresenter {
  const spki = new X509Certificate(certificate).publicKey.export({ format: 'der', type: 'spki' });
  const publicKeySha256 = createHash('sha256').update(spki).digest('hex');
  return { deviceId: DEVICE_ID, certificate, publicKeySha256 };
}

export const x5t = ({ certificate }: TokenPresenter): string =>
  createHash('sha256').update(certificate).digest('base64url');
