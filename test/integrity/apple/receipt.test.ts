import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAppAttestReceipt, verifyAppAttestReceipt } from '../../../src/app-attest.js';
import { MalformedError, RejectedError } from '../../../src/core/errors.js';
import {
  createFakeAppAttest,
  type FakeReceiptChanges,
  type FakeReceiptFields,
} from '../../../src/testing.js';
import { der, encodeElement } from '../../../src/x509/der-writer.js';
import { oid } from '../../../src/x509/oid.js';
import { hasTool, runTool } from '../../run-tool.js';
import { malformed, refusalOf, rejectedFor } from '../refusal-of.js';

const now = new Date('2026-03-01T12:00:00Z');
const apple = createFakeAppAttest({ clock: { now: () => now } });
const foreign = createFakeAppAttest({ clock: { now: () => now } });
const certificate = randomBytes(900);
const clientDataHash = randomBytes(32);

const fields: FakeReceiptFields = {
  2: apple.appId,
  3: certificate,
  4: clientDataHash,
  5: 'a token',
  6: 'ATTEST',
  7: 'production',
  12: '2026-03-01T11:59:58.5Z',
  21: '2026-05-30T11:59:58.5Z',
};
const create = (changes: FakeReceiptChanges = {}) => apple.createReceipt(fields, changes);
const verify = (receipt: Uint8Array, at = now) =>
  verifyAppAttestReceipt({ receipt, now: at, roots: apple.receiptRoots });
const refusal = (changes: FakeReceiptChanges, at = now) => refusalOf(() => verify(create(changes), at));
const plain = (bytes: Uint8Array | null) => bytes && Uint8Array.from(bytes);

describe('a good receipt', () => {
  it.each([
    ['in the encoding of Apple', false],
    ['in DER', true],
  ])('is read %s', (_, isDer) => {
    const receipt = verify(create({ der: isDer }));
    expect({
      ...receipt,
      certificate: plain(receipt.certificate),
      clientDataHash: plain(receipt.clientDataHash),
    }).toEqual({
      appId: apple.appId,
      certificate: Uint8Array.from(certificate),
      clientDataHash: Uint8Array.from(clientDataHash),
      type: 'ATTEST',
      environment: 'production',
      createdAt: new Date('2026-03-01T11:59:58.500Z'),
      riskMetric: null,
      notBefore: null,
      expiresAt: new Date('2026-05-30T11:59:58.500Z'),
    });
    expect(parseAppAttestReceipt(create({ der: isDer })).appId).toBe(apple.appId);
  });

  it('may be one that Apple renewed', () => {
    const renewed = { 6: 'RECEIPT', 4: 'garbled', 7: 'sandbox', 17: '12', 19: '2026-03-02T11:59:58Z' };
    expect(verify(create({ fields: renewed }))).toMatchObject({
      clientDataHash: null,
      type: 'RECEIPT',
      environment: 'development',
      riskMetric: 12,
      notBefore: new Date('2026-03-02T11:59:58Z'),
    });
  });

  it('may leave out the environment, and say more than anybody knows', () => {
    expect(verify(create({ fields: { 7: null, 99: 'tomorrow' } })).environment).toBeNull();
  });

  it('may hold its certificates in any order, and more or fewer of them', () => {
    const orders: NonNullable<FakeReceiptChanges['changeCertificates']>[] = [
      (certificates) => certificates.toReversed(),
      (certificates) => certificates.slice(0, 2),
      (certificates) => [...certificates, ...certificates],
    ];
    for (const changeCertificates of orders) {
      expect(verify(create({ changeCertificates })).appId).toBe(apple.appId);
    }
  });

  it('is good until the last moment', () => {
    expect(verify(create(), new Date('2026-05-30T11:59:58.500Z')).type).toBe('ATTEST');
  });
});

describe('a receipt of the fake', () => {
  it.runIf(hasTool('openssl')).each([false, true])('is signed data to OpenSSL, too (DER: %s)', (isDer) => {
    const files = { receipt: create({ der: isDer }), root: Buffer.from(apple.receiptRoots.join('')) };
    const { status, output } = runTool(
      'openssl',
      [
        'cms',
        '-verify',
        '-inform',
        'DER',
        '-in',
        '@receipt',
        '-CAfile',
        '@root',
        '-purpose',
        'any',
        '-attime',
        String(now.getTime() / 1000),
        '-out',
        '/dev/null',
      ],
      files,
    );
    expect({ status, output }).toMatchObject({
      status: 0,
      output: expect.stringMatching(/successful/) as string,
    });
  });
});

