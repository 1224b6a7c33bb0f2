import { describe, expect, it } from 'vitest';
import { issueCaCrl } from '../../src/ca/ca-crl.js';
import { ConfigurationError, UnavailableError } from '../../src/core/errors.js';
import type { CrlEntry, CrlRequest } from '../../src/contracts/crl-signer.js';
import type { OcspRequest, OcspSingleResponse, OcspStatus } from '../../src/contracts/ocsp-signer.js';
import { parseCertificate } from '../../src/x509/certificate.js';
import { parseCrl } from '../../src/x509/crl.js';
import { encodeOcspCertId } from '../../src/x509/encode-ocsp.js';
import { createSigningKey } from '../../src/x509/signing-key.js';
import { runTool } from '../run-tool.js';
import { rejectionOf } from '../thrown-by.js';
import {
  certificatePem,
  createAuthority,
  crlPem,
  daysFromNow,
  deviceCa,
  deviceCaKey,
  issueDevice,
  newKey,
  now,
  root,
  rootKey,
  statusUrl,
} from './pki.js';

const authority = createAuthority();
const [{ issuerId }] = authority.issuers;

const crl = (changes: Partial<CrlRequest> = {}): Promise<Uint8Array> =>
  authority.signCrl({
    issuerId,
    shard: 3,
    number: 17n,
    thisUpdate: now,
    nextUpdate: daysFromNow(1),
    deltaBase: null,
    namesDelta: false,
    entries: [{ serialNumber: '41'.repeat(16), revokedAt: now, reason: 'keyCompromise' }],
    ...changes,
  });

describe('a CRL of an authority', () => {
  it('is signed by its issuing CA, as OpenSSL sees it', async () => {
    const args = ['crl', '-in', '@crl', '-noout', '-CAfile', '@ca', '-text'];
    const { output } = runTool('openssl', args, { crl: crlPem(await crl()), ca: certificatePem(deviceCa) });
    expect(output).toContain('verify OK');
    expect(output).toContain(`URI:${statusUrl}/crl/${issuerId}/3.crl`);
    expect(output).toContain('Key Compromise');
  });

  it('names the distribution point of its shard exactly as certificates do', async () => {
    const few = createAuthority({ crlShards: 1 });
    const { certificate } = await issueDevice(few);
    const url = parseCertificate(certificate).extensions.crlDistributionPoints?.[0]?.names?.uris[0];
    const list = await few.signCrl({
      issuerId,
      shard: 0,
      number: 1n,
      thisUpdate: now,
      nextUpdate: daysFromNow(1),
      deltaBase: null,
      namesDelta: false,
      entries: [],
    });
    expect(url).toBe(`${statusUrl}/crl/${issuerId}/0.crl`);
    expect(Buffer.from(list).toString('latin1')).toContain(url);
  });

  it('names none if it is complete', async () => {
    expect(Buffer.from(await crl({ shard: null })).toString('latin1')).not.toContain(statusUrl);
  });

  it.each([
    [3, '3'],
    [null, 'full'],
  ])('says where its delta is, if there is one: shard %s', async (shard, name) => {
    const text = async (changes: Partial<CrlRequest>) => {
      const args = ['crl', '-in', '@crl', '-noout', '-text'];
      return runTool('openssl', args, { crl: crlPem(await crl({ shard, ...changes })) }).output;
    };
    const place = `URI:${statusUrl}/crl/${issuerId}/${name}.delta.crl`;
    const complete = await text({ namesDelta: true });
    expect(complete.slice(complete.indexOf('X509v3 Freshest CRL:'))).toContain(place);
    expect(await text({})).not.toContain('Freshest');
    const delta = await text({ deltaBase: 16n });
    expect(delta).toMatch(/Delta CRL Indicator: critical\s+16\n/);
    expect(delta.includes(`URI:${statusUrl}/crl/${issuerId}/${name}.crl`)).toBe(shard !== null);
  });

  it('lets what the store of its entries says go on as it came', async () => {
    const failure = new UnavailableError('store_unavailable', { message: 'away' });
    async function* entries(): AsyncGenerator<Iterable<CrlEntry>> {
      yield [];
      await Promise.reject(failure);
    }
    expect(await rejectionOf(crl({ entries: entries() }))).toBe(failure);
  });

  it('may be of a shard that there was once, when there were more', async () => {
    expect(parseCrl(await crl({ shard: 999_999 })).entryCount).toBe(1);
  });

  it.each<[string, Partial<CrlRequest>]>([
    ['of an unknown issuer', { issuerId: '00'.repeat(20) }],
    ['of a negative shard', { shard: -1 }],
    ['of half a shard', { shard: 0.5 }],
    ['of a shard of seven digits', { shard: 1_000_000 }],
    ['that ends before it starts', { nextUpdate: daysFromNow(-1) }],
    ['that is the difference to itself', { deltaBase: 17n }],
    ['that is a delta and names one', { deltaBase: 16n, namesDelta: true }],
    [
      'with a serial number that is none',
      { entries: [{ serialNumber: 'x', revokedAt: now, reason: 'superseded' }] },
    ],
  ])('is not signed %s', async (_what, changes) => {
    const error = await rejectionOf(crl(changes));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'authority_unavailable' });
  });
});

