import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify, webcrypto } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, UnavailableError } from '../../src/core/errors.js';
import { parsePublicKey } from '../../src/x509/public-key.js';
import {
  createSigningKey,
  findSignatureScheme,
  readSpki,
  type SigningKey,
} from '../../src/x509/signing-key.js';
import { createVerifiedSigningKey } from '../../src/x509/verified-signing-key.js';
import { createWebCryptoSigningKey } from '../../src/x509/web-crypto-signing-key.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';

const data = Buffer.from('to be signed');

function verifies(key: SigningKey, hash: string | null, signature: Uint8Array): boolean {
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' });
  return verify(hash, data, publicKey, signature);
}

const pairs = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  Ed25519: generateKeyPairSync('ed25519'),
};

describe('a signing key', () => {
  it.each([
    ['P-256', 'sha256', '300a06082a8648ce3d040302'],
    ['P-384', 'sha384', '300a06082a8648ce3d040303'],
    ['RSA', 'sha256', '300d06092a864886f70d01010b0500'],
    ['Ed25519', null, '300506032b6570'],
  ] as const)('of %s signs with its one algorithm', (kind, hash, identifier) => {
    const key = createSigningKey(pairs[kind].privateKey);
    expect(Buffer.from(key.signatureAlgorithm).toString('hex')).toBe(identifier);
    expect(verifies(key, hash, key.sign(data))).toBe(true);
  });

  const kinds = 'must be of P-256, P-384, RSA or Ed25519';
  it.each<[string, KeyObject, string]>([
    ['is public', pairs['P-256'].publicKey, 'must be a private key'],
    ['is of P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey, kinds],
    ['is of secp256k1', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey, kinds],
    [
      'has an RSA modulus of 1024 bits',
      generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey,
      'an RSA key must have 2048 to 4096 bits',
    ],
    ['is of Ed448', generateKeyPairSync('ed448').privateKey, kinds],
  ])('is refused if it %s', (_why, privateKey, rule) => {
    const error = thrownBy(() => createSigningKey(privateKey));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: 'privateKey', message: `privateKey: ${rule}` });
  });

  it('may be RSA of 2048 to 4096 bits', () => {
    const schemeOf = (bits: number) => findSignatureScheme({ ...rsaKey, bits });
    const rsaKey = parsePublicKey(createSigningKey(pairs.RSA.privateKey).publicKey);
    expect(schemeOf(2048).hash).toBe('sha256');
    expect(schemeOf(4096).hash).toBe('sha256');
    for (const bits of [2047, 4097]) {
      expect(thrownBy(() => schemeOf(bits))).toMatchObject({
        option: 'privateKey',
        message: 'privateKey: an RSA key must have 2048 to 4096 bits',
      });
    }
  });

  it('has a public half that can be read', () => {
    const spki = Uint8Array.from(createSigningKey(pairs['P-256'].privateKey).publicKey);
    spki[spki.length - 1] = (spki.at(-1) ?? 0) ^ 1;
    const error = thrownBy(() => readSpki(spki));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({
      option: 'publicKey',
      message: 'publicKey: is not the DER SubjectPublicKeyInfo of a usable key',
      cause: { code: 'der_malformed' },
    });
  });
});

// Its own types name those of a browser, which are not known here.
const { Crypto: PeculiarCrypto }: { readonly Crypto: new () => { readonly subtle: webcrypto.SubtleCrypto } } =
  await import('@peculiar/webcrypto');
const implementations = {
  'node:crypto': webcrypto.subtle,
  '@peculiar/webcrypto': new PeculiarCrypto().subtle,
};
const algorithms = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384' },
  RSA: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
  },
};

