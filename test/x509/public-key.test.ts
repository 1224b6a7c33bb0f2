import type { createPublicKey } from 'node:crypto';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MalformedError } from '../../src/core/errors.js';
import { verifyCertifiableKey } from '../../src/x509/certifiable-key.js';
import { der } from '../../src/x509/der-writer.js';
import { oid } from '../../src/x509/oid.js';
import { parsePublicKey } from '../../src/x509/public-key.js';
import { thrownBy } from '../thrown-by.js';

const spkiOf = (keys: { publicKey: ReturnType<typeof createPublicKey> }): Buffer =>
  keys.publicKey.export({ type: 'spki', format: 'der' });

const p256 = spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
const point = p256.subarray(-65);
const rsa2048 = generateKeyPairSync('rsa', { modulusLength: 2048 });

const ecKey = (parameters: Uint8Array, bits: Uint8Array) =>
  der.sequence(der.sequence(der.objectIdentifier(oid.ecPublicKey), parameters), der.bitString(bits));
const prime256v1 = der.objectIdentifier(oid.prime256v1);

const rsaKey = (modulus: bigint, exponent: bigint, parameters: Uint8Array = der.null()) =>
  der.sequence(
    der.sequence(der.objectIdentifier(oid.rsaEncryption), parameters),
    der.bitString(der.sequence(der.integer(modulus), der.integer(exponent))),
  );

/** The modulus of a real key: nothing but its size and its factors matter to these tests. */
const modulus = BigInt(
  `0x${Buffer.from(rsa2048.publicKey.export({ format: 'jwk' }).n ?? '', 'base64url').toString('hex')}`,
);

function expectCode(code: string, call: () => unknown): void {
  const error = thrownBy(call);
  expect(error).toBeInstanceOf(MalformedError);
  expect(error).toMatchObject({ code });
}

describe('a public key', () => {
  it.each([
    ['P-256', 'EC', 256, p256],
    ['P-384', 'EC', 384, spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }))],
    ['P-521', 'EC', 521, spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-521' }))],
    ['RSA', 'RSA', 2048, spkiOf(rsa2048)],
    ['Ed25519', 'Ed25519', 256, spkiOf(generateKeyPairSync('ed25519'))],
  ])('of kind %s is read, and is the key that node:crypto reads', (kind, family, bits, spki) => {
    const key = parsePublicKey(spki);
    expect(key).toMatchObject({ kind, family, bits });
    expect(Buffer.from(key.spki)).toEqual(spki);
    expect(key.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(key.keyObject().export({ type: 'spki', format: 'der' })).toEqual(spki);
    expect(key.keyObject()).toBe(key.keyObject());
  });

  it('tells the size of an RSA modulus in bits', () => {
    expect(parsePublicKey(rsaKey((1n << 2046n) + 1n, 65537n)).bits).toBe(2047);
    expect(parsePublicKey(rsaKey((1n << 2047n) + 1n, 65537n)).bits).toBe(2048);
    expect(parsePublicKey(rsaKey(1n << 2048n, 65537n)).bits).toBe(2049);
  });

  it.each([
    ['another curve', spkiOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }))],
    ['a curve given by its equation', ecKey(der.sequence(der.integer(1n)), point)],
    ['a compressed point', ecKey(prime256v1, Buffer.concat([Buffer.of(2), point.subarray(1, 33)]))],
    ['a compressed point below', ecKey(prime256v1, Buffer.concat([Buffer.of(3), point.subarray(1, 33)]))],
    ['RSA limited to PSS', spkiOf(generateKeyPairSync('rsa-pss', { modulusLength: 1024 }))],
    ['X25519', spkiOf(generateKeyPairSync('x25519'))],
    ['RSA without NULL', rsaKey(modulus, 65537n, new Uint8Array())],
    [
      'Ed25519 with parameters',
      der.sequence(
        der.sequence(der.objectIdentifier(oid.ed25519), der.null()),
        der.bitString(Buffer.alloc(32)),
      ),
    ],
  ])('is of no kind that we use: %s', (_, spki) => {
    const key = parsePublicKey(spki);
    expect(key).toMatchObject({ kind: 'other', family: 'other', bits: 0 });
    expectCode('csr_key_unsupported', () => verifyCertifiableKey(key));
  });

  it.each([
    ['bytes after it', Buffer.concat([p256, Buffer.of(0)])],
    ['a point that is too short', ecKey(prime256v1, point.subarray(0, 64))],
    ['a point that is too long', ecKey(prime256v1, Buffer.concat([point, Buffer.of(0)]))],
    ['a point in hybrid form', ecKey(prime256v1, Buffer.concat([Buffer.of(6), point.subarray(1)]))],
    ['the point at infinity', ecKey(prime256v1, Buffer.of(0))],
    ['unused bits', Buffer.concat([p256.subarray(0, 25), Buffer.of(1), p256.subarray(26)])],
    ['a negative modulus', rsaKey(-modulus, 65537n)],
    ['a modulus of zero', rsaKey(0n, 65537n)],
    ['a negative exponent', rsaKey(modulus, -3n)],
    [
      'an Ed25519 key of 31 octets',
      der.sequence(der.sequence(der.objectIdentifier(oid.ed25519)), der.bitString(Buffer.alloc(31))),
    ],
    ['no algorithm', der.sequence(der.sequence(), der.bitString(point))],
    ['nothing', Buffer.alloc(0)],
    ['more than 4 KiB', rsaKey(1n << 33_000n, 65537n)],
  ])('is malformed: %s', (_, spki) => {
    expectCode('der_malformed', () => parsePublicKey(spki));
  });

  it('off its curve is refused when it is to be used', () => {
    const off = Buffer.from(p256);
    off[off.length - 1] = (off.at(-1) ?? 0) ^ 1;
    const key = parsePublicKey(off);
    expectCode('der_malformed', () => key.keyObject());
    const error = thrownBy(() => verifyCertifiableKey(key));
    expect(error).toMatchObject({
      code: 'csr_key_unsupported',
      message: 'the key is not usable',
      cause: { code: 'der_malformed', message: 'a public key is not usable' },
    });
  });

  it('with coordinates beyond the field is refused when it is to be used', () => {
    const key = parsePublicKey(ecKey(prime256v1, Buffer.concat([Buffer.of(4), Buffer.alloc(64, 0xff)])));
    expectCode('csr_key_unsupported', () => verifyCertifiableKey(key));
  });
});

