import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509Certificate as PeculiarCertificate,
} from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/core/errors.js';
import { parseCertificate } from '../../src/x509/certificate.js';
import { encodeCertificate } from '../../src/x509/encode-certificate.js';
import { encodeElement } from '../../src/x509/der-writer.js';
import {
  encodeAuthorityInfoAccess,
  encodeAuthorityKeyIdentifier,
  encodeBasicConstraints,
  encodeCertificatePolicies,
  encodeCrlDistributionPoint,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeOcspNoCheck,
  encodeSubjectAltName,
  encodeSubjectKeyIdentifier,
} from '../../src/x509/encode-extensions.js';
import type { SubjectAltName } from '../../src/x509/encode-general-name.js';
import { encodeName, type SubjectName } from '../../src/x509/encode-name.js';
import { encodeKeyIdentifier } from '../../src/x509/key-identifier.js';
import { oid } from '../../src/x509/oid.js';
import { encodePem } from '../../src/x509/pem.js';
import { parsePublicKey } from '../../src/x509/public-key.js';
import { createSigningKey } from '../../src/x509/signing-key.js';
import { runTool } from '../run-tool.js';
import { thrownBy } from '../thrown-by.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = createSigningKey(privateKey);
const keyIdentifier = encodeKeyIdentifier(parsePublicKey(key.publicKey));
const name = encodeName({
  country: 'CH',
  organization: 'Zürcher Bank',
  organizationalUnit: 'IT',
  commonName: 'A, B',
});

const encode = () =>
  encodeCertificate(
    {
      serialNumber: Buffer.from('00ff01', 'hex'),
      issuer: name,
      subject: name,
      notBefore: new Date('2026-01-01T00:00:00.999Z'),
      notAfter: new Date('2050-01-01T00:00:00Z'),
      publicKey: key.publicKey,
      extensions: [
        encodeBasicConstraints({ ca: true, pathLength: 3 }),
        encodeKeyUsage('keyCertSign', 'cRLSign'),
        encodeExtendedKeyUsage(oid.clientAuth, oid.serverAuth),
        encodeSubjectKeyIdentifier(keyIdentifier),
        encodeAuthorityKeyIdentifier(keyIdentifier),
        encodeSubjectAltName(
          { type: 'dns', value: 'example.org' },
          { type: 'ip', value: '127.0.0.1' },
          { type: 'ip', value: '2001:db8::1' },
          { type: 'uri', value: 'urn:uuid:00000000-0000-4000-8000-000000000000' },
        ),
        encodeCertificatePolicies('1.3.6.1.4.1.32473.1.2', oid.anyPolicy),
        encodeCrlDistributionPoint('http://example.org/a.crl'),
        encodeAuthorityInfoAccess({ caIssuers: 'http://example.org/a.cer', ocsp: 'http://example.org/ocsp' }),
      ],
    },
    key,
  );

