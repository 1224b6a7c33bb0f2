import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedError } from '../../src/core/errors.js';
import { der } from '../../src/x509/der-writer.js';
import { encodeName } from '../../src/x509/encode-name.js';
import { encodeOcspCertId } from '../../src/x509/encode-ocsp.js';
import { MAX_OCSP_REQUEST_BYTES, parseOcspRequest } from '../../src/x509/ocsp-request.js';
import { oid } from '../../src/x509/oid.js';
import { certificatePem, createAuthority, deviceCa, issueDevice } from '../ca/pki.js';
import { runTool } from '../run-tool.js';
import { thrownBy } from '../thrown-by.js';
import { extension } from './forge.js';

const nameHash = Buffer.alloc(20, 0x11);
const keyHash = Buffer.alloc(20, 0x22);
const sha1 = der.sequence(der.objectIdentifier(oid.sha1), der.null());

const certId = (parts: { algorithm?: Uint8Array; serialNumber?: Uint8Array; after?: Uint8Array } = {}) => {
  const { algorithm = sha1, serialNumber = der.integer(0x4142n), after = new Uint8Array(0) } = parts;
  return der.sequence(algorithm, der.octetString(nameHash), der.octetString(keyHash), serialNumber, after);
};
const question = (id = certId(), ...extensions: readonly Uint8Array[]) =>
  extensions.length === 0
    ? der.sequence(id)
    : der.sequence(id, der.constructedContext(0, der.sequence(...extensions)));

interface Parts {
  readonly before?: Uint8Array;
  readonly questions?: readonly Uint8Array[];
  readonly extensions?: readonly Uint8Array[];
  readonly signature?: Uint8Array;
}
const request = ({ before, questions = [question()], extensions = [], signature }: Parts = {}) =>
  der.sequence(
    der.sequence(
      ...(before === undefined ? [] : [before]),
      der.sequence(...questions),
      ...(extensions.length === 0 ? [] : [der.constructedContext(2, der.sequence(...extensions))]),
    ),
    ...(signature === undefined ? [] : [der.constructedContext(0, signature)]),
  );
const nonce = (octets: number, critical = false) =>
  extension(oid.ocspNonce, der.octetString(new Uint8Array(octets).fill(7)), critical);

