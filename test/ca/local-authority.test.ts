import { generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { issueIntermediateCertificate, issueRootCertificate } from '../../src/ca/ca-certificate.js';
import { MalformedError, UnavailableError } from '../../src/core/errors.js';
import type { CertificateRequest, PreparedCertificate } from '../../src/contracts/certificate-authority.js';
import { parseCertificate } from '../../src/x509/certificate.js';
import { oid } from '../../src/x509/oid.js';
import type { SigningKey } from '../../src/x509/signing-key.js';
import { createSigningKey } from '../../src/x509/signing-key.js';
import { createWebCryptoSigningKey } from '../../src/x509/web-crypto-signing-key.js';
import { rejectionOf } from '../thrown-by.js';
import {
  createAuthority,
  daysFromNow,
  deviceCa,
  deviceCaKey,
  issueDevice,
  newKey,
  now,
  policyOid,
  requestFor,
  root,
  rootKey,
  spkiOf,
  statusUrl,
} from './pki.js';

const authority = createAuthority();
const [{ issuerId }] = authority.issuers;

describe('a device certificate', () => {
  it('holds what the profile says, and nothing of it is critical that should not be', async () => {
    const { prepared, certificate, privateKey } = await issueDevice(authority);
    const parsed = parseCertificate(certificate);
    const shardUrl = `${statusUrl}/crl/${issuerId}/${prepared.crlShard}.crl`;
    expect(parsed.version).toBe(3);
    expect(parsed.issuer).toEqual(parseCertificate(deviceCa).subject);
    expect(parsed.publicKey.spki).toEqual(spkiOf(privateKey));
    expect(new X509Certificate(certificate).subject).toBe(`CN=${prepared.deviceId}`);
    expect(parsed.extensions).toMatchObject({
      basicConstraints: { ca: false, pathLength: null },
      keyUsage: new Set(['digitalSignature']),
      extendedKeyUsage: [oid.clientAuth],
      subjectKeyIdentifier: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
      authorityKeyIdentifier: { keyId: issuerId },
      subjectAltNames: { uris: [`urn:uuid:${prepared.deviceId}`] },
      policies: [policyOid],
    });
    expect(parsed.extensions.crlDistributionPoints?.[0]?.names?.uris).toEqual([shardUrl]);
    expect(parsed.extensions.all.map(({ type, critical }) => (critical ? `${type}!` : type))).toEqual([
      `${oid.basicConstraints}!`,
      `${oid.keyUsage}!`,
      oid.extKeyUsage,
      oid.authorityKeyIdentifier,
      oid.authorityInfoAccess,
      oid.subjectKeyIdentifier,
      oid.subjectAltName,
      oid.certificatePolicies,
      oid.crlDistributionPoints,
    ]);
  });

  it('is described by what was prepared', async () => {
    const { prepared, certificate } = await issueDevice(authority);
    const parsed = parseCertificate(certificate);
    expect(prepared).toMatchObject({
      issuerId,
      serialNumber: parsed.serialNumber,
      publicKeySha256: parsed.publicKey.sha256,
      notBefore: parsed.notBefore,
      notAfter: parsed.notAfter,
    });
    expect(Buffer.from(prepared.toBeSigned)).toEqual(Buffer.from(parsed.tbs));
  });

  it('starts a little earlier than asked for, and ends when asked for', async () => {
    const at = new Date(now.getTime() + 999);
    const { notBefore, notAfter } = await authority.prepare(requestFor({ now: at, lifetimeSeconds: 3600 }));
    expect(notBefore.getTime()).toBe(now.getTime() - 300_000);
    expect(notAfter.getTime()).toBe(now.getTime() + 3_600_000);
  });

  it('starts earlier by as much as the operator says', async () => {
    const { notBefore } = await createAuthority({ backdateSeconds: 0 }).prepare(requestFor());
    expect(notBefore).toEqual(now);
  });

  it('never starts before its issuer or ends after it', async () => {
    const certificate = await issueIntermediateCertificate({
      issuer: { certificate: root, privateKey: rootKey },
      subject: { commonName: 'short' },
      publicKey: spkiOf(deviceCaKey),
      notBefore: new Date(now.getTime() - 60_000),
      notAfter: new Date(now.getTime() + 60_000),
    });
    const short = createAuthority({ issuers: [{ certificate, privateKey: deviceCaKey }] });
    const { prepared } = await issueDevice(short);
    expect(prepared.notBefore.getTime()).toBe(now.getTime() - 60_000);
    expect(prepared.notAfter.getTime()).toBe(now.getTime() + 60_000);
  });

  it('has a serial number of 16 octets with no zero in front, always another one', async () => {
    for (const filler of [0x00, 0xff]) {
      const { serialNumber } = await createAuthority({
        random: (size) => new Uint8Array(size).fill(filler),
      }).prepare(requestFor());
      expect(serialNumber).toMatch(/^[4-7][0-9a-f]{31}$/);
    }
    const serials = await Promise.all(Array.from({ length: 200 }, () => authority.prepare(requestFor())));
    expect(new Set(serials.map(({ serialNumber }) => serialNumber)).size).toBe(200);
  });

  it('draws its shard from all there are', async () => {
    const few = createAuthority({ crlShards: 3 });
    const prepared = await Promise.all(Array.from({ length: 100 }, () => few.prepare(requestFor())));
    expect(new Set(prepared.map(({ crlShard }) => crlShard))).toEqual(new Set([0, 1, 2]));
  });

  it('names an OCSP responder only if there is one', async () => {
    const plain = new X509Certificate((await issueDevice(authority)).certificate);
    const withOcsp = new X509Certificate((await issueDevice(createAuthority({ ocsp: true }))).certificate);
    expect(plain.infoAccess?.trim()).toBe(`CA Issuers - URI:${statusUrl}/issuers/${issuerId}.cer`);
    expect(withOcsp.infoAccess).toBe(`OCSP - URI:${statusUrl}/ocsp\n${plain.infoAccess ?? ''}`);
  });

  it.each([
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['RSA of 2048 bits', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
  ])('certifies a key of %s', async (_kind, generate) => {
    const publicKey = spkiOf(generate().privateKey);
    const { certificate } = await issueDevice(authority, { publicKey });
    expect(parseCertificate(certificate).publicKey.spki).toEqual(publicKey);
  });

  it('from 2050 on has dates in the form of that time', async () => {
    const certificate = await issueRootCertificate({
      subject: { commonName: 'late' },
      privateKey: deviceCaKey,
      notBefore: now,
      notAfter: new Date('2060-01-01T00:00:00Z'),
    });
    const late = createAuthority({ issuers: [{ certificate, privateKey: deviceCaKey }] });
    for (const at of ['2049-12-31T12:00:00Z', '2050-06-01T00:00:00Z']) {
      const { prepared } = await issueDevice(late, { now: new Date(at), lifetimeSeconds: 86_400 });
      expect(prepared.notAfter.getUTCFullYear()).toBe(2050);
    }
  });
});

describe('an authority whose key is elsewhere', () => {
  it.each([
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
  ])('or is of %s signs as well', async (_kind, generate) => {
    const { privateKey } = generate();
    const certificate = await issueRootCertificate({
      subject: { commonName: 'CA' },
      privateKey,
      notBefore: daysFromNow(-1),
      notAfter: daysFromNow(100),
    });
    const { certificate: device } = await issueDevice(
      createAuthority({ issuers: [{ certificate, privateKey }] }),
    );
    expect(new X509Certificate(device).verify(new X509Certificate(certificate).publicKey)).toBe(true);
  });

  it('signs through the Web Cryptography API', async () => {
    const { subtle } = webcrypto;
    const keys = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
    const publicKey = new Uint8Array(await subtle.exportKey('spki', keys.publicKey));
    const key = createWebCryptoSigningKey({ subtle, privateKey: keys.privateKey, publicKey });
    const certificate = await issueRootCertificate({
      subject: { commonName: 'CA in an HSM' },
      privateKey: key,
      notBefore: daysFromNow(-1),
      notAfter: daysFromNow(100),
    });
    const { certificate: device } = await issueDevice(
      createAuthority({ issuers: [{ certificate, privateKey: key }] }),
    );
    expect(new X509Certificate(device).verify(new X509Certificate(certificate).publicKey)).toBe(true);
  });

  it.each<[string, SigningKey['sign']]>([
    ['does not answer', async () => Promise.reject(new Error('away'))],
    ['signs with another key', (data) => createSigningKey(newKey()).sign(data)],
  ])('is unavailable if the key store %s', async (_what, sign) => {
    const privateKey = { ...createSigningKey(deviceCaKey), sign };
    const broken = createAuthority({ issuers: [{ certificate: deviceCa, privateKey }] });
    const prepared = await broken.prepare(requestFor());
    const error = await rejectionOf(broken.issue(prepared));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'authority_unavailable' });
  });
});

