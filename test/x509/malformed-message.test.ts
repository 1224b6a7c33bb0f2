import { describe, expect, it } from 'vitest';
import { parseCertificate } from '../../src/x509/certificate.js';
import { parseCertificationRequest } from '../../src/x509/certification-request.js';
import { parseCrl } from '../../src/x509/crl.js';
import { derTag } from '../../src/x509/der-tag.js';
import { DerReader } from '../../src/x509/der-reader.js';
import { der } from '../../src/x509/der-writer.js';
import { parseObjectIdentifier } from '../../src/x509/object-identifier.js';
import { parseOcspRequest } from '../../src/x509/ocsp-request.js';
import { oid } from '../../src/x509/oid.js';
import { parsePublicKey } from '../../src/x509/public-key.js';
import { skipWellFormed } from '../../src/x509/skip-well-formed.js';
import { thrownBy } from '../thrown-by.js';
import {
  attribute,
  type CertificateParts,
  type CrlParts,
  crlEntry,
  extension,
  forgeCertificate,
  forgeCrl,
  forgeRequest,
  ia5,
  keyUsage,
  name,
  newKeyPair,
  NONE,
  type RequestParts,
  subjectAltName,
} from './forge.js';

// One code stands for many rules, so that the message alone tells the person with a broken file in hand which one it was, and
// tells these tests that each rule is kept on its own account, not because a later one happens to catch the same bytes.

const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const reader = (hex: string) => new DerReader(bytesOf(hex));
const zeros = (octets: number) => '00'.repeat(octets);

