import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDeviceCertificateProfile } from '../../src/ca/device-certificate-profile.js';
import { createDeviceProfileRules } from '../../src/ca/device-profile-rules.js';
import { createLocalIssuer } from '../../src/ca/local-issuer.js';
import { createStatusUrls } from '../../src/ca/status-urls.js';
import { verifyDeviceProfile } from '../../src/ca/verify-device-profile.js';
import { UnavailableError } from '../../src/core/errors.js';
import { der } from '../../src/x509/der-writer.js';
import {
  encodeAuthorityInfoAccess,
  encodeAuthorityKeyIdentifier,
  encodeBasicConstraints,
  encodeCertificatePolicies,
  encodeCrlDistributionPoint,
  encodeExtendedKeyUsage,
  encodeExtension,
  encodeKeyUsage,
  encodeSubjectAltName,
  encodeSubjectKeyIdentifier,
} from '../../src/x509/encode-extensions.js';
import { encodeName } from '../../src/x509/encode-name.js';
import { oid } from '../../src/x509/oid.js';
import { thrownBy } from '../thrown-by.js';
import {
  assemble,
  createFields,
  type DeviceExtensions,
  type DeviceTbsParts,
  fields,
  goodParts,
} from './device-tbs.js';
import { daysFromNow, deviceCa, deviceCaKey, newKey, now, spkiOf, statusUrl } from './pki.js';

const issuer = createLocalIssuer({ certificate: deviceCa, privateKey: deviceCaKey }, 'issuer');
const urls = createStatusUrls(statusUrl);
const rules = createDeviceProfileRules(issuer, urls, { ocsp: false });
const { issuerId } = issuer.published;
const good = goodParts(issuer);

const refusalOf = (tbs: Uint8Array): string => {
  const error = thrownBy(() => verifyDeviceProfile(tbs, rules));
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error).toMatchObject({ code: 'authority_unavailable' });
  return error instanceof Error ? error.message : '';
};

