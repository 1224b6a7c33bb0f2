import 'reflect-metadata';
import { createHash, X509Certificate } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate as PeculiarCertificate,
} from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MalformedError } from '../../src/core/errors.js';
import { type Certificate, MAX_CERTIFICATE_BYTES, parseCertificate } from '../../src/x509/certificate.js';
import { der } from '../../src/x509/der-writer.js';
import { describeName } from '../../src/x509/distinguished-name.js';
import { oid } from '../../src/x509/oid.js';
import { parsePem } from '../../src/x509/pem.js';
import { thrownBy } from '../thrown-by.js';
import {
  basicConstraints,
  BEGIN,
  type CertificateParts,
  crlDistributionPoint,
  END,
  extendedKeyUsage,
  extension,
  forgeCertificate,
  ia5,
  keyUsage,
  name,
  newKeyPair,
  nameOf,
  spkiOf,
  subjectAltName,
} from './forge.js';
import { type Openssl, startOpenssl } from './openssl.js';

const keys = newKeyPair();
const forge = (parts: Partial<CertificateParts> = {}) =>
  forgeCertificate({ keys, subject: name('a'), ...parts });
const withExtension = (...extensions: Uint8Array[]) => parseCertificate(forge({ extensions })).extensions;

function expectMalformed(bytes: Uint8Array): void {
  const error = thrownBy(() => parseCertificate(bytes));
  expect(error).toBeInstanceOf(MalformedError);
  expect(error).toMatchObject({ code: 'certificate_malformed', cause: { code: 'der_malformed' } });
}

const rawValue = (type: string, hex: string, critical = false) =>
  extension(type, Buffer.from(hex.replaceAll(' ', ''), 'hex'), critical);