describe('the DER reader says which rule an element breaks', () => {
  it.each<[string, string, (from: DerReader) => unknown]>([
    ['an element is cut off', '', (from) => from.enter(derTag.sequence)],
    ['an element is cut off', '30', (from) => from.enter(derTag.sequence)],
    ['an element is cut off', '30 00 05 00', (from) => from.enter(derTag.sequence).element(derTag.null)],
    ['an element is cut off', '30 01 05 00', (from) => from.enter(derTag.sequence).element(derTag.null)],
    ['the tag is 4 where 48 is due', '04 00', (from) => from.enter(derTag.sequence)],
    ['a tag number is above 30', '1f 00', (from) => from.element(0x1f)],
    ['a length is not definite', `30 80 ${zeros(0x80)}`, (from) => from.enter(derTag.sequence)],
    ['a length is not definite', '30 82 01', (from) => from.enter(derTag.sequence)],
    [
      'a length is not definite',
      `30 85 00 00 00 00 80 ${zeros(0x80)}`,
      (from) => from.enter(derTag.sequence),
    ],
    [
      'a length is not definite',
      `30 02 04 81 80 ${zeros(0x80)}`,
      (from) => from.enter(derTag.sequence).content(derTag.octetString),
    ],
    [
      'an element is longer than what holds it',
      `30 03 04 81 80 ${zeros(0x80)}`,
      (from) => from.enter(derTag.sequence).content(derTag.octetString),
    ],
    ['a length is not minimal', `30 81 7f ${zeros(0x7f)}`, (from) => from.enter(derTag.sequence)],
    ['a length is not minimal', `30 82 00 80 ${zeros(0x80)}`, (from) => from.enter(derTag.sequence)],
    ['an element is longer than what holds it', '30 02 00', (from) => from.enter(derTag.sequence)],
    [
      'an element is longer than what holds it',
      '30 84 ff ff ff ff 00',
      (from) => from.enter(derTag.sequence),
    ],
    ['a BOOLEAN is neither 00 nor FF', '01 01 01', (from) => from.boolean()],
    ['an INTEGER is empty', '02 00 05', (from) => from.integer()],
    ['an INTEGER is not minimal', '02 02 00 7f', (from) => from.integer()],
    ['a number is negative', '02 01 80', (from) => from.unsignedInteger()],
    ['an INTEGER is out of range', '02 01 80', (from) => from.smallInteger()],
    ['an INTEGER is out of range', '02 05 00 80 00 00 00', (from) => from.smallInteger()],
    [
      'a NULL is not empty',
      '05 01 00',
      (from) => {
        from.null();
      },
    ],
    ['a BIT STRING does not hold whole octets', '03 00 00', (from) => from.bitStringOctets()],
    ['a BIT STRING does not hold whole octets', '03 02 01 fe', (from) => from.bitStringOctets()],
    ['a BIT STRING of named bits has a wrong length', '03 00', (from) => from.namedBits()],
    ['a BIT STRING of named bits has a wrong length', '03 02 08 80', (from) => from.namedBits()],
    ['a BIT STRING of named bits has a wrong length', '03 01 01', (from) => from.namedBits()],
    ['a BIT STRING of named bits has a wrong length', '03 05 00 00 00 00 01', (from) => from.namedBits()],
    ['unused bits are not zero', '03 02 02 05', (from) => from.namedBits()],
    ['a BIT STRING of named bits ends with a zero bit', '03 02 01 04', (from) => from.namedBits()],
    [
      'a SET OF is not in order',
      '31 06 02 01 02 02 01 01',
      (from) => {
        from.setOf(derTag.set, (set) => set.integer());
      },
    ],
    [
      'there are bytes after the last element',
      '00',
      (from) => {
        from.finish();
      },
    ],
    [
      'a time is not in a form that RFC 5280 allows',
      '0c 0d 3235303130313030303030305a',
      (from) => from.time(),
    ],
    [
      'a time is not in a form that RFC 5280 allows',
      '17 0d 32353031303130303030303030',
      (from) => from.time(),
    ],
    ['a time has a character that is no digit', '17 0d 3235303130313030303030205a', (from) => from.time()],
    ['a time is not in a form that RFC 5280 allows', '0c 0b 303130313030303030305a', (from) => from.time()],
    ['a time has a character that is no digit', '17 0d 323530313031303030303a305a', (from) => from.time()],
    ['a time does not exist in the calendar', '17 0d 3235303233303030303030305a', (from) => from.time()],
    ['an OBJECT IDENTIFIER is too long', `06 41 ${'01'.repeat(65)}`, (from) => from.objectIdentifier()],
    ['an OBJECT IDENTIFIER is not minimal', '06 02 80 01', (from) => from.objectIdentifier()],
    ['an OBJECT IDENTIFIER is cut off', '06 02 2a 81', (from) => from.objectIdentifier()],
    ['an OBJECT IDENTIFIER is cut off', '06 00', (from) => from.objectIdentifier()],
  ])('%s: %s', (message, hex, read) => {
    expect(thrownBy(() => read(reader(hex)))).toMatchObject({ code: 'der_malformed', message });
  });

  it('and which one an element of any type breaks', () => {
    const skip = (bytes: Uint8Array) =>
      thrownBy(() => {
        skipWellFormed(new DerReader(bytes));
      });
    let sequences: Uint8Array = der.null();
    let sets: Uint8Array = der.null();
    for (let level = 0; level < 17; level += 1) {
      sequences = der.sequence(sequences);
      sets = der.setOf(sets);
    }
    expect(skip(sequences)).toMatchObject({ message: 'elements are nested too deeply' });
    expect(skip(sets)).toMatchObject({ message: 'elements are nested too deeply' });
    for (const hex of ['24 00', '10 00', '00 00', '20 00']) {
      expect(skip(bytesOf(hex))).toMatchObject({ message: 'an element is of no type that DER allows' });
    }
  });

  it('and takes an OBJECT IDENTIFIER of 64 octets, but not of more', () => {
    expect(parseObjectIdentifier(Buffer.alloc(64, 1))).toBe(`0.1${'.1'.repeat(63)}`);
  });
});

const keys = newKeyPair();

/** What the parser says of the bytes, behind the words that name what they should be. */
function expectReason(parse: () => unknown, code: string, what: string, reason: string): void {
  const error = thrownBy(parse);
  expect(error).toMatchObject({
    code,
    message: `not ${what}: ${reason}`,
    cause: { code: 'der_malformed', message: reason },
  });
}