describe('the CRL of a root', () => {
  const issuer = { certificate: root, privateKey: rootKey };

  it('is complete, and empty unless told otherwise', async () => {
    const list = parseCrl(
      await issueCaCrl({ issuer, number: 1n, thisUpdate: now, nextUpdate: daysFromNow(30) }),
    );
    expect(list.entryCount).toBe(0);
    const args = ['crl', '-inform', 'DER', '-in', '@crl', '-noout', '-CAfile', '@ca'];
    const { output } = runTool('openssl', args, { crl: list.der, ca: certificatePem(root) });
    expect(output).toContain('verify OK');
  });

  it('needs the key of the root', async () => {
    const wrong = { certificate: root, privateKey: newKey() };
    const error = await rejectionOf(
      issueCaCrl({ issuer: wrong, number: 1n, thisUpdate: now, nextUpdate: daysFromNow(30) }),
    );
    expect(error).toBeInstanceOf(ConfigurationError);
  });
});

describe('an OCSP answer of an authority', () => {
  const issuer = parseCertificate(deviceCa);

  const single = (serialNumber: string, changes: Partial<OcspSingleResponse> = {}): OcspSingleResponse => ({
    certId: encodeOcspCertId({
      hash: 'sha1',
      issuer: issuer.subject,
      issuerKeyBits: issuer.publicKey.keyBits,
      serialNumber: Buffer.from(serialNumber, 'hex'),
    }),
    status: { status: 'good' },
    thisUpdate: now,
    nextUpdate: daysFromNow(1),
    ...changes,
  });

  const answer = (
    serialNumber: string,
    changes: Partial<OcspRequest & OcspSingleResponse> = {},
  ): Promise<Uint8Array> =>
    authority.signOcsp({
      issuerId,
      responses: [single(serialNumber, changes)],
      producedAt: now,
      nonce: null,
      ...changes,
    });

  it.each<[string, OcspStatus, string]>([
    ['good', { status: 'good' }, ': good'],
    ['unknown', { status: 'unknown' }, ': unknown'],
    ['revoked', { status: 'revoked', revokedAt: now, reason: 'privilegeWithdrawn' }, ': revoked'],
  ])('says %s to OpenSSL, which verifies it', async (_what, status, expected) => {
    const { prepared, certificate } = await issueDevice(authority);
    const args = [
      'ocsp',
      '-respin',
      '@response',
      '-CAfile',
      '@root',
      '-issuer',
      '@ca',
      '-cert',
      '@device',
      '-no_nonce',
    ];
    const { output } = runTool('openssl', [...args, '-verify_other', '@ca'], {
      response: await answer(prepared.serialNumber, { status }),
      root: certificatePem(root),
      ca: certificatePem(deviceCa),
      device: certificatePem(certificate),
    });
    expect(output).toContain('Response verify OK');
    expect(output).toContain(expected);
  });

  it('gives OpenSSL back the nonce and the CertID of its own question', async () => {
    const { certificate } = await issueDevice(authority);
    const files = {
      ca: certificatePem(deviceCa),
      device: certificatePem(certificate),
      root: certificatePem(root),
    };
    const asked = runTool(
      'sh',
      ['-c', 'openssl ocsp -sha256 -issuer "$0" -cert "$1" -reqout - | base64', '@ca', '@device'],
      files,
    );
    const question = Buffer.from(asked.output, 'base64');
    // OCSPRequest > TBSRequest > requestList > Request > CertID; and the nonce at the very end (RFC 6960 section 4.1.1).
    const start = question.indexOf(Buffer.from('0609608648016503040201', 'hex')) - 4;
    const certId = question.subarray(start, start + 2 + (question[start + 1] ?? 0));
    const nonce = question.subarray(-16);
    const response = await authority.signOcsp({
      issuerId,
      responses: [single('41', { certId })],
      producedAt: now,
      nonce,
    });
    const args = [
      'ocsp',
      '-reqin',
      '@question',
      '-respin',
      '@response',
      '-CAfile',
      '@root',
      '-issuer',
      '@ca',
    ];
    const { output } = runTool('openssl', [...args, '-verify_other', '@ca'], {
      ...files,
      question,
      response,
    });
    expect(output).toContain('Response verify OK');
    expect(output).not.toMatch(/nonce/i);
  });

  it.each<[string, Partial<OcspRequest & OcspSingleResponse>]>([
    ['of an unknown issuer', { issuerId: '00'.repeat(20) }],
    ['that ends before it starts', { nextUpdate: daysFromNow(-1) }],
    ['with an empty nonce', { nonce: new Uint8Array(0) }],
  ])('is not signed %s', async (_what, changes) => {
    const error = await rejectionOf(answer('41', changes));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'authority_unavailable' });
  });
});

describe('an authority whose key store is away', () => {
  it('signs neither CRLs nor OCSP answers', async () => {
    const privateKey = {
      ...createSigningKey(deviceCaKey),
      sign: async () => Promise.reject(new Error('away')),
    };
    const broken = createAuthority({ issuers: [{ certificate: deviceCa, privateKey }] });
    const times = { thisUpdate: now, nextUpdate: daysFromNow(1) };
    const attempts = [
      broken.signCrl({
        ...times,
        issuerId,
        shard: null,
        number: 1n,
        deltaBase: null,
        namesDelta: false,
        entries: [],
      }),
      broken.signOcsp({
        issuerId,
        responses: [{ ...times, certId: new Uint8Array([0x30, 0]), status: { status: 'good' } }],
        producedAt: now,
        nonce: null,
      }),
    ];
    for (const attempt of attempts) {
      expect(await rejectionOf(attempt)).toMatchObject({ code: 'authority_unavailable' });
    }
  });
});
