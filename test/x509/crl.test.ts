import 'reflect-metadata';
import { X509Crl } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MalformedError, RejectedError } from '../../src/core/errors.js';
import { type Certificate, parseCertificate } from '../../src/x509/certificate.js';
import { parseCrl } from '../../src/x509/crl.js';
import { findCrlStatus } from '../../src/x509/crl-status.js';
import { der, encodeElement } from '../../src/x509/der-writer.js';
import { derTag } from '../../src/x509/der-tag.js';
import { oid } from '../../src/x509/oid.js';
import { verifyCrl, type VerifyCrlRequest } from '../../src/x509/verify-crl.js';
import { thrownBy } from '../thrown-by.js';
import {
  basicConstraints,
  BEGIN,
  type CertificateParts,
  type CrlParts,
  crlDistributionPoint,
  crlEntry,
  crlNumber,
  END,
  extension,
  forgeCertificate,
  forgeCrl,
  ia5,
  keyUsage,
  name,
  newKeyPair,
  NOW,
} from './forge.js';
import { type Openssl, startOpenssl } from './openssl.js';

const keys = newKeyPair();
const forge = (parts: Partial<CrlParts> = {}) => forgeCrl({ signer: keys, issuer: name('CA'), ...parts });
const CA = parseCertificate(
  forgeCertificate({ keys, subject: name('CA'), extensions: [basicConstraints(true), keyUsage(5, 6)] }),
);

const reason = (code: number) => extension(oid.crlReason, der.enumerated(code));
const scope = (...fields: Uint8Array[]) =>
  extension(oid.issuingDistributionPoint, der.sequence(...fields), true);
const TRUE = Buffer.of(0xff);
const point = (url: string) => der.constructedContext(0, der.constructedContext(0, ia5(6, url)));
const onlyUsers = der.context(1, TRUE);
const onlyCas = der.context(2, TRUE);
const someReasons = der.context(3, Buffer.of(6, 0x40));
const indirect = der.context(4, TRUE);
const onlyAttributes = der.context(5, TRUE);