describe('a certificate that is malformed says which rule it breaks', () => {
  const value = (type: string, hex: string) => extension(type, bytesOf(hex));
  it.each<[string, Partial<CertificateParts>]>([
    [
      'the signature algorithm is not the same inside and outside',
      { outerAlgorithm: der.sequence(der.objectIdentifier(oid.ecdsaWithSha384)) },
    ],
    ['there is no such version', { version: der.constructedContext(0, der.integer(3n)) }],
    [
      'version 1 has no unique identifiers',
      { version: NONE, uniqueIds: der.context(1, Buffer.of(0, 1)), extensions: null },
    ],
    ['a unique identifier is no BIT STRING', { uniqueIds: der.context(2, Buffer.of(8, 1)) }],
    [
      'only version 3 has extensions',
      { version: der.constructedContext(0, der.integer(1n)), extensions: [keyUsage(0)] },
    ],
    [
      'an empty subject stands with a subjectAltName that is not critical',
      { subject: der.sequence(), issuer: name('ca'), extensions: [subjectAltName(ia5(6, 'urn:x'))] },
    ],
    ['a serial number is longer than 20 octets', { serial: der.integer(1n << 160n) }],
    ['a relative name has no attribute', { subject: der.sequence(der.setOf()) }],
    ['a list of extensions is empty', { tail: der.constructedContext(3, der.sequence()) }],
    [
      'a default value is encoded',
      { extensions: [der.sequence(der.objectIdentifier('1.2.3'), der.boolean(false), der.octetString())] },
    ],
    ['an extension comes twice', { extensions: [keyUsage(0), keyUsage(0)] }],
    ['a default value is encoded', { extensions: [value(oid.basicConstraints, '30 03 01 01 00')] }],
    [
      'a path length is given for what is no CA',
      { extensions: [value(oid.basicConstraints, '30 03 02 01 00')] },
    ],
    ['a list of object identifiers is empty', { extensions: [value(oid.extKeyUsage, '30 00')] }],
    ['an object identifier comes twice', { extensions: [value(oid.extKeyUsage, '30 06 06 01 2a 06 01 2a')] }],
    [
      'the qualifiers of a policy are no list',
      { extensions: [value(oid.certificatePolicies, '30 07 30 05 06 01 2a 05 00')] },
    ],
    [
      'an IP address does not have 4 or 16 octets',
      { extensions: [value(oid.subjectAltName, '30 07 87 05 00 00 00 00 00')] },
    ],
    ['there is no general name where one is due', { extensions: [value(oid.subjectAltName, '30 00')] }],
    ['a general name is of an unknown kind', { extensions: [value(oid.subjectAltName, '30 03 89 01 61')] }],
    [
      'a general name is not printable ASCII',
      { extensions: [value(oid.subjectAltName, '30 05 82 03 61 00 62')] },
    ],
    ['a list of distribution points is empty', { extensions: [value(oid.crlDistributionPoints, '30 00')] }],
    [
      'a distribution point has neither name nor issuer',
      { extensions: [value(oid.crlDistributionPoints, '30 02 30 00')] },
    ],
    ['name constraints are empty', { extensions: [value(oid.nameConstraints, '30 00')] }],
    ['a list of subtrees is empty', { extensions: [value(oid.nameConstraints, '30 02 a0 00')] }],
  ])('%s', (reason, parts) => {
    const bytes = forgeCertificate({ keys, subject: name('a'), ...parts });
    expectReason(() => parseCertificate(bytes), 'certificate_malformed', 'a certificate', reason);
  });

  it('there are more than 65536 bytes', () => {
    const reason = 'there are more than 65536 bytes';
    expectReason(
      () => parseCertificate(Buffer.alloc(65_537)),
      'certificate_malformed',
      'a certificate',
      reason,
    );
  });
});

describe('a public key that is malformed says which rule it breaks', () => {
  const key = (type: string, parameters: Uint8Array, bits: Uint8Array) =>
    der.sequence(der.sequence(der.objectIdentifier(type), parameters), der.bitString(bits));
  const curve = der.objectIdentifier(oid.prime256v1);
  it.each([
    ['a point does not have the length of its curve', key(oid.ecPublicKey, curve, Buffer.alloc(64, 4))],
    ['a point does not have the length of its curve', key(oid.ecPublicKey, curve, Buffer.alloc(65, 2))],
    ['a point does not have the length of its curve', key(oid.ecPublicKey, curve, Buffer.alloc(33, 4))],
    ['an Ed25519 key does not have 32 octets', key(oid.ed25519, NONE, Buffer.alloc(33))],
    ['a number is zero', key(oid.rsaEncryption, der.null(), der.sequence(der.integer(0n), der.integer(3n)))],
  ])('%s', (reason, spki) => {
    expectReason(() => parsePublicKey(spki), 'der_malformed', 'a public key', reason);
  });
});