describe('preparing a certificate', () => {
  it.each<[string, Partial<CertificateRequest>]>([
    ['a device id in capital letters', { deviceId: '0B7E5D0A-0000-4000-8000-000000000000' }],
    ['a device id that is no UUID', { deviceId: 'CN=admin' }],
    ['a device id of another length', { deviceId: '' }],
    ['a device id outside ASCII', { deviceId: '0b7e5d0a-0000-4000-8000-00000000000\u0130' }],
    ['a policy that is no OID', { policyOid: 'gold' }],
    ['a lifetime of nothing', { lifetimeSeconds: 0 }],
    ['a lifetime of part of a second', { lifetimeSeconds: 60.5 }],
    ['a lifetime of more than 90 days', { lifetimeSeconds: 90 * 86_400 + 1 }],
    ['a time before the issuer', { now: daysFromNow(-11) }],
    ['a time at the end of the issuer', { now: daysFromNow(500) }],
    ['no time at all', { now: new Date(NaN) }],
  ])('refuses %s', async (_what, changes) => {
    const error = await rejectionOf(authority.prepare(requestFor(changes)));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'authority_unavailable' });
  });

  it('allows a lifetime of 90 days', async () => {
    const { notAfter } = await authority.prepare(requestFor({ lifetimeSeconds: 90 * 86_400 }));
    expect(notAfter).toEqual(daysFromNow(90));
  });

  it.each<[string, () => Uint8Array]>([
    ['of P-521', () => spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey)],
    ['of secp256k1', () => spkiOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey)],
    ['of RSA with 1024 bits', () => spkiOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey)],
    [
      'of RSA with the exponent 3',
      () => spkiOf(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey),
    ],
    ['of X25519', () => spkiOf(generateKeyPairSync('x25519').privateKey)],
    ['with bytes after it', () => Buffer.concat([spkiOf(newKey()), Uint8Array.of(0)])],
    ['that is empty', () => new Uint8Array(0)],
  ])('refuses a key %s', async (_what, make) => {
    const error = await rejectionOf(authority.prepare(requestFor({ publicKey: make() })));
    expect(error).toBeInstanceOf(MalformedError);
    expect(error).toMatchObject({ code: 'csr_key_unsupported' });
  });
});