describe('a CRL', () => {
  let openssl: Openssl;
  beforeAll(() => {
    openssl = startOpenssl();
  });
  afterAll(() => {
    openssl.end();
  });

  it('of OpenSSL is read as others read it', () => {
    openssl.write(
      'c.cnf',
      [
        '[ca]',
        'default_ca=d',
        '[d]',
        'database=index.txt',
        'crlnumber=crlnumber',
        'default_md=sha256',
        'crl_extensions=e',
        '[e]',
        'authorityKeyIdentifier=keyid',
        '[req]',
        'distinguished_name=n',
        '[n]',
        '[x]',
        'subjectKeyIdentifier=hash',
        'basicConstraints=critical,CA:TRUE',
        'keyUsage=critical,cRLSign',
      ].join('\n'),
    );
    openssl.write(
      'index.txt',
      [
        'R\t300101000000Z\t250101000000Z,keyCompromise\t0100\tunknown\t/CN=a',
        'R\t300101000000Z\t250102000000Z\tFF01\tunknown\t/CN=b',
        '',
      ].join('\n'),
    );
    openssl.write('crlnumber', '1234\n');
    openssl.run(
      'req',
      '-x509',
      '-nodes',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-config',
      'c.cnf',
      '-extensions',
      'x',
      '-keyout',
      'k.pem',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=CA',
      '-days',
      '2',
    );
    openssl.run(
      'ca',
      '-gencrl',
      '-config',
      'c.cnf',
      '-cert',
      'ca.pem',
      '-keyfile',
      'k.pem',
      '-crlhours',
      '24',
      '-out',
      'crl.pem',
    );
    openssl.run('crl', '-in', 'crl.pem', '-outform', 'DER', '-out', 'crl.der');
    openssl.run('x509', '-in', 'ca.pem', '-outform', 'DER', '-out', 'ca.der');
    const bytes = openssl.read('crl.der');
    const crl = parseCrl(bytes);
    const theirs = new X509Crl(bytes);
    expect(crl.number).toBe(0x1234n);
    expect(crl.version).toBe(2);
    expect(crl.thisUpdate).toEqual(theirs.thisUpdate);
    expect(crl.nextUpdate).toEqual(theirs.nextUpdate);
    expect([...crl.entries()]).toEqual([
      {
        serialNumber: '0100',
        revokedAt: new Date('2025-01-01T00:00:00Z'),
        reason: 'keyCompromise',
        criticalUnknown: [],
      },
      {
        serialNumber: 'ff01',
        revokedAt: new Date('2025-01-02T00:00:00Z'),
        reason: 'unspecified',
        criticalUnknown: [],
      },
    ]);
    expect(crl.entryCount).toBe(2);
    const issuer = parseCertificate(openssl.read('ca.der'));
    expect(crl.authorityKeyId).toBe(issuer.extensions.subjectKeyIdentifier);
    expect(verifyCrl({ crl, issuer, now: crl.thisUpdate })).toEqual({ crl, issuer });
  });

  it('of version 1 has no extensions', () => {
    expect(
      parseCrl(forge({ version: Buffer.alloc(0), extensions: null, entries: [crlEntry(1n)] })),
    ).toMatchObject({ version: 1, number: null, entryCount: 1 });
  });

  it('may be empty', () => {
    const crl = parseCrl(forge());
    expect(crl).toMatchObject({
      entryCount: 0,
      number: 1n,
      issuingDistributionPoint: null,
      deltaBase: null,
      freshestCrl: null,
      criticalUnknown: [],
    });
    expect([...crl.entries()]).toEqual([]);
  });

  it('tells its entries as often as it is asked', () => {
    const crl = parseCrl(
      forge({ entries: [crlEntry(1n), crlEntry(-1n), crlEntry(0xffn, reason(6)), crlEntry(2n, reason(10))] }),
    );
    for (let times = 0; times < 2; times += 1) {
      expect([...crl.entries()].map((entry) => [entry.serialNumber, entry.reason])).toEqual([
        ['01', 'unspecified'],
        ['-ff', 'unspecified'],
        ['ff', 'certificateHold'],
        ['02', 'aACompromise'],
      ]);
    }
  });

  it('tells what it is limited to', () => {
    expect(
      parseCrl(forge({ extensions: [scope(point('http://a/1'), onlyUsers)] })).issuingDistributionPoint,
    ).toMatchObject({
      names: { uris: ['http://a/1'] },
      onlyContainsUserCerts: true,
      onlyContainsCaCerts: false,
      onlyContainsAttributeCerts: false,
      onlySomeReasons: false,
      indirectCrl: false,
    });
    expect(
      parseCrl(forge({ extensions: [scope(onlyCas, someReasons, indirect)] })).issuingDistributionPoint,
    ).toMatchObject({ names: null, onlyContainsCaCerts: true, onlySomeReasons: true, indirectCrl: true });
  });

  it('says which critical extensions it has that nobody processes', () => {
    const crl = parseCrl(
      forge({
        entries: [
          crlEntry(1n, extension('1.2.3', der.null(), true)),
          crlEntry(2n, extension('1.2.3', der.null(), true)),
        ],
        extensions: [extension('1.2.4', der.null(), true), extension('1.2.5', der.null())],
      }),
    );
    expect(crl.criticalUnknown).toEqual(['1.2.4', '1.2.3']);
  });

  const raw = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
  it.each<[string, Partial<CrlParts>]>([
    ['version 1 in so many words', { version: der.integer(0n), extensions: null }],
    ['version 3', { version: der.integer(2n) }],
    ['extensions in version 1', { version: Buffer.alloc(0) }],
    [
      'extensions of an entry in version 1',
      { version: Buffer.alloc(0), extensions: null, entries: [crlEntry(1n, reason(1))] },
    ],
    [
      'another algorithm outside',
      { outerAlgorithm: der.sequence(der.objectIdentifier(oid.ecdsaWithSha384)) },
    ],
    ['an empty list', { entries: [] }],
    ['no extensions in a list of them', { extensions: [] }],
    ['an extension twice', { extensions: [crlNumber(1n), crlNumber(2n)] }],
    ['a negative number', { extensions: [crlNumber(-1n)] }],
    ['a number of 21 octets', { extensions: [crlNumber(1n << 160n)] }],
    [
      'an empty list of extensions of an entry',
      { entries: [der.sequence(der.integer(1n), der.time(BEGIN), der.sequence())] },
    ],
    ['an entry without a date', { entries: [der.sequence(der.integer(1n))] }],
    ['an entry with a serial number of 21 octets', { entries: [crlEntry(1n << 160n)] }],
    [
      'an entry with something after it',
      { entries: [der.sequence(der.integer(1n), der.time(BEGIN), der.null())] },
    ],
    ['an entry that is none', { entries: [der.null()] }],
    ['a reason that does not exist', { entries: [crlEntry(1n, reason(7))] }],
    ['a reason beyond the last', { entries: [crlEntry(1n, reason(11))] }],
    ['a reason that is an INTEGER', { entries: [crlEntry(1n, extension(oid.crlReason, der.integer(1n)))] }],
    ['an issuing distribution point of nothing', { extensions: [scope()] }],
    ['a FALSE in so many words', { extensions: [scope(point('http://a'), der.context(1, Buffer.of(0)))] }],
    ['users and CAs only', { extensions: [scope(onlyUsers, onlyCas)] }],
    ['users and attributes only', { extensions: [scope(onlyUsers, onlyAttributes)] }],
    ['an issuing distribution point in another order', { extensions: [scope(onlyUsers, point('http://a'))] }],
    ['two names in a choice', { extensions: [scope(raw('a0 0a a0 03 86 01 61 a0 03 86 01 61'))] }],
    ['no time', { thisUpdate: Buffer.alloc(0), nextUpdate: Buffer.alloc(0) }],
    ['a next update that is none', { nextUpdate: encodeElement(derTag.utcTime, Buffer.from('2601010000Z')) }],
    ['a third time', { nextUpdate: Buffer.concat([der.time(END), der.time(END)]) }],
    ['an issuer that is no name', { issuer: der.setOf() }],
  ])('is malformed with %s', (_, parts) => {
    const error = thrownBy(() => parseCrl(forge(parts)));
    expect(error).toBeInstanceOf(MalformedError);
    expect(error).toMatchObject({ code: 'crl_malformed' });
  });

  it('is malformed with bytes after it or cut off', () => {
    const bytes = forge();
    for (const bad of [Buffer.concat([bytes, Buffer.of(0)]), bytes.subarray(0, -1), Buffer.alloc(0)]) {
      expect(thrownBy(() => parseCrl(bad))).toMatchObject({ code: 'crl_malformed' });
    }
  });
});

