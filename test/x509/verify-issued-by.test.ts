import { describe, expect, it } from 'vitest';
import { RejectedError } from '../../src/core/errors.js';
import { parseCertificate } from '../../src/x509/certificate.js';
import { der } from '../../src/x509/der-writer.js';
import { oid } from '../../src/x509/oid.js';
import { parsePublicKey } from '../../src/x509/public-key.js';
import { isAcceptableKey, verifyIssuedBy } from '../../src/x509/verify-issued-by.js';
import { thrownBy } from '../thrown-by.js';
import { forgeCertificate, name, newKeyPair, spkiOf } from './forge.js';

const caKeys = newKeyPair();
const keys = newKeyPair();
const ca = parseCertificate(forgeCertificate({ keys: caKeys, subject: name('CA') }));
const child = (parts: Partial<Parameters<typeof forgeCertificate>[0]> = {}) =>
  parseCertificate(
    forgeCertificate({ keys, signer: caKeys, subject: name('a'), issuer: name('CA'), ...parts }),
  );

/** No prime goes into these: only size and exponent matter here. */
const rsa = (modulusBits: bigint, exponent: bigint) =>
  parsePublicKey(
    der.sequence(
      der.sequence(der.objectIdentifier(oid.rsaEncryption), der.null()),
      der.bitString(der.sequence(der.integer((1n << (modulusBits - 1n)) + 1n), der.integer(exponent))),
    ),
  );

describe('a certificate and its issuer', () => {
  it('are linked by name, algorithm, key and signature', () => {
    const certificate = child();
    expect(verifyIssuedBy(certificate, ca)).toBe(certificate);
  });

  const weakKey = der.sequence(
    der.sequence(der.objectIdentifier(oid.rsaEncryption), der.null()),
    der.bitString(der.sequence(der.integer((1n << 1023n) + 1n), der.integer(65537n))),
  );
  it.each([
    ['issuer_name_mismatch', child({ issuer: name('Another CA') }), ca],
    [
      'issuer_name_mismatch',
      child({ issuer: der.sequence() }),
      parseCertificate(forgeCertificate({ keys: caKeys, subject: der.sequence() })),
    ],
    [
      'algorithm_refused',
      child({ innerAlgorithm: der.sequence(der.objectIdentifier('1.2.840.10045.4.1')) }),
      ca,
    ],
    [
      'key_refused',
      child(),
      parseCertificate(forgeCertificate({ keys: caKeys, subject: name('CA'), spki: weakKey })),
    ],
    ['signature_invalid', child({ signer: keys }), ca],
  ] as const)('are refused for %s alone', (reason, certificate, issuer) => {
    const error = thrownBy(() => verifyIssuedBy(certificate, issuer));
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({
      code: 'certificate_untrusted',
      message: `the certificate was not issued by the expected CA: ${reason}`,
      reasons: [reason],
    });
  });
});

describe('a key in a chain', () => {
  it.each([
    ['P-256', parsePublicKey(spkiOf(keys))],
    ['RSA of 2048 bits', rsa(2048n, 65537n)],
    ['RSA of 8192 bits', rsa(8192n, 65537n)],
    ['RSA with an exponent of 3', rsa(2048n, 3n)],
    ['RSA with an exponent of 64 bits', rsa(2048n, (1n << 63n) + 1n)],
    ['RSA with an exponent of two octets that ends in 1', rsa(2048n, 257n)],
  ])('may be %s', (_, key) => {
    expect(isAcceptableKey(key)).toBe(true);
  });

  it.each([
    ['RSA of 2047 bits', rsa(2047n, 65537n)],
    ['RSA of 8193 bits', rsa(8193n, 65537n)],
    ['RSA with an exponent of 65 bits', rsa(2048n, (1n << 64n) + 1n)],
    ['RSA with an exponent of 1', rsa(2048n, 1n)],
    ['RSA with an even exponent', rsa(2048n, 2n)],
    ['RSA with an even exponent of several octets', rsa(2048n, 65536n)],
    [
      'of another kind',
      parsePublicKey(der.sequence(der.sequence(der.objectIdentifier('1.2.3')), der.bitString(Buffer.of(1)))),
    ],
  ])('may not be %s', (_, key) => {
    expect(isAcceptableKey(key)).toBe(false);
  });
});