describe('a key to certify', () => {
  it.each([
    ['P-256', p256],
    ['P-384', spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }))],
    ['Ed25519', spkiOf(generateKeyPairSync('ed25519'))],
    ['RSA of 2048 bits', spkiOf(rsa2048)],
    ['RSA with a large exponent', rsaKey(modulus, (1n << 256n) - 1n)],
    ['RSA of 4096 bits', rsaKey(withoutSmallFactors(4096n), 65537n)],
  ])('may be %s', (_, spki) => {
    const key = parsePublicKey(spki);
    expect(verifyCertifiableKey(key)).toBe(key);
  });

  it.each([
    [
      'P-521',
      spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-521' })),
      'the key is of a kind that we do not certify',
    ],
    ['RSA of 2047 bits', rsaKey((1n << 2046n) + 1n, 65537n), 'the RSA modulus is too short or too long'],
    ['RSA of 4097 bits', rsaKey((1n << 4096n) + 1n, 65537n), 'the RSA modulus is too short or too long'],
    ['an RSA exponent of 3', rsaKey(modulus, 3n), 'the RSA exponent is even or too small'],
    [
      'an RSA exponent just below the least',
      rsaKey(modulus, 65535n),
      'the RSA exponent is even or too small',
    ],
    ['an RSA exponent that is even', rsaKey(modulus, 65538n), 'the RSA exponent is even or too small'],
    ['an RSA exponent of 257 bits', rsaKey(modulus, (1n << 256n) + 1n), 'the RSA exponent is too large'],
    ['an RSA modulus that is even', rsaKey(modulus - 1n, 65537n), 'the RSA modulus has a small prime factor'],
    [
      'an RSA modulus divisible by 2 alone',
      rsaKey(2n * withoutSmallFactors(2047n), 65537n),
      'the RSA modulus has a small prime factor',
    ],
    [
      'an RSA modulus divisible by 751',
      rsaKey(oddMultiple(751n), 65537n),
      'the RSA modulus has a small prime factor',
    ],
    [
      'an RSA modulus divisible by 3',
      rsaKey(oddMultiple(3n), 65537n),
      'the RSA modulus has a small prime factor',
    ],
  ])('may not be %s', (_, spki, message) => {
    const error = thrownBy(() => verifyCertifiableKey(parsePublicKey(spki)));
    expect(error).toBeInstanceOf(MalformedError);
    expect(error).toMatchObject({ code: 'csr_key_unsupported', message });
    expect(error).not.toHaveProperty('cause');
  });
});

/** An odd multiple of 2048 bits. */
function oddMultiple(factor: bigint): bigint {
  const quotient = (1n << 2047n) / factor + 1n;
  return (quotient % 2n === 0n ? quotient + 1n : quotient) * factor;
}

/** An odd number of so many bits that no prime below 752 divides. */
function withoutSmallFactors(bits: bigint): bigint {
  let candidate = (1n << (bits - 1n)) + 1n;
  const hasSmallFactor = () => {
    for (let factor = 3n; factor < 752n; factor += 2n) if (candidate % factor === 0n) return true;
    return false;
  };
  while (hasSmallFactor()) candidate += 2n;
  return candidate;
}