describe('a certificate that was encoded', () => {
  it('is read by the strict reader as what was written', async () => {
    const parsed = parseCertificate(await encode());
    expect(parsed).toMatchObject({
      version: 3,
      serialNumber: 'ff01',
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2050-01-01T00:00:00Z'),
      subject: Buffer.from(name),
      issuer: Buffer.from(name),
    });
    expect(parsed.extensions).toMatchObject({
      basicConstraints: { ca: true, pathLength: 3 },
      keyUsage: new Set(['keyCertSign', 'cRLSign']),
      extendedKeyUsage: [oid.clientAuth, oid.serverAuth],
      subjectKeyIdentifier: Buffer.from(keyIdentifier).toString('hex'),
      policies: ['1.3.6.1.4.1.32473.1.2', oid.anyPolicy],
      criticalUnknown: [],
    });
    expect(parsed.extensions.all.map(({ type, critical }) => [type, critical])).toEqual([
      [oid.basicConstraints, true],
      [oid.keyUsage, true],
      [oid.extKeyUsage, false],
      [oid.subjectKeyIdentifier, false],
      [oid.authorityKeyIdentifier, false],
      [oid.subjectAltName, false],
      [oid.certificatePolicies, false],
      [oid.crlDistributionPoints, false],
      [oid.authorityInfoAccess, false],
    ]);
  });

  it('has extensions of the very octets of RFC 5280', () => {
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
    expect(hex(encodeBasicConstraints({ ca: false }))).toBe('300c0603551d130101ff04023000');
    expect(hex(encodeBasicConstraints({ ca: true }))).toBe('300f0603551d130101ff040530030101ff');
    expect(hex(encodeBasicConstraints({ ca: true, pathLength: 0 }))).toBe(
      '30120603551d130101ff040830060101ff020100',
    );
    expect(hex(encodeOcspNoCheck())).toBe('300f06092b060105050730010504020500');
  });

  it('says the same to OpenSSL', async () => {
    const args = ['x509', '-in', '@pem', '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus'];
    const { status, output } = runTool('openssl', args, { pem: encodePem('CERTIFICATE', await encode()) });
    expect(status).toBe(0);
    for (const expected of [
      'Version: 3 (0x2)',
      'Subject: C=CH,O=Zürcher Bank,OU=IT,CN=A, B',
      'Not After : Jan  1 00:00:00 2050 GMT',
      'CA:TRUE, pathlen:3',
      'Certificate Sign, CRL Sign',
      'DNS:example.org, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1, URI:urn:uuid:00000000',
      'Policy: 1.3.6.1.4.1.32473.1.2',
      'URI:http://example.org/a.crl',
      'OCSP - URI:http://example.org/ocsp',
      'CA Issuers - URI:http://example.org/a.cer',
    ]) {
      expect(output).toContain(expected);
    }
  });

  it('says the same to Node, and its signature verifies', async () => {
    const read = new X509Certificate(await encode());
    expect(read.serialNumber).toBe('FF01');
    expect(read.ca).toBe(true);
    expect(read.verify(createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })))).toBe(true);
  });

  it('says the same to @peculiar/x509, and its signature verifies', async () => {
    const read = new PeculiarCertificate(Uint8Array.from(await encode()));
    expect(read.serialNumber).toMatch(/ff01$/);
    expect(read.getExtension(BasicConstraintsExtension)).toMatchObject({
      ca: true,
      pathLength: 3,
      critical: true,
    });
    const names = read.getExtension(SubjectAlternativeNameExtension)?.names.toJSON();
    expect(names).toContainEqual({ type: 'ip', value: '2001:db8::1' });
    expect(await read.verify({ signatureOnly: true })).toBe(true);
  });
});

describe('a subject name', () => {
  it.each<[string, SubjectName]>([
    ['is empty', { commonName: '' }],
    ['is longer than 64 characters', { commonName: 'x'.repeat(65) }],
    ['holds half of a surrogate pair', { commonName: 'a\ud800' }],
    ['holds a NUL', { commonName: 'a\0b' }],
    ['has an organization that is empty', { commonName: 'a', organization: '' }],
    ['has an organizational unit that is empty', { commonName: 'a', organizationalUnit: '' }],
    ['has a country that is no code', { commonName: 'a', country: 'ch' }],
    ['has a country of three letters', { commonName: 'a', country: 'CHE' }],
    ['has a country with something before it', { commonName: 'a', country: 'xCH' }],
    ['has a country of one letter', { commonName: 'a', country: 'C' }],
  ])('is refused if it %s', (_why, subject) => {
    const error = thrownBy(() => encodeName(subject));
    expect(error).toBeInstanceOf(ConfigurationError);
    const option = Object.keys(subject).at(-1) ?? '';
    const rule =
      option === 'country'
        ? 'must be two capital letters'
        : 'must be 1 to 64 characters of well-formed text without control characters';
    expect(error).toMatchObject({ option, message: `${option}: ${rule}` });
  });

  it('has its country as two letters of a PrintableString', () => {
    expect(Buffer.from(encodeName({ country: 'CH', commonName: 'a' })).toString('hex')).toBe(
      '3019310b3009060355040613024348310a300806035504030c0161',
    );
  });

  it('may be a single character', () => {
    expect(Buffer.from(encodeName({ commonName: 'a' })).toString('hex')).toBe('300c310a300806035504030c0161');
  });

  it('counts characters, not UTF-16 units', () => {
    expect(encodeName({ commonName: '😀'.repeat(64) }).length).toBeGreaterThan(256);
  });
});

