import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MalformedError } from '../../src/core/errors.js';
import {
  decodeCertificationRequest,
  MAX_CERTIFICATION_REQUEST_BYTES,
  parseCertificationRequest,
  verifyCertificationRequest,
} from '../../src/x509/certification-request.js';
import { derTag } from '../../src/x509/der-tag.js';
import { der, encodeElement } from '../../src/x509/der-writer.js';
import { oid } from '../../src/x509/oid.js';
import { encodePem } from '../../src/x509/pem.js';
import { thrownBy } from '../thrown-by.js';
import { attribute, extension, forgeRequest, newKeyPair, type RequestParts, spkiOf } from './forge.js';
import { type Openssl, startOpenssl } from './openssl.js';

const keys = newKeyPair();
const forge = (parts: Partial<RequestParts> = {}) => forgeRequest({ keys, ...parts });

function expectCode(code: string, call: () => unknown): void {
  const error = thrownBy(call);
  expect(error).toBeInstanceOf(MalformedError);
  expect(error).toMatchObject({ code });
}

const verify = (bytes: Uint8Array) => verifyCertificationRequest(parseCertificationRequest(bytes));

const challengePassword = attribute('1.2.840.113549.1.9.7', der.utf8String('secret'));
const extensionRequest = (...extensions: Uint8Array[]) =>
  attribute(oid.extensionRequest, der.sequence(...extensions));

