import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isCanonicalEcdsaSignature } from '../../src/x509/ecdsa-signature.js';
import { der } from '../../src/x509/der-writer.js';
import { oid } from '../../src/x509/oid.js';
import { parsePublicKey } from '../../src/x509/public-key.js';
import { hasValidSignature, parseSignatureAlgorithm } from '../../src/x509/signature-algorithm.js';
import { thrownBy } from '../thrown-by.js';

const message = Buffer.from('what is signed');
const identifier = (type: string, ...parameters: Uint8Array[]) =>
  der.sequence(der.objectIdentifier(type), ...parameters);
const pss = (hash: string, salt: bigint, mask = hash, parameters: Uint8Array[] = [der.null()]) =>
  identifier(
    oid.rsassaPss,
    der.sequence(
      der.constructedContext(0, identifier(hash, ...parameters)),
      der.constructedContext(1, identifier(oid.mgf1, identifier(mask, ...parameters))),
      der.constructedContext(2, der.integer(salt)),
    ),
  );

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');
const keyOf = (keys: { publicKey: KeyObject }) =>
  parsePublicKey(keys.publicKey.export({ type: 'spki', format: 'der' }));

const padded = (hash: string) =>
  sign(hash, message, {
    key: rsa.privateKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  });

const accepted = [
  ['ecdsa-with-SHA256', identifier(oid.ecdsaWithSha256), ec, sign('sha256', message, ec.privateKey)],
  ['ecdsa-with-SHA384', identifier(oid.ecdsaWithSha384), ec, sign('sha384', message, ec.privateKey)],
  ['ecdsa-with-SHA512', identifier(oid.ecdsaWithSha512), ec, sign('sha512', message, ec.privateKey)],
  [
    'sha256WithRSAEncryption',
    identifier(oid.sha256WithRsaEncryption, der.null()),
    rsa,
    sign('sha256', message, rsa.privateKey),
  ],
  [
    'sha256WithRSAEncryption',
    identifier(oid.sha256WithRsaEncryption),
    rsa,
    sign('sha256', message, rsa.privateKey),
  ],
  [
    'sha384WithRSAEncryption',
    identifier(oid.sha384WithRsaEncryption, der.null()),
    rsa,
    sign('sha384', message, rsa.privateKey),
  ],
  [
    'sha512WithRSAEncryption',
    identifier(oid.sha512WithRsaEncryption, der.null()),
    rsa,
    sign('sha512', message, rsa.privateKey),
  ],
  ['RSASSA-PSS-SHA256', pss(oid.sha256, 32n), rsa, padded('sha256')],
  ['RSASSA-PSS-SHA256', pss(oid.sha256, 32n, oid.sha256, []), rsa, padded('sha256')],
  ['RSASSA-PSS-SHA384', pss(oid.sha384, 48n), rsa, padded('sha384')],
  ['RSASSA-PSS-SHA512', pss(oid.sha512, 64n), rsa, padded('sha512')],
  ['Ed25519', identifier(oid.ed25519), ed, sign(null, message, ed.privateKey)],
] as const;

describe('a signature algorithm', () => {
  it.each(accepted)('may be %s', (name, bytes, keys, signature) => {
    const algorithm = parseSignatureAlgorithm(bytes);
    expect(algorithm?.name).toBe(name);
    if (algorithm === null) return;
    const key = keyOf(keys);
    expect(hasValidSignature({ algorithm, signed: message, signature }, key)).toBe(true);
    const other = Buffer.from('something else');
    expect(hasValidSignature({ algorithm, signed: other, signature }, key)).toBe(false);
  });

  it.each([
    ['SHA-1 with RSA', identifier('1.2.840.113549.1.1.5', der.null())],
    ['MD5 with RSA', identifier('1.2.840.113549.1.1.4', der.null())],
    ['SHA-1 with ECDSA', identifier('1.2.840.10045.4.1')],
    ['DSA', identifier('2.16.840.1.101.3.4.3.2')],
    ['ECDSA with parameters', identifier(oid.ecdsaWithSha256, der.null())],
    ['Ed25519 with parameters', identifier(oid.ed25519, der.null())],
    ['RSA with other parameters', identifier(oid.sha256WithRsaEncryption, der.sequence())],
    ['PSS with default parameters: SHA-1', identifier(oid.rsassaPss, der.sequence())],
    ['PSS without parameters', identifier(oid.rsassaPss)],
    ['PSS with a salt of another length', pss(oid.sha256, 20n)],
    ['PSS with two hashes', pss(oid.sha256, 32n, oid.sha512)],
    ['PSS with SHA-1', pss(oid.sha1, 20n)],
  ])('may not be %s', (_, bytes) => {
    expect(parseSignatureAlgorithm(bytes)).toBeNull();
  });

  it('is malformed without an identifier, or with bytes after its parameters', () => {
    for (const bytes of [
      der.sequence(),
      der.sequence(der.null()),
      identifier('1.2.3', der.null(), der.null()),
      Buffer.concat([identifier('1.2.3'), Buffer.of(0)]),
    ]) {
      expect(thrownBy(() => parseSignatureAlgorithm(bytes))).toMatchObject({ code: 'der_malformed' });
    }
  });

  it('does not verify with a key of another family', () => {
    const algorithm = parseSignatureAlgorithm(identifier(oid.ecdsaWithSha256));
    if (algorithm === null) throw new Error('refused');
    const signature = sign('sha256', message, rsa.privateKey);
    expect(hasValidSignature({ algorithm, signed: message, signature }, keyOf(rsa))).toBe(false);
  });

  it('of RSA does not verify with an EC key, whatever that key has signed', () => {
    const algorithm = parseSignatureAlgorithm(identifier(oid.sha256WithRsaEncryption, der.null()));
    if (algorithm === null) throw new Error('refused');
    const signature = sign('sha256', message, ec.privateKey);
    expect(hasValidSignature({ algorithm, signed: message, signature }, keyOf(ec))).toBe(false);
  });

  it('does not verify with a point off the curve', () => {
    const algorithm = parseSignatureAlgorithm(identifier(oid.ecdsaWithSha256));
    if (algorithm === null) throw new Error('refused');
    const spki = ec.publicKey.export({ type: 'spki', format: 'der' });
    spki[spki.length - 1] = (spki.at(-1) ?? 0) ^ 1;
    const signature = sign('sha256', message, ec.privateKey);
    expect(hasValidSignature({ algorithm, signed: message, signature }, parsePublicKey(spki))).toBe(false);
  });

  it('does not verify with nonsense of any length', () => {
    for (const [, bytes, keys] of accepted) {
      const algorithm = parseSignatureAlgorithm(bytes);
      if (algorithm === null) throw new Error('refused');
      for (const length of [0, 1, 63, 64, 72, 255, 256, 257, 1000]) {
        const signature = Buffer.alloc(length, 0x30);
        expect(hasValidSignature({ algorithm, signed: message, signature }, keyOf(keys))).toBe(false);
      }
    }
  });
});