describe('a CRL that is read', () => {
  const read = (parts: Partial<CrlParts>) => parseCrl(forge(parts));

  it('has entries without a stated reason, whatever else is stated', () => {
    const other = extension('1.2.3', der.null());
    const crl = read({ entries: [crlEntry(1n), crlEntry(2n, other), crlEntry(3n, other, reason(4))] });
    expect([...crl.entries()].map((entry) => entry.reason)).toEqual([
      'unspecified',
      'unspecified',
      'superseded',
    ]);
  });

  it('may have its next update as GeneralizedTime', () => {
    expect(read({ nextUpdate: der.generalizedTime(END) }).nextUpdate).toEqual(END);
  });

  it('may have a number, and serial numbers, of 20 octets', () => {
    const largest = (1n << 159n) - 1n;
    const crl = read({ extensions: [crlNumber(largest)], entries: [crlEntry(largest)] });
    expect(crl.number).toBe(largest);
    expect([...crl.entries()].map(({ serialNumber }) => serialNumber)).toEqual([`7f${'ff'.repeat(19)}`]);
  });

  it('says where its delta is, and counts that as not processed if it is critical', () => {
    const points = der.sequence(der.sequence(point('http://a/delta')));
    const freshest = read({ extensions: [extension(oid.freshestCrl, points)] });
    expect(freshest.freshestCrl).toMatchObject([{ names: { uris: ['http://a/delta'] } }]);
    expect(freshest.criticalUnknown).toEqual([]);
    expect(read({ extensions: [extension(oid.freshestCrl, points, true)] }).criticalUnknown).toEqual([
      oid.freshestCrl,
    ]);
    expect(read({ extensions: [extension('1.2.3', der.null())] }).criticalUnknown).toEqual([]);
  });
});