describe('a receipt is refused, and each check alone refuses it,', () => {
  it.each<[string, FakeReceiptChanges, ...string[]]>([
    ['under another root of that name', { foreignRoot: true }, 'signature_invalid'],
    ['signed with another key', { foreignKey: true }, 'signature_invalid'],
    ['signed by one who is not marked for receipts', { signerIsUnmarked: true }, 'leaf_name_mismatch'],
    ['signed by one who may not sign', { signerMayNotSign: true }, 'key_usage_refused'],
    [
      'signed by one whose time is over',
      { signerNotAfter: new Date(now.getTime() - 1000) },
      'certificate_expired',
    ],
    [
      'signed with another algorithm',
      { signatureAlgorithm: der.sequence(der.objectIdentifier(oid.ecdsaWithSha384)) },
      'algorithm_refused',
    ],
    [
      'signed with an algorithm that nobody knows',
      { signatureAlgorithm: der.sequence(der.objectIdentifier('1.2.3')) },
      'algorithm_refused',
    ],
    ['without the CA', { changeCertificates: (all) => all.slice(0, 1) }, 'no_trust_anchor'],
    ['without the certificate of the signer', { changeCertificates: (all) => all.slice(1) }, 'chain_empty'],
  ])('%s', async (_, changes, ...reasons) => {
    // The certificates are changed after the signer was named.
    expect(await refusal(changes)).toEqual(rejectedFor(...reasons));
  });

  it('after it has expired', async () => {
    expect(await refusal({}, new Date('2026-05-30T11:59:58.501Z'))).toEqual(rejectedFor('evidence_too_old'));
  });

  it('under a root that is not the one expected', async () => {
    const receipt = foreign.createReceipt(fields);
    expect(await refusalOf(() => verify(receipt))).toEqual(rejectedFor('signature_invalid'));
    expect(await refusalOf(() => verifyAppAttestReceipt({ receipt, now }))).toEqual(
      rejectedFor('no_trust_anchor'),
    );
  });

  it('with content that was changed after it was signed', async () => {
    const receipt = Buffer.from(create());
    const at = receipt.indexOf(clientDataHash);
    receipt[at] = (receipt[at] ?? 0) ^ 1;
    expect(await refusalOf(() => verify(receipt))).toEqual(rejectedFor('signature_invalid'));
  });
});