describe('an OCSP request', () => {
  it('names the issuer by two hashes, and the certificate by its serial number', () => {
    const parsed = parseOcspRequest(request());
    expect(parsed.nonce).toBeNull();
    expect(parsed.certIds).toHaveLength(1);
    expect(parsed.certIds[0]).toMatchObject({
      hash: 'sha1',
      issuerNameHash: '11'.repeat(20),
      issuerKeyHash: '22'.repeat(20),
      serialNumber: '4142',
    });
    expect(parsed.certIds.map(({ der: bytes }) => Buffer.from(bytes))).toEqual([Buffer.from(certId())]);
  });

  it.each([
    ['sha1', der.sequence(der.objectIdentifier(oid.sha1))],
    ['sha1', sha1],
    ['sha256', der.sequence(der.objectIdentifier(oid.sha256))],
    ['sha256', der.sequence(der.objectIdentifier(oid.sha256), der.null())],
    [null, der.sequence(der.objectIdentifier(oid.sha384))],
    [null, der.sequence(der.objectIdentifier(oid.sha512), der.sequence())],
  ])('may hash with %s, with parameters or without', (hash, algorithm) => {
    const { certIds } = parseOcspRequest(request({ questions: [question(certId({ algorithm }))] }));
    expect(certIds[0]?.hash).toBe(hash);
  });

  it('may ask about sixteen certificates, in order', () => {
    const questions = Array.from({ length: 16 }, (_, index) =>
      question(certId({ serialNumber: der.integer(BigInt(index + 1)) })),
    );
    const { certIds } = parseOcspRequest(request({ questions }));
    expect(certIds.map(({ serialNumber }) => parseInt(serialNumber, 16))).toEqual(
      Array.from({ length: 16 }, (_, index) => index + 1),
    );
  });

  it.each([1, 32, 128])('may have a nonce of %i octets, critical or not', (octets) => {
    for (const critical of [false, true]) {
      const parsed = parseOcspRequest(request({ extensions: [nonce(octets, critical)] }));
      expect(parsed.nonce).toEqual(Buffer.alloc(octets, 7));
    }
  });

  it('may say who asks, sign that, and have extensions that nobody must know', () => {
    const parsed = parseOcspRequest(
      request({
        before: der.constructedContext(1, der.constructedContext(4, encodeName({ commonName: 'me' }))),
        questions: [question(certId(), extension('1.2.3', der.null()))],
        extensions: [extension('1.2.4', der.null()), nonce(8)],
        signature: der.sequence(sha1, der.bitString(new Uint8Array(64))),
      }),
    );
    expect(parsed.nonce).toEqual(Buffer.alloc(8, 7));
  });

  it('is what OpenSSL sends', async () => {
    const { certificate, prepared } = await issueDevice(createAuthority());
    const files = { ca: certificatePem(deviceCa), device: certificatePem(certificate) };
    const ask = 'openssl ocsp -issuer "$0" -cert "$1" -sha256 -serial 0x4f -reqout - | base64';
    const { output } = runTool('sh', ['-c', ask, '@ca', '@device'], files);
    const { certIds, nonce: sent } = parseOcspRequest(Buffer.from(output, 'base64'));
    expect(certIds.map(({ hash, serialNumber }) => [hash, serialNumber])).toEqual([
      ['sha1', prepared.serialNumber],
      ['sha256', '4f'],
    ]);
    expect(sent?.length).toBeGreaterThan(0);
  });

  it.each<[string, Uint8Array]>([
    ['is empty', new Uint8Array(0)],
    ['has bytes after it', Buffer.concat([request(), Buffer.of(0)])],
    ['asks nothing', request({ questions: [] })],
    ['asks seventeen questions', request({ questions: Array.from({ length: 17 }, () => question()) })],
    ['encodes the default version', request({ before: der.constructedContext(0, der.integer(0n)) })],
    ['has another version', request({ before: der.constructedContext(0, der.integer(1n)) })],
    ['has a requestor that is no DER', request({ before: Buffer.of(0xa1, 0x02, 0x30, 0x01) })],
    ['has a signature that is no DER', request({ signature: Buffer.of(0x30, 0x01) })],
    [
      'has other parameters of its hash',
      request({
        questions: [
          question(certId({ algorithm: der.sequence(der.objectIdentifier(oid.sha1), der.sequence()) })),
        ],
      }),
    ],
    [
      'has two parameters of its hash',
      request({
        questions: [
          question(
            certId({ algorithm: der.sequence(der.objectIdentifier(oid.sha1), der.null(), der.null()) }),
          ),
        ],
      }),
    ],
    ['has more in a CertID', request({ questions: [question(certId({ after: der.null() }))] })],
    ['has more in a question', request({ questions: [der.sequence(certId(), der.null())] })],
    [
      'has a serial number of 21 octets',
      request({ questions: [question(certId({ serialNumber: der.integer(1n << 160n) }))] }),
    ],
    ['has an empty nonce', request({ extensions: [nonce(0)] })],
    ['has a nonce of 129 octets', request({ extensions: [nonce(129)] })],
    ['has a nonce twice', request({ extensions: [nonce(1), nonce(2)] })],
    [
      'has a nonce that is no OCTET STRING',
      request({ extensions: [extension(oid.ocspNonce, Buffer.of(1, 2, 3))] }),
    ],
    [
      'has bytes after its nonce',
      request({
        extensions: [extension(oid.ocspNonce, Buffer.concat([der.octetString(Buffer.of(1)), Buffer.of(0)]))],
      }),
    ],
    ['insists on an extension', request({ extensions: [extension('1.2.3', der.null(), true)] })],
    [
      'insists on an extension of a question',
      request({ questions: [question(certId(), extension('1.2.3', der.null(), true))] }),
    ],
  ])('is refused if it %s', (_what, bytes) => {
    const error = thrownBy(() => parseOcspRequest(bytes));
    expect(error).toBeInstanceOf(MalformedError);
    expect(error).toMatchObject({ code: 'ocsp_malformed' });
  });

  it('of more than 16 KiB is refused unread', () => {
    const padding = (octets: number) => extension('1.2.3', der.octetString(new Uint8Array(octets)));
    const around = request({ extensions: [padding(16_000)] }).length - 16_000;
    const largest = request({ extensions: [padding(MAX_OCSP_REQUEST_BYTES - around)] });
    expect(largest).toHaveLength(MAX_OCSP_REQUEST_BYTES);
    expect(parseOcspRequest(largest).nonce).toBeNull();
    const error = thrownBy(() =>
      parseOcspRequest(request({ extensions: [padding(MAX_OCSP_REQUEST_BYTES - around + 1)] })),
    );
    expect(error).toMatchObject({ code: 'ocsp_malformed' });
  });
});

describe('hostile bytes as an OCSP request', () => {
  const seed = Buffer.from(
    request({
      questions: [
        question(),
        question(
          encodeOcspCertId({
            hash: 'sha256',
            issuer: encodeName({ commonName: 'CA' }),
            issuerKeyBits: Buffer.alloc(65, 4),
            serialNumber: Buffer.alloc(20, 0x7f),
          }),
          extension('1.2.3', der.null()),
        ),
      ],
      extensions: [nonce(32), extension('1.2.4', der.null())],
    }),
  );
  const bytesLikeIt = fc
    .array(
      fc.record({
        at: fc.nat({ max: seed.length - 1 }),
        drop: fc.nat({ max: 3 }),
        insert: fc.uint8Array({ maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 3 },
    )
    .map((changes) => {
      let bytes = Buffer.from(seed);
      for (const { at, drop, insert } of changes) {
        bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + drop)]);
      }
      return bytes;
    });

  it('are refused as such, or hold what was read', () => {
    fc.assert(
      fc.property(fc.oneof(bytesLikeIt, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        try {
          const parsed = parseOcspRequest(bytes);
          for (const { der: id } of parsed.certIds)
            expect(Buffer.from(bytes).includes(Buffer.from(id))).toBe(true);
          expect(parsed.certIds.length).toBeGreaterThan(0);
          expect(parsed.nonce?.length ?? 1).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ocsp_malformed' });
        }
      }),
      { numRuns: 3000 },
    );
  });
});