describe('a CRL to trust', () => {
  const verify = (parts: Partial<CrlParts> = {}, request: Partial<VerifyCrlRequest> = {}) =>
    verifyCrl({ crl: parseCrl(forge(parts)), issuer: CA, now: NOW, ...request });

  function expectReasons(reasons: readonly string[], call: () => unknown): void {
    const error = thrownBy(call);
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({ code: 'certificate_untrusted', reasons });
  }
  const issuer = (parts: Partial<CertificateParts>) =>
    parseCertificate(
      forgeCertificate({ keys, subject: name('CA'), extensions: [basicConstraints(true)], ...parts }),
    );

  it('is signed by its issuer, and current', () => {
    expect(verify().issuer).toBe(CA);
    expect(verify({}, { now: BEGIN }).issuer).toBe(CA);
    expect(verify({}, { now: END }).issuer).toBe(CA);
    expect(verify({}, { issuer: issuer({ subject: name('ca') }) }).crl.entryCount).toBe(0);
  });

  it('may be signed with a key that has no key usage', () => {
    expect(verify({}, { issuer: issuer({}) }).crl.number).toBe(1n);
  });

  it('has the name of its issuer', () => {
    expectReasons(['issuer_name_mismatch'], () => verify({ issuer: name('Another CA') }));
    expectReasons(['issuer_name_mismatch'], () =>
      verify({ issuer: der.sequence() }, { issuer: issuer({ subject: der.sequence(), issuer: name('x') }) }),
    );
  });

  it('is signed with a key that may sign CRLs', () => {
    expectReasons(['issuer_key_usage'], () =>
      verify({}, { issuer: issuer({ extensions: [basicConstraints(true), keyUsage(5)] }) }),
    );
  });

  it('is signed with an algorithm on the list', () => {
    expectReasons(['algorithm_refused'], () =>
      verify({ algorithm: der.sequence(der.objectIdentifier('1.2.840.10045.4.1')) }),
    );
  });

  it('is signed by the key of its issuer', () => {
    expectReasons(['signature_invalid'], () => verify({ signer: newKeyPair() }));
    expect(thrownBy(() => verify({ signer: newKeyPair() }, { now: new Date(NaN) }))).toMatchObject({
      message: 'the CRL is refused: signature_invalid, crl_not_yet_valid, crl_stale',
    });
    expectReasons(['signature_invalid'], () =>
      verify({ spoil: (signature) => Buffer.concat([signature, Buffer.of(0)]) }),
    );
  });

  it('has nothing critical that is not processed', () => {
    expectReasons(['unknown_critical_extension'], () =>
      verify({ extensions: [extension('1.2.3', der.null(), true)] }),
    );
    expectReasons(['unknown_critical_extension'], () =>
      verify({
        entries: [
          crlEntry(
            1n,
            extension(oid.certificateIssuer, der.sequence(der.constructedContext(4, name('x'))), true),
          ),
        ],
      }),
    );
  });

  it('is neither a delta nor an indirect one', () => {
    expectReasons(['constraint_not_supported'], () =>
      verify({ extensions: [extension(oid.deltaCrlIndicator, der.integer(1n))] }),
    );
    expectReasons(['constraint_not_supported'], () => verify({ extensions: [scope(indirect)] }));
  });

  it('is not of the future', () => {
    expectReasons(['crl_not_yet_valid'], () =>
      verify({ thisUpdate: der.time(new Date(NOW.getTime() + 1000)) }),
    );
  });

  it('is not past its next update', () => {
    expectReasons(['crl_stale'], () => verify({}, { now: new Date(END.getTime() + 1) }));
    expectReasons(['crl_not_yet_valid', 'crl_stale'], () => verify({}, { now: new Date(NaN) }));
  });

  it('says when the next one is due, or else its age is what counts', () => {
    const nextUpdate = Buffer.alloc(0);
    expectReasons(['crl_stale'], () => verify({ nextUpdate }));
    const age = (NOW.getTime() - BEGIN.getTime()) / 1000;
    expect(verify({ nextUpdate }, { maxAgeSeconds: age }).crl.nextUpdate).toBeNull();
    expectReasons(['crl_stale'], () => verify({ nextUpdate }, { maxAgeSeconds: age - 1 }));
    expectReasons(['crl_stale'], () => verify({}, { maxAgeSeconds: age - 1 }));
    expectReasons(['crl_stale'], () => verify({}, { maxAgeSeconds: NaN }));
  });
});