describe('a subject alternative name', () => {
  it.each<SubjectAltName>([
    { type: 'dns', value: 'a_b' },
    { type: 'dns', value: '' },
    { type: 'dns', value: 'a..b' },
    { type: 'dns', value: `${'a.'.repeat(126)}ab` },
    { type: 'ip', value: 'localhost' },
    { type: 'ip', value: '1.2.3' },
    { type: 'ip', value: 'fe80::1%eth0' },
    { type: 'uri', value: 'no scheme' },
    { type: 'uri', value: 'http://a b' },
  ])('is refused if it is not of its type: %j', (wrong) => {
    const error = thrownBy(() => encodeSubjectAltName(wrong));
    expect(error).toBeInstanceOf(ConfigurationError);
    const kinds = { dns: 'a host name', ip: 'an IP address', uri: 'an absolute URI' };
    expect(error).toMatchObject({
      option: 'subjectAltName',
      message: `subjectAltName: must be ${kinds[wrong.type]}`,
    });
  });

  it.each<SubjectAltName>([
    { type: 'dns', value: 'a' },
    { type: 'dns', value: '*.Example-1.org' },
    { type: 'dns', value: `${'a'.repeat(63)}.${'b'.repeat(63)}` },
    { type: 'dns', value: `${'a.'.repeat(126)}a` },
    { type: 'uri', value: 'a+b-1.c:d' },
  ])('may be of its type: %j', (right) => {
    const tag = right.type === 'dns' ? 0x82 : 0x86;
    const content = Buffer.from(right.value, 'latin1');
    expect(Buffer.from(encodeSubjectAltName(right)).includes(Buffer.from(encodeElement(tag, content)))).toBe(
      true,
    );
  });

  it.each<SubjectAltName>([
    { type: 'dns', value: 'a'.repeat(64) },
    { type: 'dns', value: `a.${'b'.repeat(64)}` },
    { type: 'dns', value: '-a' },
    { type: 'dns', value: 'a-' },
    { type: 'dns', value: 'a.-b' },
    { type: 'dns', value: 'a.b-' },
    { type: 'dns', value: 'a.*.b' },
    { type: 'dns', value: 'a b' },
    { type: 'uri', value: '1a:b' },
    { type: 'uri', value: 'a:' },
    { type: 'uri', value: 'a:b c' },
    { type: 'uri', value: ' a:b' },
  ])('may not be %j', (wrong) => {
    expect(thrownBy(() => encodeSubjectAltName(wrong))).toBeInstanceOf(ConfigurationError);
  });

  it('holds an IPv4 address in 4 octets', () => {
    expect(Buffer.from(encodeSubjectAltName({ type: 'ip', value: '192.0.2.1' })).toString('hex')).toContain(
      '8704c0000201',
    );
  });

  it.each([
    ['::', '00'.repeat(16)],
    ['::1', `${'00'.repeat(15)}01`],
    ['2001:db8::ff00:42:8329', '20010db8000000000000ff0000428329'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ])('holds the IPv6 address %s in 16 octets', (value, expected) => {
    expect(Buffer.from(encodeSubjectAltName({ type: 'ip', value })).toString('hex')).toContain(
      `8710${expected}`,
    );
  });
});