describe('issuing what was prepared', () => {
  it('signs the same bytes again after a crash', async () => {
    const prepared = await authority.prepare(requestFor());
    const again = createAuthority();
    const [first, second] = await Promise.all([authority.issue(prepared), again.issue(prepared)]);
    const [one, two] = [parseCertificate(first.certificate), parseCertificate(second.certificate)];
    expect(two.tbs).toEqual(one.tbs);
  });

  it('signs what was prepared before the current issuer became a former one', async () => {
    const prepared = await authority.prepare(requestFor());
    const privateKey = newKey();
    const certificate = await issueRootCertificate({
      subject: { commonName: 'next' },
      privateKey,
      notBefore: daysFromNow(-1),
      notAfter: daysFromNow(600),
    });
    const next = createAuthority({
      issuers: [
        { certificate, privateKey },
        { certificate: deviceCa, privateKey: deviceCaKey },
      ],
    });
    const issued = await next.issue(prepared);
    expect(new X509Certificate(issued.certificate).verify(new X509Certificate(deviceCa).publicKey)).toBe(
      true,
    );
    expect((await next.prepare(requestFor())).issuerId).toBe(next.issuers[0].issuerId);
  });

  it.each<
    [string, (prepared: PreparedCertificate, other: PreparedCertificate) => Partial<PreparedCertificate>]
  >([
    ['another issuer', () => ({ issuerId: '00'.repeat(20) })],
    ['another serial number', (_, { serialNumber }) => ({ serialNumber })],
    ['another device', (_, { deviceId }) => ({ deviceId })],
    ['another key', (_, { publicKeySha256 }) => ({ publicKeySha256 })],
    ['another start', ({ notBefore }) => ({ notBefore: new Date(notBefore.getTime() + 1000) })],
    ['another end', ({ notAfter }) => ({ notAfter: new Date(notAfter.getTime() - 1000) })],
    ['another shard', ({ crlShard }) => ({ crlShard: crlShard ^ 1 })],
    ['other bytes', (_, { toBeSigned }) => ({ toBeSigned })],
    ['no bytes', () => ({ toBeSigned: new Uint8Array(0) })],
  ])('refuses a record that names %s', async (_what, change) => {
    const [prepared, other] = await Promise.all([
      authority.prepare(requestFor()),
      authority.prepare(requestFor()),
    ]);
    const error = await rejectionOf(authority.issue({ ...prepared, ...change(prepared, other) }));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'authority_unavailable' });
  });

  it('refuses the bytes if any one bit of them was changed, or signs what the record says all the same', async () => {
    const prepared = await authority.prepare(requestFor());
    for (let bit = 0; bit < prepared.toBeSigned.length * 8; bit += 1) {
      const toBeSigned = Uint8Array.from(prepared.toBeSigned);
      toBeSigned[bit >> 3] = (toBeSigned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const outcome = await authority.issue({ ...prepared, toBeSigned }).then(
        ({ certificate }) => parseCertificate(certificate).extensions.policies,
        (error: unknown) => error,
      );
      // The record has no word about the tier: any policy may stand there, everything else is fixed.
      if (!Array.isArray(outcome)) expect(outcome).toMatchObject({ code: 'authority_unavailable' });
      else expect(outcome).not.toEqual([policyOid]);
    }
  });

  it('refuses what another authority prepared', async () => {
    const privateKey = newKey();
    const certificate = await issueRootCertificate({
      subject: { commonName: 'another' },
      privateKey,
      notBefore: daysFromNow(-1),
      notAfter: daysFromNow(600),
    });
    const another = createAuthority({ issuers: [{ certificate, privateKey }] });
    const prepared = await another.prepare(requestFor());
    expect(await rejectionOf(authority.issue(prepared))).toBeInstanceOf(UnavailableError);
    expect(await rejectionOf(authority.issue({ ...prepared, issuerId }))).toBeInstanceOf(UnavailableError);
  });

  it('refuses what was prepared with another status URL', async () => {
    const prepared = await createAuthority({ statusUrl: 'http://elsewhere.example' }).prepare(requestFor());
    expect(await rejectionOf(authority.issue(prepared))).toBeInstanceOf(UnavailableError);
  });
});
