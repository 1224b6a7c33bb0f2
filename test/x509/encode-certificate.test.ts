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
import {
  encodeAuthorityInfoAccess,
  encodeAuthorityKeyIdentifier,
  encodeBasicConstraints,
  encodeCertificatePolicies,
  encodeCrlDistributionPoint,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
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

const certificate = await encodeCertificate(
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
  it('is read by the strict reader as what was written', () => {
    const parsed = parseCertificate(certificate);
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
  });

  it('says the same to OpenSSL', () => {
    const args = ['x509', '-in', '@pem', '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus'];
    const { status, output } = runTool('openssl', args, { pem: encodePem('CERTIFICATE', certificate) });
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

  it('says the same to Node, and its signature verifies', () => {
    const read = new X509Certificate(certificate);
    expect(read.serialNumber).toBe('FF01');
    expect(read.ca).toBe(true);
    expect(read.verify(createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })))).toBe(true);
  });

  it('says the same to @peculiar/x509, and its signature verifies', async () => {
    const read = new PeculiarCertificate(Uint8Array.from(certificate));
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
  ])('is refused if it %s', (_why, subject) => {
    expect(thrownBy(() => encodeName(subject))).toBeInstanceOf(ConfigurationError);
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
    expect(thrownBy(() => encodeSubjectAltName(wrong))).toBeInstanceOf(ConfigurationError);
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