describe('the status of a certificate on a CRL', () => {
  const subject = newKeyPair();
  const device = (parts: Partial<CertificateParts> = {}): Certificate =>
    parseCertificate(
      forgeCertificate({
        keys: subject,
        signer: keys,
        issuer: name('CA'),
        subject: name('device'),
        serial: der.integer(0x1001n),
        ...parts,
      }),
    );
  const status = (crl: Partial<CrlParts>, certificate = device()) =>
    findCrlStatus(verifyCrl({ crl: parseCrl(forge(crl)), issuer: CA, now: NOW }), certificate).status;
  const listed = { entries: [crlEntry(1n), crlEntry(0x1001n, reason(1))] };

  it('is good if a complete CRL of its issuer does not have it', () => {
    expect(status({ entries: [crlEntry(0x1002n)] })).toBe('good');
    expect(status({})).toBe('good');
  });

  it('is revoked if the CRL has it, for the reason that it tells', () => {
    const verified = verifyCrl({ crl: parseCrl(forge(listed)), issuer: CA, now: NOW });
    expect(findCrlStatus(verified, device())).toMatchObject({
      status: 'revoked',
      entry: { serialNumber: '1001', reason: 'keyCompromise', revokedAt: BEGIN },
    });
  });

  it('is not that of the negative number with the same octets', () => {
    expect(status({ entries: [crlEntry(-1n)] }, device({ serial: der.integer(0xffn) }))).toBe('good');
    expect(status({ entries: [crlEntry(-1n)] }, device({ serial: der.integer(-1n) }))).toBe('revoked');
  });

  it('is unknown to the CRL of another issuer', () => {
    expect(status(listed, device({ issuer: name('Another CA') }))).toBe('unknown');
  });

  const shard = (...fields: Uint8Array[]) => ({ ...listed, extensions: [scope(...fields)] });
  const absent = (...fields: Uint8Array[]) => ({ extensions: [scope(...fields)] });
  const inShard = device({ extensions: [crlDistributionPoint('http://a/1')] });

  it('is told by the list of its own shard alone', () => {
    expect(status(shard(point('http://a/1'), onlyUsers), inShard)).toBe('revoked');
    expect(status(absent(point('http://a/1'), onlyUsers), inShard)).toBe('good');
    expect(status(shard(point('http://a/2'), onlyUsers), inShard)).toBe('unknown');
    expect(status(absent(point('http://A/1'), onlyUsers), inShard)).toBe('unknown');
    expect(status(absent(point('http://a/1')), device())).toBe('unknown');
    expect(status({}, inShard)).toBe('good');
  });

  it('is told by a list with one name of several in common', () => {
    const points = (...names: Uint8Array[]) =>
      der.sequence(der.constructedContext(0, der.constructedContext(0, ...names)));
    const certificate = (...names: Uint8Array[]) =>
      device({ extensions: [extension(oid.crlDistributionPoints, der.sequence(points(...names)))] });
    const both = der.constructedContext(
      0,
      der.constructedContext(0, ia5(6, 'http://a/1'), ia5(6, 'http://b/1')),
    );
    expect(status(absent(both), certificate(ia5(6, 'http://b/1')))).toBe('good');
    const directory = (text: string) => der.constructedContext(4, name(text));
    const one = der.constructedContext(0, der.constructedContext(0, directory('x')));
    expect(status(absent(one), certificate(directory('y'), directory('x')))).toBe('good');
    expect(status(absent(one), certificate(directory('y')))).toBe('unknown');
  });

  it('is not told by the list of a point if its own point has no name of its own', () => {
    const relative = der.sequence(
      der.sequence(
        der.constructedContext(
          0,
          der.constructedContext(1, der.sequence(der.objectIdentifier(oid.commonName), der.utf8String('x'))),
        ),
      ),
    );
    const certificate = device({ extensions: [extension(oid.crlDistributionPoints, relative)] });
    expect(status(absent(point('http://a/1')), certificate)).toBe('unknown');
  });

  it('is good if one of its points tells of every reason', () => {
    const two = der.sequence(
      der.sequence(point('http://a/1'), der.context(1, Buffer.of(6, 0x40))),
      der.sequence(point('http://a/1')),
    );
    expect(status({}, device({ extensions: [extension(oid.crlDistributionPoints, two)] }))).toBe('good');
  });

  it('is told by a list for the name of its issuer', () => {
    const named = der.constructedContext(0, der.constructedContext(0, der.constructedContext(4, name('CA'))));
    expect(status(absent(named))).toBe('good');
    expect(status(shard(named))).toBe('revoked');
    const relative = der.constructedContext(
      0,
      der.constructedContext(1, der.sequence(der.objectIdentifier(oid.commonName), der.utf8String('x'))),
    );
    expect(status(absent(relative))).toBe('unknown');
  });

  it('is told by lists for its kind only', () => {
    const aCa = device({ extensions: [basicConstraints(true)] });
    expect(status(absent(onlyUsers))).toBe('good');
    expect(status(absent(onlyUsers), aCa)).toBe('unknown');
    expect(status(absent(onlyCas), aCa)).toBe('good');
    expect(status(absent(onlyCas))).toBe('unknown');
    expect(status(absent(onlyAttributes))).toBe('unknown');
    const old = device({ version: Buffer.alloc(0), extensions: null });
    expect(status(absent(onlyUsers), old)).toBe('unknown');
    expect(status(absent(onlyCas), old)).toBe('unknown');
  });

  it('is never good by a list for some reasons', () => {
    expect(status(absent(someReasons))).toBe('unknown');
    expect(status(shard(someReasons))).toBe('revoked');
    const partial = der.sequence(der.sequence(point('http://a/1'), der.context(1, Buffer.of(6, 0x40))));
    const certificate = device({ extensions: [extension(oid.crlDistributionPoints, partial)] });
    expect(status({}, certificate)).toBe('unknown');
    expect(status(listed, certificate)).toBe('revoked');
  });

  it('is not told by its issuer if another one signs the CRL', () => {
    const elsewhere = der.sequence(
      der.sequence(
        point('http://a/1'),
        der.constructedContext(2, der.constructedContext(4, name('CRL signer'))),
      ),
    );
    expect(status({}, device({ extensions: [extension(oid.crlDistributionPoints, elsewhere)] }))).toBe(
      'unknown',
    );
  });
});
