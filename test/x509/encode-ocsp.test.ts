import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/core/errors.js';
import { der } from '../../src/x509/der-writer.js';
import { encodeCertificate } from '../../src/x509/encode-certificate.js';
import { encodeBasicConstraints } from '../../src/x509/encode-extensions.js';
import { encodeName } from '../../src/x509/encode-name.js';
import {
  encodeOcspCertId,
  encodeOcspError,
  encodeOcspResponse,
  type OcspCertificateStatus,
  type OcspContent,
  type OcspSingleContent,
} from '../../src/x509/encode-ocsp.js';
import { encodeKeyIdentifier } from '../../src/x509/key-identifier.js';
import { parseOcspRequest } from '../../src/x509/ocsp-request.js';
import { parsePublicKey } from '../../src/x509/public-key.js';
import { createSigningKey } from '../../src/x509/signing-key.js';
import { runTool } from '../run-tool.js';
import { rejectionOf } from '../thrown-by.js';

const key = createSigningKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const publicKey = parsePublicKey(key.publicKey);
const issuer = encodeName({ commonName: 'CA' });
const serialNumber = Buffer.from('41424344', 'hex');

const responderCertificate = await encodeCertificate(
  {
    serialNumber: Uint8Array.of(1),
    issuer,
    subject: issuer,
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2027-01-01T00:00:00Z'),
    publicKey: key.publicKey,
    extensions: [encodeBasicConstraints({ ca: true })],
  },
  key,
);

const single: OcspSingleContent = {
  certId: encodeOcspCertId({ hash: 'sha1', issuer, issuerKeyBits: publicKey.keyBits, serialNumber }),
  status: { status: 'good' },
  thisUpdate: new Date('2026-03-01T00:00:00Z'),
  nextUpdate: new Date('2026-03-02T00:00:00Z'),
};

const encode = (changes: Partial<OcspContent & OcspSingleContent> = {}): Promise<Uint8Array> =>
  encodeOcspResponse(
    {
      responses: [{ ...single, ...changes }],
      producedAt: new Date('2026-03-01T00:00:01.5Z'),
      nonce: null,
      responderKeyHash: encodeKeyIdentifier(publicKey),
      responderCertificate,
      ...changes,
    },
    key,
  );

const asText = async (changes: Partial<OcspContent & OcspSingleContent> = {}): Promise<string> => {
  const args = ['ocsp', '-respin', '@response', '-noverify', '-resp_text'];
  return runTool('openssl', args, { response: await encode(changes) }).output;
};

describe('an OCSP answer that was encoded', () => {
  it('is a basic response by the key of the issuer, with whole seconds', async () => {
    const text = await asText();
    expect(text).toContain('OCSP Response Status: successful (0x0)');
    expect(text).toContain('Response Type: Basic OCSP Response');
    const keyHash = Buffer.from(encodeKeyIdentifier(publicKey)).toString('hex').toUpperCase();
    expect(text).toContain(`Responder Id: ${keyHash}`);
    expect(text).toContain('Produced At: Mar  1 00:00:01 2026 GMT');
    expect(text).toContain('This Update: Mar  1 00:00:00 2026 GMT');
    expect(text).toContain('Next Update: Mar  2 00:00:00 2026 GMT');
    expect(text).toContain('Serial Number: 41424344');
    expect(text).toContain('Certificate:');
    expect(text).not.toContain('Response Extensions');
  });

  it.each<[string, OcspCertificateStatus, RegExp]>([
    ['good', { status: 'good' }, /Cert Status: good/],
    ['unknown', { status: 'unknown' }, /Cert Status: unknown/],
    [
      'revoked with its time and reason',
      { status: 'revoked', revokedAt: new Date('2026-02-01T00:00:00Z'), reason: 'keyCompromise' },
      /Cert Status: revoked\s+Revocation Time: Feb {2}1 00:00:00 2026 GMT\s+Revocation Reason: keyCompromise/,
    ],
    [
      'revoked without a reason if that is unspecified',
      { status: 'revoked', revokedAt: new Date('2026-02-01T00:00:00Z'), reason: 'unspecified' },
      /Cert Status: revoked\s+Revocation Time: Feb {2}1 00:00:00 2026 GMT\s+This Update/,
    ],
  ])('says %s', async (_what, status, expected) => {
    expect(await asText({ status })).toMatch(expected);
  });

  it('says something of each certificate that was asked about', async () => {
    const other = encodeOcspCertId({
      hash: 'sha256',
      issuer,
      issuerKeyBits: publicKey.keyBits,
      serialNumber: Buffer.from('4f4f', 'hex'),
    });
    const text = await asText({
      responses: [single, { ...single, certId: other, status: { status: 'unknown' } }],
    });
    expect(text).toMatch(/Serial Number: 41424344[^]+Status: good[^]+Number: 4F4F[^]+Status: unknown/);
  });

  it.each([1, 32, 128])('gives back a nonce of %i octets', async (length) => {
    const nonce = new Uint8Array(length).fill(0xab);
    expect(await asText({ nonce })).toContain('OCSP Nonce');
    expect(Buffer.from(await encode({ nonce })).toString('hex')).toContain('ab'.repeat(length));
  });

  it('holds the CertID octet for octet as it was asked', async () => {
    const certId = encodeOcspCertId({
      hash: 'sha256',
      issuer,
      issuerKeyBits: publicKey.keyBits,
      serialNumber,
    });
    expect(Buffer.from(await encode({ certId })).includes(Buffer.from(certId))).toBe(true);
    expect(await asText({ certId })).toContain('Hash Algorithm: sha256');
  });

  it.each<[string, Partial<OcspContent & OcspSingleContent>]>([
    ['it answers nothing', { responses: [] }],
    ['its end is not after its start', { nextUpdate: new Date('2026-03-01T00:00:00Z') }],
    ['its nonce is empty', { nonce: new Uint8Array(0) }],
    ['its nonce has more than 128 octets', { nonce: new Uint8Array(129) }],
  ])('is refused if %s', async (_why, changes) => {
    const error = await rejectionOf(encode(changes));
    expect(error).toBeInstanceOf(ConfigurationError);
    const [option = ''] = Object.keys(changes);
    const rules: Record<string, string> = {
      responses: 'at least one is needed',
      nextUpdate: 'must be after thisUpdate',
      nonce: 'must be 1 to 128 octets',
    };
    expect(error).toMatchObject({ option, message: `${option}: ${rules[option]}` });
  });

  it.each(['sha1', 'sha256'] as const)('names a certificate by the %s of its issuer', (algorithm) => {
    const certId = encodeOcspCertId({
      hash: algorithm,
      issuer,
      issuerKeyBits: publicKey.keyBits,
      serialNumber,
    });
    const asked = parseOcspRequest(der.sequence(der.sequence(der.sequence(der.sequence(certId)))));
    const hashOf = (bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex');
    expect(asked.certIds).toEqual([
      {
        der: Buffer.from(certId),
        hash: algorithm,
        issuerNameHash: hashOf(issuer),
        issuerKeyHash: hashOf(publicKey.keyBits),
        serialNumber: '41424344',
      },
    ]);
  });

  it.each([
    ['malformedRequest', '30030a0101'],
    ['internalError', '30030a0102'],
    ['tryLater', '30030a0103'],
    ['unauthorized', '30030a0106'],
  ] as const)('may be the error %s', (status, expected) => {
    expect(Buffer.from(encodeOcspError(status)).toString('hex')).toBe(expected);
  });
});