describe('what is no receipt', () => {
  it.each<[string, FakeReceiptChanges]>([
    ['no app', { fields: { 2: null } }],
    ['an app that is no text', { fields: { 2: Buffer.of(0xff) } }],
    ['no certificate of the key', { fields: { 3: null } }],
    ['no client data', { fields: { 4: null } }],
    ['no type', { fields: { 6: null } }],
    ['another type', { fields: { 6: 'attest' } }],
    ['another environment', { fields: { 7: 'staging' } }],
    ['no time', { fields: { 12: null } }],
    ['a time that is none', { fields: { 12: '2026-13-01T00:00:00Z' } }],
    ['a time in another zone', { fields: { 12: '2026-03-01T00:00:00+01:00' } }],
    ['a time with more digits', { fields: { 12: '2026-03-01T00:00:00.0001Z' } }],
    ['no end', { fields: { 21: null } }],
    ['an end that is none', { fields: { 21: 'never' } }],
    ['a risk metric that is no number', { fields: { 17: '-1' } }],
    ['a risk metric that is empty', { fields: { 17: '' } }],
    ['a risk metric beyond all measure', { fields: { 17: '1234567890' } }],
    ['content of no form', { content: Buffer.from('content') }],
    ['no content', { content: new Uint8Array() }],
    ['an octet after the content', { content: Buffer.of(0x31, 0x00, 0x00) }],
    [
      'a field that comes twice',
      {
        content: encodeElement(
          0x31,
          ...[1, 2].map(() => der.sequence(der.integer(2n), der.integer(1n), der.octetString())),
        ),
      },
    ],
    [
      'too many fields',
      {
        content: encodeElement(
          0x31,
          ...Array.from({ length: 65 }, (_, index) =>
            der.sequence(der.integer(BigInt(100 + index)), der.integer(1n), der.octetString()),
          ),
        ),
      },
    ],
    ['two signers', { signerComesTwice: true }],
    ['unsigned attributes', { afterSignature: der.constructedContext(1) }],
    ['a certificate that is none', { changeCertificates: (all) => [...all, der.sequence()] }],
    ['seven certificates', { changeCertificates: (all) => [...all, ...all, ...all.slice(2)] }],
  ])('such as %s is malformed', async (_, changes) => {
    expect(await refusal(changes)).toEqual(malformed);
  });

  const wrap = (...octets: readonly number[]) => Buffer.from(octets);
  it.each<[string, (receipt: Buffer) => Uint8Array]>([
    ['nothing', () => new Uint8Array()],
    ['a receipt that is cut off', (receipt) => receipt.subarray(0, -1)],
    ['a receipt with an octet after it', (receipt) => Buffer.concat([receipt, wrap(0)])],
    ['a receipt with an end too many', (receipt) => Buffer.concat([receipt, wrap(0, 0)])],
    ['a receipt without its last end', (receipt) => receipt.subarray(0, -2)],
    ['a receipt of 65 KiB', (receipt) => Buffer.concat([receipt, Buffer.alloc(65 * 1024)])],
    ['a number of indefinite length', () => wrap(0x02, 0x80, 0, 0)],
    ['a long tag', () => wrap(0x3f, 0x81, 0x01, 0x00)],
    ['an end alone', () => wrap(0x00, 0x00)],
    ['a length that has a shorter form', () => wrap(0x30, 0x81, 0x01, 0x00)],
    ['a length with a leading zero', () => Buffer.concat([wrap(0x30, 0x82, 0x00, 0x80), Buffer.alloc(128)])],
    ['a length of five octets', () => wrap(0x30, 0x85, 1, 1, 1, 1, 1)],
    ['a length beyond the end', () => wrap(0x30, 0x84, 0xff, 0xff, 0xff, 0xff)],
    ['a length that is cut off', () => wrap(0x30, 0x82, 0x01)],
    ['an octet string with something else in it', () => wrap(0x24, 0x80, 0x02, 0x01, 0x01, 0, 0)],
    [
      'thirteen elements in one another',
      () => Buffer.concat([Buffer.alloc(26, wrap(0x30, 0x80)), Buffer.alloc(26)]),
    ],
    ['ten thousand elements in one another', () => Buffer.alloc(20_000, wrap(0x24, 0x80))],
  ])('such as %s is malformed', async (_, change) => {
    expect(await refusalOf(() => verify(change(Buffer.from(create()))))).toEqual(malformed);
  });

  /** Puts other octets where some stand for the nth time: what is outside of the content is covered by no signature. */
  const exchanged = (from: string, to: string, occurrence = 0) => {
    const receipt = Buffer.from(create());
    let at = -1;
    for (let count = 0; count <= occurrence; count += 1) at = receipt.indexOf(from, at + 1, 'hex');
    expect(at).toBeGreaterThan(0);
    const end = at + from.length / 2;
    return Buffer.concat([receipt.subarray(0, at), Buffer.from(to, 'hex'), receipt.subarray(end)]);
  };
  const SHA256 = '300d06096086480165030402010500';
  it.each<[string, string, string, number?]>([
    ['other data than signed data', '06092a864886f70d010702', '06092a864886f70d010703'],
    ['content of another type', '06092a864886f70d010701', '06092a864886f70d010703'],
    ['another version', '020101310f', '020103310f'],
    ['another version of the signer', '02010130613053', '02010330613053'],
    ['another digest', SHA256, '300d06096086480165030402020500'],
    ['another digest of the signer', SHA256, '300d06096086480165030402020500', 1],
    ['two digests', `310f${SHA256}`, `311e${SHA256}${SHA256}`],
    ['a digest with parameters', `310f${SHA256}`, '310f300d06096086480165030402010400'],
    ['a digest with a NULL that is none', `310f${SHA256}`, '3110300e0609608648016503040201050100'],
    [
      'a digest with something after its NULL',
      `310f${SHA256}`,
      '3111300f06096086480165030402010500' + '0500',
    ],
  ])('such as one with %s is malformed', async (_, from, to, occurrence) => {
    expect(await refusalOf(() => verify(exchanged(from, to, occurrence)))).toEqual(malformed);
  });

  it('an octet string may be in pieces of pieces, of any length', () => {
    const receipt = Buffer.from(create());
    // From the constructed octet string on: a piece that is itself in pieces, of definite length.
    const at = receipt.indexOf(Buffer.of(0x24, 0x80)) + 2;
    const empty = Buffer.of(0x24, 0x02, 0x04, 0x00);
    const pieces = Buffer.concat([receipt.subarray(0, at), empty, receipt.subarray(at)]);
    expect(verify(pieces).appId).toBe(apple.appId);
  });
});

describe('hostile bytes', () => {
  const genuine = Buffer.from(create());

  it('lead to a typed refusal, or are what they say', () => {
    const mutated = fc
      .tuple(
        fc.nat({ max: genuine.length - 1 }),
        fc.nat({ max: 255 }),
        fc.nat({ max: 20 }),
        fc.nat({ max: 3 }),
      )
      .map(([at, octet, length, kind]) => {
        if (kind === 0) return genuine.subarray(0, at);
        if (kind === 1) return Buffer.concat([genuine.subarray(0, at), genuine.subarray(at + length)]);
        if (kind === 2)
          return Buffer.concat([genuine.subarray(0, at), Buffer.of(octet), genuine.subarray(at)]);
        const changed = Buffer.from(genuine);
        changed[at] = octet;
        return changed;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 100 })), (bytes) => {
        try {
          // What is still good says what it said: a changed octet was none, or in a certificate that nobody needs.
          expect(Buffer.from(verify(bytes).certificate).equals(certificate)).toBe(true);
        } catch (error) {
          expect(error instanceof MalformedError || error instanceof RejectedError).toBe(true);
        }
      }),
      { numRuns: 1500 },
    );
  });
});
