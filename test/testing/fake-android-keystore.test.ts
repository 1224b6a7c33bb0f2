import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { createFakeAndroidKeystore } from 'device-trust/testing';
import { describe, expect, it } from 'vitest';

const keystore = createFakeAndroidKeystore({ packageName: 'com.example.other' });
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const challenge = randomBytes(32);
const read = (chain: readonly string[]) =>
  chain.map((text) => new X509Certificate(Buffer.from(text, 'base64')));

describe('a fake Android key store', () => {
  it.each(['remotely-provisioned', 'factory', 'direct'] as const)(
    'makes chains of shape %s that another reader of certificates verifies',
    (shape) => {
      const chain = read(keystore.attest({ publicKey, challenge, shape }).chain);
      for (const [index, certificate] of chain.entries()) {
        const issuer = chain[index + 1] ?? certificate;
        expect(certificate.checkIssued(issuer)).toBe(true);
        expect(certificate.verify(issuer.publicKey)).toBe(true);
      }
      expect(keystore.roots.map((pem) => new X509Certificate(pem).fingerprint256)).toContain(
        chain.at(-1)?.fingerprint256,
      );
    },
  );

  it('attests a key given by either half, or by its bytes', () => {
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    for (const key of [publicKey, privateKey, spki]) {
      const [leaf] = read(keystore.attest({ publicKey: key, challenge }).chain);
      expect(leaf?.publicKey.export({ format: 'der', type: 'spki' })).toEqual(spki);
    }
  });

  it('says what it is told to say', () => {
    const evidence = keystore.attest({
      publicKey,
      challenge,
      change: (honest) => ({ ...honest, uniqueId: Buffer.from('changed').toString('hex') }),
    });
    const [leaf] = read(evidence.chain);
    expect(evidence.provider).toBe('android-key-attestation');
    expect(leaf?.raw.includes('changed')).toBe(true);
    expect(leaf?.raw.includes(challenge)).toBe(true);
    expect(leaf?.raw.includes('com.example.other')).toBe(true);
  });
});