describe('an ECDSA signature', () => {
  const good = sign('sha256', message, ec.privateKey);
  const pair = (r: Uint8Array, s: Uint8Array) =>
    Buffer.from(der.sequence(der.context(0, r), der.context(0, s))).map((octet) =>
      octet === 0x80 ? 0x02 : octet,
    );
  const one = Buffer.of(1);

  it('is strict DER', () => {
    for (let index = 0; index < 50; index += 1) {
      expect(isCanonicalEcdsaSignature(sign('sha256', message, ec.privateKey), 32)).toBe(true);
    }
    expect(isCanonicalEcdsaSignature(pair(one, one), 32)).toBe(true);
  });

  it('of P-521 has a length of two octets', () => {
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-521' });
    for (let index = 0; index < 10; index += 1) {
      expect(isCanonicalEcdsaSignature(sign('sha512', message, keys.privateKey), 66)).toBe(true);
    }
  });

  it('may be 128 octets long, which takes a second octet for the length', () => {
    const number = Buffer.concat([Buffer.of(0x02, 62), Buffer.alloc(62, 1)]);
    const signature = Buffer.concat([Buffer.of(0x30, 0x81, 0x80), number, number]);
    expect(isCanonicalEcdsaSignature(signature, 66)).toBe(true);
    const indefinite = Buffer.concat([Buffer.of(0x30, 0x80), number, number]);
    expect(isCanonicalEcdsaSignature(indefinite, 66)).toBe(false);
    const longer = Buffer.concat([Buffer.of(0x02, 63), Buffer.alloc(63, 1)]);
    expect(isCanonicalEcdsaSignature(Buffer.concat([Buffer.of(0x30, 0x82), longer, longer]), 66)).toBe(false);
  });

  it('may have numbers as long as the order, behind a zero or not', () => {
    const long = Buffer.alloc(32, 0x7f);
    const padded = Buffer.concat([Buffer.of(0), Buffer.alloc(32, 0xff)]);
    expect(isCanonicalEcdsaSignature(pair(long, padded), 32)).toBe(true);
  });

  it.each([
    ['a length that is too short', Buffer.from('3005020101020101', 'hex')],
    ['a length that is too long', Buffer.from('3007020101020101', 'hex')],
    ['a first number of another type', Buffer.from('3006040101020101', 'hex')],
    ['a second number of another type', Buffer.from('3006020101040101', 'hex')],
    ['a number of 80', Buffer.from('3006020180020101', 'hex')],
    ['a second number of zero', Buffer.from('3006020101020100', 'hex')],
    ['one number in place of the sequence', Buffer.from('30020105', 'hex')],
    ['bytes after it', Buffer.concat([good, Buffer.of(0)])],
    [
      'bytes inside, after the numbers',
      Buffer.concat([Buffer.of(0x30, 8), Buffer.from('0201010201010500', 'hex')]),
    ],
    ['a long length', Buffer.concat([Buffer.of(0x30, 0x81), good.subarray(1)])],
    ['the indefinite form', Buffer.from('30800201010201010000', 'hex')],
    ['a negative number', pair(Buffer.of(0xff), one)],
    ['zero', pair(Buffer.of(0), one)],
    ['a needless leading zero', pair(Buffer.of(0, 1), one)],
    ['an empty number', pair(Buffer.alloc(0), one)],
    ['a number longer than the order', pair(Buffer.alloc(33, 1), one)],
    [
      'a number longer than the order, behind a zero',
      pair(Buffer.concat([Buffer.of(0), Buffer.alloc(33, 0xff)]), one),
    ],
    ['one number', Buffer.from('3003020101', 'hex')],
    ['a number that runs beyond the end', Buffer.from('3006020101020201', 'hex')],
    ['another tag', Buffer.from('3106020101020101', 'hex')],
    ['nothing', Buffer.alloc(0)],
  ])('is not one with %s', (_, signature) => {
    expect(isCanonicalEcdsaSignature(signature, 32)).toBe(false);
  });
});