describe('the encoder and the lint', () => {
  it.each([
    ['P-256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
  ])('agree with the general encoder, octet for octet, for a key of %s', (_kind, generate) => {
    const given = createFields(spkiOf(generate().privateKey));
    const profile = createDeviceCertificateProfile(issuer, urls, { ocsp: false });
    for (const crlShard of [0, 7, 42, 999_999]) {
      const tbs = profile.encode({ ...given, crlShard });
      expect(Buffer.from(tbs)).toEqual(Buffer.from(assemble(goodParts(issuer, { ...given, crlShard }))));
      expect(verifyDeviceProfile(tbs, rules)).toMatchObject({
        serialNumber: '7f'.repeat(16),
        notBefore: given.notBefore,
        notAfter: given.notAfter,
        deviceId: given.deviceId,
        policyOid: given.policyOid,
        crlShard,
      });
    }
  });
});

describe('the lint refuses a certificate', () => {
  const id = fields.deviceId;
  const times = (start: Date, end: Date) => der.sequence(der.time(start), der.time(end));
  const second = (time: Date, by: number) => new Date(time.getTime() + by * 1000);

  it.each<[string, string, Partial<DeviceTbsParts>]>([
    ['of version 2', 'version', { version: der.constructedContext(0, der.integer(1n)) }],
    ['of 15 octets of serial number', 'serialNumber', { serialNumber: der.integer(Buffer.alloc(15, 1)) }],
    ['of 21 octets of serial number', 'serialNumber', { serialNumber: der.integer(Buffer.alloc(21, 1)) }],
    ['with a negative serial number', 'serialNumber', { serialNumber: der.integer(-(2n ** 127n)) }],
    [
      'with a zero in front of its serial number',
      'serialNumber',
      { serialNumber: der.integer(Buffer.alloc(16, 0x80)) },
    ],
    [
      'signed with another algorithm',
      'signature',
      { signature: der.sequence(der.objectIdentifier(oid.ecdsaWithSha384)) },
    ],
    ['of another issuer', 'issuer', { issuer: encodeName({ commonName: 'Example device CA' }) }],
    ['that starts before its issuer', 'validity', { validity: times(daysFromNow(-11), daysFromNow(1)) }],
    ['that ends after its issuer', 'validity', { validity: times(daysFromNow(450), daysFromNow(501)) }],
    ['that ends before it starts', 'lifetime', { validity: times(daysFromNow(2), daysFromNow(1)) }],
    ['that ends when it starts', 'lifetime', { validity: times(now, now) }],
    [
      'that lives for more than 90 days and an hour',
      'lifetime',
      { validity: times(now, second(daysFromNow(90), 3601)) },
    ],
    ['of another subject', 'subject', { subject: encodeName({ organization: 'Bank', commonName: id }) }],
    ['whose subject is no UUID', 'subject', { subject: encodeName({ commonName: id.replace('9b', 'xx') }) }],
    ['whose subject is longer', 'subject', { subject: encodeName({ commonName: `${id}0` }) }],
    [
      'for a key of P-521',
      'subjectPublicKeyInfo',
      { publicKey: spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey) },
    ],
    ['for another key than it names', 'subjectKeyIdentifier', { publicKey: spkiOf(newKey()) }],
  ])('%s', (_what, rule, change) => {
    expect(refusalOf(assemble({ ...good, ...change }))).toContain(rule);
  });

  it.each<[string, keyof DeviceExtensions, Uint8Array]>([
    ['that is a CA', 'basicConstraints', encodeBasicConstraints({ ca: true })],
    [
      'whose basic constraints are not critical',
      'basicConstraints',
      encodeExtension(oid.basicConstraints, false, der.sequence()),
    ],
    ['that may sign certificates', 'keyUsage', encodeKeyUsage('digitalSignature', 'keyCertSign')],
    ['whose key usage is not critical', 'keyUsage', encodeExtension(oid.keyUsage, false, der.namedBits([0]))],
    ['for servers', 'extKeyUsage', encodeExtendedKeyUsage(oid.clientAuth, oid.serverAuth)],
    [
      'with the key identifier of another CA',
      'authorityKeyIdentifier',
      encodeAuthorityKeyIdentifier(new Uint8Array(20)),
    ],
    [
      'with an OCSP responder where there is none',
      'authorityInfoAccess',
      encodeAuthorityInfoAccess({
        caIssuers: `${statusUrl}/issuers/${issuerId}.cer`,
        ocsp: `${statusUrl}/ocsp`,
      }),
    ],
    [
      'with a key identifier of another length',
      'subjectKeyIdentifier',
      encodeSubjectKeyIdentifier(fields.keyIdentifier.subarray(1)),
    ],
    [
      'that is critical about its key identifier',
      'subjectKeyIdentifier',
      encodeExtension(oid.subjectKeyIdentifier, true, der.octetString(fields.keyIdentifier)),
    ],
    [
      'that names another device',
      'subjectAltName',
      encodeSubjectAltName({ type: 'uri', value: 'urn:uuid:00000000-0000-4000-8000-000000000000' }),
    ],
    [
      'that has a second name',
      'subjectAltName',
      encodeSubjectAltName({ type: 'uri', value: `urn:uuid:${id}` }, { type: 'dns', value: 'a.example' }),
    ],
    ['with two policies', 'certificatePolicies', encodeCertificatePolicies(fields.policyOid, oid.anyPolicy)],
    [
      'with a critical policy',
      'certificatePolicies',
      encodeExtension(
        oid.certificatePolicies,
        true,
        der.sequence(der.sequence(der.objectIdentifier(fields.policyOid))),
      ),
    ],
    [
      'with a CRL elsewhere',
      'cRLDistributionPoints',
      encodeCrlDistributionPoint(`http://evil.example/crl/${issuerId}/42.crl`),
    ],
    [
      'with the CRL of another issuer',
      'cRLDistributionPoints',
      encodeCrlDistributionPoint(`${statusUrl}/crl/${'0'.repeat(40)}/42.crl`),
    ],
    [
      'with a CRL of no shard',
      'cRLDistributionPoints',
      encodeCrlDistributionPoint(`${statusUrl}/crl/${issuerId}/042.crl`),
    ],
  ])('%s', (_what, name, extension) => {
    const message = refusalOf(assemble({ ...good, extensions: { ...good.extensions, [name]: extension } }));
    expect(message).toMatch(new RegExp(`${name}|strict DER`));
  });

  it('in which an extension is missing, comes twice, is one too many, or stands elsewhere', () => {
    const extensions = Object.values(good.extensions);
    const extra = encodeExtension(oid.noRevAvail, false, der.null());
    for (const index of extensions.keys()) {
      refusalOf(assemble(good, extensions.toSpliced(index, 1)));
      refusalOf(assemble(good, extensions.toSpliced(index, 0, extensions[index] ?? extra)));
    }
    refusalOf(assemble(good, [...extensions, extra]));
    refusalOf(assemble(good, extensions.toReversed()));
  });

  it('that is not whole, has bytes after it, or is no DER', () => {
    const tbs = assemble(good);
    for (const length of [0, 1, 5, 100, tbs.length - 1]) {
      expect(refusalOf(tbs.subarray(0, length))).toContain('strict DER');
    }
    expect(refusalOf(Buffer.concat([tbs, Uint8Array.of(0)]))).toContain('strict DER');
    expect(refusalOf(Buffer.from('a token'))).toContain('strict DER');
  });

  it('without an OCSP responder where there is one', () => {
    const withOcsp = createDeviceProfileRules(issuer, urls, { ocsp: true });
    expect(thrownBy(() => verifyDeviceProfile(assemble(good), withOcsp))).toBeInstanceOf(UnavailableError);
    const tbs = createDeviceCertificateProfile(issuer, urls, { ocsp: true }).encode(fields);
    expect(verifyDeviceProfile(tbs, withOcsp).deviceId).toBe(id);
  });
});