describe('a certification request', () => {
  let openssl: Openssl;
  beforeAll(() => {
    openssl = startOpenssl();
  });
  afterAll(() => {
    openssl.end();
  });

  it.each([
    ['ec', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-sha256'],
    ['ec', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-sha512'],
    ['ec', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384'],
    ['rsa', '-newkey', 'rsa:2048', '-sha256'],
    [
      'rsa',
      '-newkey',
      'rsa:2048',
      '-sha256',
      '-sigopt',
      'rsa_padding_mode:pss',
      '-sigopt',
      'rsa_pss_saltlen:-1',
    ],
    ['ed25519', '-newkey', 'ed25519'],
  ])('of OpenSSL with a key of kind %s is verified, and read as others read it', (_, ...options) => {
    const subject = '/C=DE/O=Example/CN=a device';
    const added = [
      '-addext',
      'subjectAltName=DNS:example.com',
      '-addext',
      'basicConstraints=critical,CA:TRUE',
    ];
    openssl.run(
      'req',
      '-new',
      '-nodes',
      '-keyout',
      'k.pem',
      '-subj',
      subject,
      '-outform',
      'DER',
      '-out',
      'r.der',
      ...added,
      ...options,
    );
    const bytes = openssl.read('r.der');
    const { publicKey } = verify(bytes);
    const theirs = openssl.run('req', '-inform', 'DER', '-in', 'r.der', '-noout', '-pubkey');
    expect(Buffer.from(publicKey.spki)).toEqual(
      createPublicKey(theirs).export({ type: 'spki', format: 'der' }),
    );
    expect(Buffer.from(publicKey.spki)).toEqual(
      Buffer.from(new Pkcs10CertificateRequest(bytes).publicKey.rawData),
    );
  });

  it('without attributes, with a subject of nothing, is verified', () => {
    expect(Buffer.from(verify(forge({ subject: der.sequence() })).publicKey.spki)).toEqual(spkiOf(keys));
  });

  it('may ask for whatever it likes: nothing but the key comes out', () => {
    const attributes = [
      extensionRequest(extension(oid.basicConstraints, Buffer.from('not even DER'), true)),
      challengePassword,
    ].sort((a, b) => Buffer.compare(a, b));
    expect(Object.keys(verify(forge({ attributes })))).toEqual(['publicKey']);
  });

  it('may have an attribute with several values, unless it is an extension request', () => {
    const attributes = [attribute('1.2.3', der.integer(1n), der.integer(2n))];
    expect(Buffer.from(verify(forge({ attributes })).publicKey.spki)).toEqual(spkiOf(keys));
  });

  it.each<[string, Partial<RequestParts>]>([
    ['version 2', { version: der.integer(1n) }],
    ['a negative version', { version: der.integer(-1n) }],
    ['a version of two octets', { version: Buffer.from('02020000', 'hex') }],
    ['no attributes field', { attributes: null }],
    ['bytes after the attributes', { tail: der.null() }],
    ['an attribute without values', { attributes: [attribute(oid.extensionRequest)] }],
    ['an attribute twice', { attributes: [challengePassword, challengePassword] }],
    ['an attribute without a set', { attributes: [der.sequence(der.objectIdentifier('1.2.3'))] }],
    [
      'bytes after an attribute',
      { attributes: [der.sequence(der.objectIdentifier('1.2.3'), der.setOf(der.null()), der.null())] },
    ],
    [
      'attributes that are not in order',
      { attributes: [attribute('1.2.4', der.null()), attribute('1.2.3', der.null())] },
    ],
    ['values that are not in order', { attributes: [attribute('1.2.3', der.integer(2n), der.integer(1n))] }],
    ['a value that is not DER', { attributes: [attribute('1.2.3', Buffer.from('0101aa', 'hex'))] }],
    [
      'two extension requests in one',
      {
        attributes: [
          attribute(
            oid.extensionRequest,
            der.sequence(extension('1.2.3', der.null())),
            der.sequence(extension('1.2.4', der.null())),
          ),
        ],
      },
    ],
    ['an empty extension request', { attributes: [extensionRequest()] }],
    [
      'an extension twice',
      { attributes: [extensionRequest(extension('1.2.3', der.null()), extension('1.2.3', der.null()))] },
    ],
    [
      'a written default',
      {
        attributes: [
          extensionRequest(
            der.sequence(der.objectIdentifier('1.2.3'), der.boolean(false), der.octetString()),
          ),
        ],
      },
    ],
    ['a subject that is no name', { subject: der.sequence(der.null()) }],
    ['a relative name without attributes', { subject: der.sequence(der.setOf()) }],
    [
      'a key with unused bits',
      { spki: Buffer.concat([spkiOf(keys).subarray(0, 25), Buffer.of(1), spkiOf(keys).subarray(26)]) },
    ],
    [
      'a key with a short point',
      {
        spki: der.sequence(
          der.sequence(der.objectIdentifier(oid.ecPublicKey), der.objectIdentifier(oid.prime256v1)),
          der.bitString(Buffer.of(4, 1)),
        ),
      },
    ],
    ['an algorithm without an identifier', { algorithm: der.sequence() }],
  ])('is malformed with %s', (_, parts) => {
    expectCode('csr_malformed', () => parseCertificationRequest(forge(parts)));
  });

  it('is malformed with bytes after it, cut off, or in BER', () => {
    const good = forge();
    expectCode('csr_malformed', () => parseCertificationRequest(Buffer.concat([good, Buffer.of(0)])));
    expectCode('csr_malformed', () => parseCertificationRequest(good.subarray(0, -1)));
    expectCode('csr_malformed', () => parseCertificationRequest(Buffer.alloc(0)));
    const indefinite = Buffer.concat([Buffer.of(0x30, 0x80), good.subarray(3), Buffer.of(0, 0)]);
    expectCode('csr_malformed', () => parseCertificationRequest(indefinite));
    const long = Buffer.concat([Buffer.of(0x30, 0x82, 0), good.subarray(2)]);
    expectCode('csr_malformed', () => parseCertificationRequest(long));
  });

  it('is malformed above 16 KiB', () => {
    const attributes = [attribute('1.2.3', der.octetString(Buffer.alloc(MAX_CERTIFICATION_REQUEST_BYTES)))];
    const error = thrownBy(() => parseCertificationRequest(forge({ attributes })));
    expect(error).toMatchObject({ code: 'csr_malformed', cause: { code: 'der_malformed' } });
  });

  it('signed by another key proves nothing', () => {
    const error = thrownBy(() => verify(forge({ signer: newKeyPair() })));
    expect(error).toMatchObject({
      code: 'csr_signature_invalid',
      message: 'the request is not signed by the key it names',
    });
  });

  it('changed after it was signed proves nothing', () => {
    const bytes = forge();
    const at = bytes.indexOf('device');
    bytes[at] = 'D'.charCodeAt(0);
    expectCode('csr_signature_invalid', () => verify(bytes));
  });

  it.each<[string, (signature: Buffer) => Uint8Array]>([
    ['with a byte after it', (signature) => Buffer.concat([signature, Buffer.of(0)])],
    ['in BER', (signature) => Buffer.concat([Buffer.of(0x30, 0x81), signature.subarray(1)])],
    ['of zeros', () => der.sequence(der.integer(0n), der.integer(0n))],
    ['of nothing', () => Buffer.alloc(0)],
  ])('with a signature %s proves nothing', (_, spoil) => {
    expectCode('csr_signature_invalid', () => verify(forge({ spoil })));
  });

  it('is malformed if its signature does not have whole octets', () => {
    let length = 0;
    const bytes = forge({
      spoil: (signature) => {
        length = signature.length;
        return signature;
      },
    });
    bytes[bytes.length - length - 1] = 1;
    expectCode('csr_malformed', () => parseCertificationRequest(bytes));
  });

  it.each<[string, Partial<RequestParts>]>([
    ['SHA-1', { algorithm: der.sequence(der.objectIdentifier('1.2.840.10045.4.1')), hash: 'sha1' }],
    [
      'ECDSA with parameters',
      { algorithm: der.sequence(der.objectIdentifier(oid.ecdsaWithSha256), der.null()) },
    ],
  ])('signed with %s is refused', (_, parts) => {
    expect(thrownBy(() => verify(forge(parts)))).toMatchObject({
      code: 'csr_key_unsupported',
      message: 'the request is signed with a refused algorithm',
    });
  });

  it('with a key that we do not certify is refused, however well it is signed', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const algorithm = der.sequence(der.objectIdentifier(oid.sha256WithRsaEncryption), der.null());
    expectCode('csr_key_unsupported', () => verify(forge({ keys: weak, algorithm })));
  });

  it('with a point off the curve is refused', () => {
    const spki = spkiOf(keys);
    spki[spki.length - 1] = (spki.at(-1) ?? 0) ^ 1;
    expectCode('csr_key_unsupported', () => verify(forge({ spki })));
  });
});

describe('the text of a certification request', () => {
  const bytes = forge();
  const pem = encodePem('CERTIFICATE REQUEST', bytes);

  it.each([
    ['PEM', pem],
    ['PEM with its old label', encodePem('NEW CERTIFICATE REQUEST', bytes)],
    [
      'PEM with Windows line ends and words around it',
      `Certificate Request:\r\n${pem.replaceAll('\n', '\r\n')}\r\n`,
    ],
    ['base64', bytes.toString('base64')],
    ['base64 in lines', bytes.toString('base64').replaceAll(/(.{64})/g, '$1\n')],
    ['base64url', bytes.toString('base64url')],
  ])('may be %s', (_, text) => {
    expect(Buffer.from(decodeCertificationRequest(text))).toEqual(bytes);
  });

  it('may have 32 KiB, and no more', () => {
    expect(decodeCertificationRequest('A'.repeat(32_768))).toHaveLength(24_576);
    expect(thrownBy(() => decodeCertificationRequest('A'.repeat(32_772)))).toMatchObject({
      code: 'csr_malformed',
      message: 'the text is too long',
    });
  });

  it('says what is wrong with it', () => {
    expect(thrownBy(() => decodeCertificationRequest('hello, world'))).toMatchObject({
      message: 'neither one PEM block nor base64',
    });
    expect(thrownBy(() => decodeCertificationRequest(pem.replace('MI', 'M=')))).toMatchObject({
      code: 'csr_malformed',
      message: 'the PEM block does not hold base64',
      cause: { code: 'pem_malformed' },
    });
  });

  it.each([
    ['nothing', ''],
    ['something else', 'hello, world'],
    ['two blocks', pem + pem],
    ['a block and a private key', `${pem}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`],
    ['a certificate', encodePem('CERTIFICATE', bytes)],
    ['a block without an end', pem.replace('END', 'ENDE')],
    ['a block with two labels', pem.replace('END CERTIFICATE', 'END NEW CERTIFICATE')],
    ['a block of nothing', '-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n'],
    ['a block that is no base64', pem.replace('MI', 'M=')],
    ['base64 with stray bits', `${bytes.subarray(0, 4).toString('base64url').slice(0, -1)}B`],
    ['base64 with spaces', ` ${bytes.toString('base64')}`],
    ['too much of it', 'A'.repeat(64 * 1024)],
  ])('may not be %s', (_, text) => {
    expectCode('csr_malformed', () => decodeCertificationRequest(text));
  });
});

describe('attributes that are no set', () => {
  it('are malformed', () => {
    const attributes = [
      der.sequence(der.objectIdentifier('1.2.3'), encodeElement(derTag.sequence, der.null())),
    ];
    expectCode('csr_malformed', () => parseCertificationRequest(forge({ attributes })));
  });
});