describe('a certificate', () => {
  let openssl: Openssl;
  beforeAll(() => {
    openssl = startOpenssl();
  });
  afterAll(() => {
    openssl.end();
  });

  const profile = (lines: readonly string[]) =>
    ['[req]', 'distinguished_name=n', '[n]', '[e]', ...lines].join('\n');
  const issue = (subject: string, lines: readonly string[], ...options: string[]): Certificate => {
    openssl.write('c.cnf', profile(lines));
    openssl.run(
      'req',
      '-x509',
      '-nodes',
      '-config',
      'c.cnf',
      '-extensions',
      'e',
      '-keyout',
      'k.pem',
      '-subj',
      subject,
      '-days',
      '30',
      '-out',
      'c.pem',
      ...options,
    );
    const [bytes] = parsePem(openssl.read('c.pem').toString('utf8'), 'CERTIFICATE');
    if (bytes === undefined) throw new Error('no certificate');
    return parseCertificate(bytes);
  };

  const full = [
    'basicConstraints=critical,CA:TRUE,pathlen:3',
    'keyUsage=critical,digitalSignature,keyCertSign,cRLSign',
    'extendedKeyUsage=clientAuth,serverAuth,1.2.3.4',
    'subjectKeyIdentifier=hash',
    'authorityKeyIdentifier=keyid:always',
    'subjectAltName=URI:urn:uuid:7f8d3c1e-8f6a-4a2f-9a51-0d3b3c1f0a11,DNS:a.example,email:a@example.com,IP:192.0.2.1,IP:2001:db8::1,RID:1.2.3,otherName:1.2.3;UTF8:x',
    'certificatePolicies=1.3.6.1.4.1.32473.1.2,1.2.3.4.5',
    'crlDistributionPoints=URI:http://crl.example.com/1.crl,URI:http://crl.example.com/2.crl',
    'nsComment=critical,unknown to us',
  ];

  it.each([
    ['P-256', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ['P-384', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384'],
    ['P-521', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521', '-sha512'],
    ['RSA', '-newkey', 'rsa:2048', '-sha256'],
    ['Ed25519', '-newkey', 'ed25519'],
  ])('of OpenSSL with a key of kind %s is read as others read it', (kind, ...options) => {
    const certificate = issue('/C=DE/O=Example/CN=a device', full, ...options);
    const node = new X509Certificate(Buffer.from(certificate.der));
    expect(Buffer.from(certificate.der)).toEqual(node.raw);
    expect(certificate.version).toBe(3);
    expect(certificate.serialNumber).toBe(node.serialNumber.toLowerCase());
    expect(certificate.notBefore).toEqual(new Date(node.validFrom));
    expect(certificate.notAfter).toEqual(new Date(node.validTo));
    expect(describeName(certificate.subject)).toBe(node.subject.split('\n').reverse().join(','));
    expect(Buffer.from(certificate.issuer)).toEqual(Buffer.from(certificate.subject));
    expect(certificate.sha256).toBe(node.fingerprint256.replaceAll(':', '').toLowerCase());
    expect(certificate.publicKey.kind).toBe(kind);
    expect(certificate.publicKey.keyObject().equals(node.publicKey)).toBe(true);
    expect(certificate.extensions.basicConstraints?.ca).toBe(node.ca);

    const theirs = new PeculiarCertificate(Buffer.from(certificate.der));
    expect(Buffer.from(certificate.publicKey.spki)).toEqual(Buffer.from(theirs.publicKey.rawData));
    expect(Buffer.from(certificate.signature)).toEqual(Buffer.from(theirs.signature));
    expect(certificate.extensions.all.map(({ type }) => type)).toEqual(
      theirs.extensions.map(({ type }) => type),
    );
    expect(certificate.extensions.all.map(({ critical }) => critical)).toEqual(
      theirs.extensions.map(({ critical }) => critical),
    );
    expect(certificate.extensions.basicConstraints?.pathLength).toBe(
      theirs.getExtension(BasicConstraintsExtension)?.pathLength,
    );
    expect(certificate.extensions.subjectKeyIdentifier).toBe(
      theirs.getExtension(SubjectKeyIdentifierExtension)?.keyId,
    );
    expect(certificate.extensions.authorityKeyIdentifier?.keyId).toBe(
      theirs.getExtension(AuthorityKeyIdentifierExtension)?.keyId,
    );
    expect(theirs.getExtension(KeyUsagesExtension)?.usages).toBe(1 | (1 << 5) | (1 << 6));
    const names = theirs.getExtension(SubjectAlternativeNameExtension)?.names.items ?? [];
    expect(certificate.extensions.subjectAltNames?.dnsNames).toEqual(
      names.filter(({ type }) => type === 'dns').map(({ value }) => value),
    );
  });

  it('has its extensions as types', () => {
    const { extensions, signatureAlgorithm } = issue(
      '/CN=a',
      full,
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
    );
    expect(signatureAlgorithm?.name).toBe('ecdsa-with-SHA256');
    expect(extensions.basicConstraints).toEqual({ ca: true, pathLength: 3 });
    expect([...(extensions.keyUsage ?? [])]).toEqual(['digitalSignature', 'keyCertSign', 'cRLSign']);
    expect(extensions.extendedKeyUsage).toEqual([oid.clientAuth, oid.serverAuth, '1.2.3.4']);
    expect(extensions.subjectKeyIdentifier).toMatch(/^[0-9a-f]{40}$/);
    expect(extensions.authorityKeyIdentifier).toEqual({ keyId: extensions.subjectKeyIdentifier });
    expect(extensions.subjectAltNames).toMatchObject({
      uris: ['urn:uuid:7f8d3c1e-8f6a-4a2f-9a51-0d3b3c1f0a11'],
      dnsNames: ['a.example'],
      emailAddresses: ['a@example.com'],
      otherKinds: [8, 0],
    });
    expect(
      extensions.subjectAltNames?.ipAddresses.map((address) => Buffer.from(address).toString('hex')),
    ).toEqual(['c0000201', '20010db8000000000000000000000001']);
    expect(extensions.policies).toEqual(['1.3.6.1.4.1.32473.1.2', '1.2.3.4.5']);
    expect(extensions.crlDistributionPoints?.map((point) => point.names?.uris)).toEqual([
      ['http://crl.example.com/1.crl'],
      ['http://crl.example.com/2.crl'],
    ]);
    expect(extensions.criticalUnknown).toEqual(['2.16.840.1.113730.1.13']);
    expect(extensions).toMatchObject({
      nameConstraints: null,
      hasPolicyConstraints: false,
      noRevAvail: false,
    });
  });

  it('tells of constraints', () => {
    const constrained = issue(
      '/CN=a',
      [
        'basicConstraints=CA:TRUE',
        'nameConstraints=critical,permitted;DNS:example.com,excluded;email:evil.example',
        'policyConstraints=critical,requireExplicitPolicy:0',
      ],
      '-newkey',
      'ed25519',
    );
    expect(constrained.extensions.nameConstraints).toMatchObject({
      permitted: { dnsNames: ['example.com'] },
      excluded: { emailAddresses: ['evil.example'] },
    });
    expect(constrained.extensions.hasPolicyConstraints).toBe(true);
    for (const line of ['inhibitAnyPolicy=0', 'policyMappings=1.2.3:1.2.4']) {
      expect(issue('/CN=a', [line], '-newkey', 'ed25519').extensions.hasPolicyConstraints).toBe(true);
    }
  });

  it('of version 1 has no extensions', () => {
    openssl.run(
      'req',
      '-new',
      '-nodes',
      '-newkey',
      'ed25519',
      '-keyout',
      'k.pem',
      '-subj',
      '/CN=old',
      '-out',
      'r.pem',
    );
    openssl.run(
      'x509',
      '-req',
      '-in',
      'r.pem',
      '-key',
      'k.pem',
      '-days',
      '1',
      '-outform',
      'DER',
      '-out',
      'c.der',
    );
    expect(parseCertificate(openssl.read('c.der'))).toMatchObject({
      version: 1,
      extensions: { basicConstraints: null, all: [] },
    });
  });

  it('holds views of its bytes', () => {
    const bytes = forge();
    const { tbs } = parseCertificate(bytes);
    expect(tbs.buffer).toBe(bytes.buffer);
  });

  it('may have unique identifiers from version 2 on', () => {
    const uniqueIds = Buffer.concat([der.context(1, Buffer.of(0, 1)), der.context(2, Buffer.of(7, 0x80))]);
    expect(parseCertificate(forge({ uniqueIds })).version).toBe(3);
    const version = der.constructedContext(0, der.integer(1n));
    expect(parseCertificate(forge({ version, uniqueIds, extensions: null })).version).toBe(2);
    expectMalformed(forge({ version: Buffer.alloc(0), uniqueIds, extensions: null }));
    expectMalformed(forge({ uniqueIds: der.context(1) }));
    expectMalformed(forge({ uniqueIds: der.context(1, Buffer.of(8, 0)) }));
  });

  it.each([
    [0x1001n, '1001'],
    [0x80n, '80'],
    [0n, '00'],
    [-1n, '-ff'],
    [-0x100n, '-ff00'],
    [(1n << 159n) - 1n, `7f${'ff'.repeat(19)}`],
  ])('has serial number %i as %s', (serial, text) => {
    expect(parseCertificate(forge({ serial: der.integer(serial) })).serialNumber).toBe(text);
  });

  it('has times of both types', () => {
    const certificate = parseCertificate(
      forge({ notBefore: der.generalizedTime(BEGIN), notAfter: der.time(new Date('9999-12-31T23:59:59Z')) }),
    );
    expect(certificate.notBefore).toEqual(BEGIN);
    expect(certificate.notAfter.toISOString()).toBe('9999-12-31T23:59:59.000Z');
  });

  it('with a signature algorithm or key that we do not use is read, and says so', () => {
    const sha1 = der.sequence(der.objectIdentifier('1.2.840.10045.4.1'));
    const spki = der.sequence(
      der.sequence(der.objectIdentifier('1.2.840.10040.4.1')),
      der.bitString(der.integer(1n)),
    );
    const certificate = parseCertificate(forge({ innerAlgorithm: sha1, spki }));
    expect(certificate.signatureAlgorithm).toBeNull();
    expect(certificate.publicKey.kind).toBe('other');
  });

  it('passes over the qualifiers of a policy', () => {
    const qualified = rawValue(oid.certificatePolicies, '30 09 30 07 06 01 2a 30 02 30 00');
    expect(withExtension(qualified).policies).toEqual(['1.2']);
  });

  it('may have a subject of nothing if its subjectAltName is critical', () => {
    const critical = extension(oid.subjectAltName, der.sequence(ia5(6, 'urn:x')), true);
    const parts = { subject: der.sequence(), issuer: name('ca') };
    const certificate = parseCertificate(
      forge({ ...parts, extensions: [critical, extendedKeyUsage(oid.clientAuth)] }),
    );
    expect(certificate.extensions.subjectAltNames?.uris).toEqual(['urn:x']);
    expect(parseCertificate(forge({ ...parts, extensions: null })).extensions.all).toEqual([]);
  });

  it('has the SHA-256 of all its bytes as its fingerprint', () => {
    const bytes = forge();
    const certificate = parseCertificate(bytes);
    const expected = createHash('sha256').update(bytes).digest('hex');
    expect([certificate.sha256, certificate.sha256]).toEqual([expected, expected]);
  });

  it('keeps an empty key usage as one that allows nothing', () => {
    expect(withExtension(keyUsage()).keyUsage?.size).toBe(0);
  });

  it('has a key identifier of its issuer or not', () => {
    expect(withExtension(rawValue(oid.authorityKeyIdentifier, '30 00')).authorityKeyIdentifier).toEqual({
      keyId: null,
    });
    const whole = extension(
      oid.authorityKeyIdentifier,
      der.sequence(
        der.context(0, Buffer.of(0xab)),
        der.constructedContext(1, ia5(6, 'x:y')),
        der.context(2, Buffer.of(1)),
      ),
    );
    expect(withExtension(whole).authorityKeyIdentifier).toEqual({ keyId: 'ab' });
  });

  it('says that nothing is published about its revocation', () => {
    expect(withExtension(keyUsage(0)).noRevAvail).toBe(false);
    expect(withExtension(rawValue(oid.noRevAvail, '05 00')).noRevAvail).toBe(true);
  });

  it.each([oid.subjectKeyIdentifier, oid.authorityKeyIdentifier, oid.noRevAvail])(
    'counts extension %s as not processed if it is critical',
    (type) => {
      const value = {
        [oid.subjectKeyIdentifier]: '0401aa',
        [oid.authorityKeyIdentifier]: '3000',
        [oid.noRevAvail]: '0500',
      }[type];
      expect(withExtension(rawValue(type, value, true)).criticalUnknown).toEqual([type]);
      expect(withExtension(rawValue(type, value)).criticalUnknown).toEqual([]);
    },
  );

  it('tells distribution points apart', () => {
    const point = (...fields: Uint8Array[]) => der.sequence(...fields);
    const fullName = der.constructedContext(0, der.constructedContext(0, ia5(6, 'http://a/')));
    const relative = der.constructedContext(
      0,
      der.constructedContext(1, der.sequence(der.objectIdentifier(oid.commonName), der.utf8String('x'))),
    );
    const reasons = der.context(1, Buffer.of(6, 0x40));
    const issuer = der.constructedContext(2, der.constructedContext(4, name('other')));
    const points = withExtension(
      extension(
        oid.crlDistributionPoints,
        der.sequence(point(fullName), point(relative), point(fullName, reasons), point(issuer)),
      ),
    ).crlDistributionPoints;
    expect(points).toMatchObject([
      { names: { uris: ['http://a/'] }, hasRelativeName: false, hasReasons: false, hasCrlIssuer: false },
      { names: null, hasRelativeName: true, hasReasons: false, hasCrlIssuer: false },
      { hasReasons: true, hasCrlIssuer: false },
      { names: null, hasRelativeName: false, hasCrlIssuer: true },
    ]);
  });

  it.each<[string, Partial<CertificateParts>]>([
    ['version 1 in so many words', { version: der.constructedContext(0, der.integer(0n)), extensions: null }],
    ['version 4', { version: der.constructedContext(0, der.integer(3n)) }],
    ['a negative version', { version: der.constructedContext(0, der.integer(-1n)) }],
    ['two versions', { version: der.constructedContext(0, der.integer(2n), der.integer(2n)) }],
    [
      'extensions in version 2',
      { version: der.constructedContext(0, der.integer(1n)), extensions: [basicConstraints(true)] },
    ],
    ['extensions in version 1', { version: Buffer.alloc(0), extensions: [basicConstraints(true)] }],
    ['a serial number of 21 octets', { serial: der.integer(1n << 160n) }],
    ['a serial number that is not minimal', { serial: Buffer.from('02020001', 'hex') }],
    [
      'another signature algorithm outside',
      { outerAlgorithm: der.sequence(der.objectIdentifier(oid.ecdsaWithSha384)) },
    ],
    [
      'other parameters outside',
      { outerAlgorithm: der.sequence(der.objectIdentifier(oid.ecdsaWithSha256), der.null()) },
    ],
    ['an issuer that is no name', { issuer: der.sequence(der.null()) }],
    ['a subject that is no name', { subject: der.setOf() }],
    ['a time that is none', { notAfter: der.utf8String('260101000000Z') }],
    ['a time with a fraction', { notAfter: Buffer.from('181132303236303130313030303030302e355a', 'hex') }],
    ['three times', { notAfter: Buffer.concat([der.time(END), der.time(END)]) }],
    ['a key of no form', { spki: der.sequence() }],
    ['bytes after the extensions', { extensions: [keyUsage(0)], tail: der.null() }],
    ['an extension twice', { extensions: [keyUsage(0), keyUsage(0)] }],
    ['an unknown extension twice', { extensions: [rawValue('1.2.3', '0500'), rawValue('1.2.3', '0500')] }],
    [
      'a subjectAltName that should be critical, as there is no subject',
      { subject: der.sequence(), issuer: name('ca'), extensions: [subjectAltName(ia5(6, 'urn:x'))] },
    ],
    [
      'a written default',
      { extensions: [der.sequence(der.objectIdentifier('1.2.3'), der.boolean(false), der.octetString())] },
    ],
    [
      'an extension without a value',
      { extensions: [der.sequence(der.objectIdentifier('1.2.3'), der.boolean(true))] },
    ],
    [
      'an extension with something after its value',
      { extensions: [der.sequence(der.objectIdentifier('1.2.3'), der.octetString(), der.null())] },
    ],
  ])('is malformed with %s', (_, parts) => {
    expectMalformed(forge(parts));
  });

  it('is malformed with an empty list of extensions', () => {
    expectMalformed(forge({ tail: der.constructedContext(3, der.sequence()) }));
    expectMalformed(forge({ tail: der.constructedContext(3) }));
    expectMalformed(forge({ tail: der.constructedContext(3, der.sequence(keyUsage(0)), der.null()) }));
  });

  it('has up to 64 extensions', () => {
    const extensions = Array.from({ length: 65 }, (_, index) => rawValue(`1.2.3.${String(index)}`, '0500'));
    expect(withExtension(...extensions.slice(1)).all).toHaveLength(64);
    expectMalformed(forge({ extensions }));
  });

  it('states up to 128 purposes', () => {
    const purposes = Array.from({ length: 129 }, (_, index) => `1.2.3.${String(index)}`);
    expect(withExtension(extendedKeyUsage(...purposes.slice(1))).extendedKeyUsage).toHaveLength(128);
    expectMalformed(forge({ extensions: [extendedKeyUsage(...purposes)] }));
  });

  it('is malformed with bytes after it, cut off, too large, or absent', () => {
    const bytes = forge();
    expectMalformed(Buffer.concat([bytes, Buffer.of(0)]));
    expectMalformed(bytes.subarray(0, -1));
    expectMalformed(Buffer.alloc(0));
    expectMalformed(forge({ extensions: [rawValue('1.2.3', '00'.repeat(MAX_CERTIFICATE_BYTES))] }));
  });

  const bad: [string, string, string][] = [
    ['CA FALSE in so many words', oid.basicConstraints, '30 03 01 01 00'],
    ['a path length for what is no CA', oid.basicConstraints, '30 03 02 01 00'],
    ['a negative path length', oid.basicConstraints, '30 06 01 01 ff 02 01 ff'],
    ['CA that is neither true nor false', oid.basicConstraints, '30 03 01 01 01'],
    ['bytes after basic constraints', oid.basicConstraints, '30 00 05 00'],
    ['bytes in basic constraints', oid.basicConstraints, '30 05 01 01 ff 05 00'],
    ['a key usage that is not minimal', oid.keyUsage, '03 02 00 80'],
    ['a key usage of octets', oid.keyUsage, '04 01 80'],
    ['no purpose', oid.extKeyUsage, '30 00'],
    ['a purpose twice', oid.extKeyUsage, '30 06 06 01 2a 06 01 2a'],
    ['no name', oid.subjectAltName, '30 00'],
    ['a name of an unknown kind', oid.subjectAltName, '30 03 89 01 61'],
    ['a constructed URI', oid.subjectAltName, '30 02 a6 00'],
    ['a NUL in a name', oid.subjectAltName, '30 05 82 03 61 00 62'],
    ['a line end in a URI', oid.subjectAltName, '30 04 86 02 61 0a'],
    ['a letter beyond ASCII in a name', oid.subjectAltName, '30 04 82 02 c3 a9'],
    ['an address of five octets', oid.subjectAltName, '30 07 87 05 00 00 00 00 00'],
    ['a directory name that is none', oid.subjectAltName, '30 04 a4 02 05 00'],
    ['two directory names in one', oid.subjectAltName, '30 06 a4 04 30 00 30 00'],
    ['a registered id that is none', oid.subjectAltName, '30 03 88 01 80'],
    ['an other name that is not DER', oid.subjectAltName, '30 05 a0 03 01 01 05'],
    ['no policy', oid.certificatePolicies, '30 00'],
    ['a policy twice', oid.certificatePolicies, '30 0a 30 03 06 01 2a 30 03 06 01 2a'],
    ['qualifiers that are no list', oid.certificatePolicies, '30 07 30 05 06 01 2a 05 00'],
    ['no distribution point', oid.crlDistributionPoints, '30 00'],
    ['a distribution point of nothing', oid.crlDistributionPoints, '30 02 30 00'],
    ['a distribution point of reasons', oid.crlDistributionPoints, '30 06 30 04 81 02 06 40'],
    [
      'a distribution point with two names',
      oid.crlDistributionPoints,
      '30 0e 30 0c a0 0a a0 03 86 01 61 a0 03 86 01 61',
    ],
    ['a distribution point that names nothing', oid.crlDistributionPoints, '30 06 30 04 a0 02 a0 00'],
    ['a key identifier in a sequence', oid.subjectKeyIdentifier, '30 00'],
    ['an issuer key identifier with bytes after it', oid.authorityKeyIdentifier, '30 05 80 01 aa 05 00'],
    ['name constraints of nothing', oid.nameConstraints, '30 00'],
    ['no permitted name', oid.nameConstraints, '30 02 a0 00'],
    ['a subtree with a minimum', oid.nameConstraints, '30 0a a0 08 30 06 82 01 61 80 01 01'],
    ['a subtree with a maximum', oid.nameConstraints, '30 0a a0 08 30 06 82 01 61 81 01 01'],
    ['noRevAvail with content', oid.noRevAvail, '05 01 00'],
    ['policy constraints that are not DER', oid.policyConstraints, '30 03 80 05 00'],
  ];
  it.each(bad)('is malformed with %s', (_, type, value) => {
    expectMalformed(forge({ extensions: [rawValue(type, value)] }));
  });

  it('is read whole: profile of a device certificate', () => {
    const { extensions } = parseCertificate(
      forge({
        subject: nameOf([oid.commonName, der.utf8String('device')]),
        extensions: [
          basicConstraints(false),
          keyUsage(0),
          extendedKeyUsage(oid.clientAuth),
          subjectAltName(ia5(6, 'urn:uuid:1')),
          crlDistributionPoint('http://crl/1'),
        ],
      }),
    );
    expect(extensions.basicConstraints).toEqual({ ca: false, pathLength: null });
    expect(extensions.extendedKeyUsage).toEqual([oid.clientAuth]);
    expect(spkiOf(keys)).toHaveLength(91);
  });
});