describe('a certification request that is malformed says which rule it breaks', () => {
  const two = [extension('1.2.3', der.null()), extension('1.2.4', der.null())] as const;
  it.each<[string, Partial<RequestParts>]>([
    ['the version is not 1', { version: der.integer(1n) }],
    [
      'an attribute comes twice',
      { attributes: [attribute('1.2.3', der.null()), attribute('1.2.3', der.null())] },
    ],
    ['an attribute has no value', { attributes: [attribute('1.2.3')] }],
    [
      'an extension request has several values',
      { attributes: [attribute(oid.extensionRequest, der.sequence(two[0]), der.sequence(two[1]))] },
    ],
  ])('%s', (reason, parts) => {
    const bytes = forgeRequest({ keys, ...parts });
    const what = 'a certification request';
    expectReason(() => parseCertificationRequest(bytes), 'csr_malformed', what, reason);
  });
});

describe('a CRL that is malformed says which rule it breaks', () => {
  const limited = (hex: string) => [extension(oid.issuingDistributionPoint, bytesOf(hex), true)];
  it.each<[string, Partial<CrlParts>]>([
    [
      'the signature algorithm is not the same inside and outside',
      { outerAlgorithm: der.sequence(der.objectIdentifier(oid.ecdsaWithSha384)) },
    ],
    ['there is no such version', { version: der.integer(2n) }],
    ['version 1 has no extensions', { version: NONE }],
    ['a list of revoked certificates is empty', { entries: [] }],
    [
      'an entry of a version 1 CRL has extensions',
      { version: NONE, extensions: null, entries: [crlEntry(1n, extension('1.2.3', der.null()))] },
    ],
    ['a serial number is longer than 20 octets', { entries: [crlEntry(1n << 160n)] }],
    [
      'a CRL number is longer than 20 octets',
      { extensions: [extension(oid.crlNumber, der.integer(1n << 160n))] },
    ],
    ['an issuing distribution point is empty', { extensions: limited('30 00') }],
    [
      'an issuing distribution point contains only two things at once',
      { extensions: limited('30 06 81 01 ff 82 01 ff') },
    ],
    ['a default value is encoded', { extensions: limited('30 03 81 01 00') }],
  ])('%s', (reason, parts) => {
    const bytes = forgeCrl({ signer: keys, issuer: name('CA'), ...parts });
    expectReason(() => parseCrl(bytes), 'crl_malformed', 'a CRL', reason);
  });

  it('there is no such revocation reason', () => {
    const reason = extension(oid.crlReason, der.enumerated(7));
    const bytes = forgeCrl({ signer: keys, issuer: name('CA'), entries: [crlEntry(1n, reason)] });
    expectReason(
      () => [...parseCrl(bytes).entries()],
      'crl_malformed',
      'a CRL',
      'there is no such revocation reason',
    );
  });
});

describe('an OCSP request that is malformed says which rule it breaks', () => {
  const certId = der.sequence(
    der.sequence(der.objectIdentifier(oid.sha1), der.null()),
    der.octetString(Buffer.alloc(20, 1)),
    der.octetString(Buffer.alloc(20, 2)),
    der.integer(5n),
  );
  const questions = (count: number) =>
    der.sequence(...Array.from({ length: count }, () => der.sequence(certId)));
  const extended = (...extensions: Uint8Array[]) => [
    questions(1),
    der.constructedContext(2, der.sequence(...extensions)),
  ];
  const nonce = (octets: number) => extension(oid.ocspNonce, der.octetString(Buffer.alloc(octets)));
  it.each<[string, Uint8Array[]]>([
    [
      'the version is encoded, or there is no such version',
      [der.constructedContext(0, der.integer(0n)), questions(1)],
    ],
    ['there are more than 16 questions', [questions(17)]],
    ['there is no question', [questions(0)]],
    ['a nonce is not 1 to 128 octets', extended(nonce(0))],
    ['a nonce is not 1 to 128 octets', extended(nonce(129))],
    ['a critical extension is not known', extended(extension('1.2.3', der.null(), true))],
  ])('%s', (reason, fields) => {
    const bytes = der.sequence(der.sequence(...fields));
    expectReason(() => parseOcspRequest(bytes), 'ocsp_malformed', 'an OCSP request', reason);
  });

  it('and takes 16 questions, and a nonce of 128 octets', () => {
    expect(parseOcspRequest(der.sequence(der.sequence(questions(16)))).certIds).toHaveLength(16);
    expect(parseOcspRequest(der.sequence(der.sequence(...extended(nonce(128))))).nonce).toHaveLength(128);
  });
});