describe('a signing key behind the Web Cryptography API', () => {
  for (const [implementation, subtle] of Object.entries(implementations)) {
    it.each(Object.entries(algorithms))(
      `of ${implementation} signs with %s, in DER`,
      async (kind, algorithm) => {
        const { privateKey, publicKey } = await subtle.generateKey(algorithm, false, ['sign', 'verify']);
        const spki = new Uint8Array(await subtle.exportKey('spki', publicKey));
        const key = createWebCryptoSigningKey({ subtle, privateKey, publicKey: spki });
        const hash = kind === 'P-384' ? 'sha384' : 'sha256';
        // Often enough for integers that need a sign octet, or are short.
        for (let round = 0; round < 8; round += 1)
          expect(verifies(key, hash, await key.sign(data))).toBe(true);
      },
    );
  }

  it('is refused if it may not sign, is public, or is of another algorithm than the public key', async () => {
    const { subtle } = webcrypto;
    const ecdsa = await subtle.generateKey(algorithms['P-256'], false, ['sign', 'verify']);
    const ecdh = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
    const rsa = await subtle.generateKey(algorithms.RSA, false, ['sign', 'verify']);
    const spki = new Uint8Array(await subtle.exportKey('spki', ecdsa.publicKey));
    const notToSign = 'privateKey: must be a private key that may be used to sign';
    const ofAnother = 'privateKey: is of another algorithm than the public key';
    for (const [privateKey, message] of [
      [ecdsa.publicKey, notToSign],
      [ecdh.privateKey, notToSign],
      [rsa.privateKey, ofAnother],
    ] as const) {
      const error = thrownBy(() => createWebCryptoSigningKey({ subtle, privateKey, publicKey: spki }));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({ option: 'privateKey', message });
    }
    const claims = { type: 'public', algorithm: { name: 'ECDSA' }, usages: ['sign'] };
    const never = { sign: () => Promise.reject(new Error('was asked to sign')) };
    expect(
      thrownBy(() => createWebCryptoSigningKey({ subtle: never, privateKey: claims, publicKey: spki })),
    ).toMatchObject({ option: 'privateKey', message: notToSign });
    expect(
      thrownBy(() =>
        createWebCryptoSigningKey({ subtle, privateKey: ecdsa.privateKey, publicKey: spki.subarray(1) }),
      ),
    ).toBeInstanceOf(ConfigurationError);
  });

  it('asks for the algorithm of its kind, and takes what is no ECDSA as it comes', async () => {
    const asked: unknown[] = [];
    for (const [kind, name] of [
      ['P-256', 'ECDSA'],
      ['P-384', 'ECDSA'],
      ['RSA', 'RSASSA-PKCS1-v1_5'],
      ['Ed25519', 'Ed25519'],
    ] as const) {
      const { privateKey, publicKey } = pairs[kind];
      const subtle = {
        sign: async (algorithm: { name: string; hash?: string }, _key: unknown, bytes: Uint8Array) => {
          asked.push(algorithm);
          const hash = algorithm.hash?.replace('-', '').toLowerCase() ?? null;
          const signature = sign(hash, bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' });
          return Uint8Array.from(signature).buffer;
        },
      };
      const key = createWebCryptoSigningKey({
        subtle,
        privateKey: { type: 'private', algorithm: { name }, usages: ['sign'] },
        publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      });
      const hash = { 'P-256': 'sha256', 'P-384': 'sha384', RSA: 'sha256', Ed25519: null }[kind];
      expect(verifies(key, hash, await key.sign(data))).toBe(true);
    }
    expect(asked).toEqual([
      { name: 'ECDSA', hash: 'SHA-256' },
      { name: 'ECDSA', hash: 'SHA-384' },
      { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
      { name: 'Ed25519' },
    ]);
  });

  it('signs nothing if the public key is that of another key', async () => {
    const { subtle } = webcrypto;
    const [one, other] = await Promise.all([
      subtle.generateKey(algorithms['P-256'], false, ['sign', 'verify']),
      subtle.generateKey(algorithms['P-256'], false, ['sign', 'verify']),
    ]);
    const publicKey = new Uint8Array(await subtle.exportKey('spki', other.publicKey));
    const key = createWebCryptoSigningKey({ subtle, privateKey: one.privateKey, publicKey });
    const error = await rejectionOf(Promise.resolve(key.sign(data)));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'authority_unavailable' });
  });
});

describe('a signing key that is checked', () => {
  const genuine = createSigningKey(pairs['P-256'].privateKey);
  const answering = (sign: SigningKey['sign']): SigningKey => createVerifiedSigningKey({ ...genuine, sign });

  it('hands out a signature that verifies', async () => {
    const key = answering(async (bytes) => genuine.sign(bytes));
    expect(verifies(key, 'sha256', await key.sign(data))).toBe(true);
  });

  it.each<[string, SigningKey['sign']]>([
    [
      'throws',
      () => {
        throw new Error('the HSM is away');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('the HSM is away'))],
    ['signs other bytes', () => genuine.sign(Buffer.from('other'))],
    ['answers with nothing', () => new Uint8Array(0)],
    ['answers r and s as they are', () => new Uint8Array(64).fill(1)],
    [
      'signs with another key',
      (bytes) => createSigningKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey).sign(bytes),
    ],
  ])('is unavailable if the key store %s', async (_what, sign) => {
    const error = await rejectionOf(Promise.resolve(answering(sign).sign(data)));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'authority_unavailable' });
  });

  it('says what the key store did, and keeps what it threw', async () => {
    const away = new Error('the HSM is away');
    const failed = await rejectionOf(Promise.resolve(answering(async () => Promise.reject(away)).sign(data)));
    expect(failed).toMatchObject({
      message: 'the key store of the certificate authority did not sign',
      cause: away,
    });
    const wrong = await rejectionOf(Promise.resolve(answering(() => new Uint8Array(0)).sign(data)));
    expect(wrong).toMatchObject({
      message: 'the key store of the certificate authority gave a wrong signature',
    });
    expect(wrong).not.toHaveProperty('cause');
  });

  it('passes on what a key store says of itself', async () => {
    const busy = new UnavailableError('authority_unavailable', { message: 'the HSM is busy' });
    expect(await rejectionOf(Promise.resolve(answering(async () => Promise.reject(busy)).sign(data)))).toBe(
      busy,
    );
  });

  it('is refused if its algorithm is not one that we accept, or does not fit the key', () => {
    const sha1 = Buffer.from('300906072a8648ce3d0401', 'hex');
    const { signatureAlgorithm: ofRsa } = createSigningKey(pairs.RSA.privateKey);
    for (const signatureAlgorithm of [sha1, ofRsa]) {
      const error = thrownBy(() => createVerifiedSigningKey({ ...genuine, signatureAlgorithm }));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({
        option: 'signatureAlgorithm',
        message: 'signatureAlgorithm: is refused, or does not fit the public key',
      });
    }
  });
});
