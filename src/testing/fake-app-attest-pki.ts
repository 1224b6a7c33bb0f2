// testing: may import everything; nothing imports it.

import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { der } from '../x509/der-writer.js';
import { encodeTbsCertificate } from '../x509/encode-certificate.js';
import { encodeBasicConstraints, encodeExtension, encodeKeyUsage } from '../x509/encode-extensions.js';
import { encodeName, type SubjectName } from '../x509/encode-name.js';
import { encodeSigned } from '../x509/encode-signed.js';
import { encodePem } from '../x509/pem.js';
import { createSigningKey } from '../x509/signing-key.js';

/** What a certificate of the fake shall be like. */
export interface FakeAppleCertificateRequest {
  readonly subject: SubjectName;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Uint8Array[];
  readonly notBefore?: Date | undefined;
  readonly notAfter?: Date | undefined;
}

/** A CA of the fake. */
export interface FakeAppleCa {
  /** DER. */
  readonly certificate: Uint8Array;
  /** PEM. */
  readonly pem: string;
  issue(request: FakeAppleCertificateRequest): Uint8Array;
  /** A CA below this one. */
  createCa(name: SubjectName, options?: FakeAppleCaOptions): FakeAppleCa;
}

/** What a CA shall be like, and what is wrong with it. */
export interface FakeAppleCaOptions {
  /** Curve of its key. Default: `P-384`. */
  readonly curve?: 'P-256' | 'P-384';
  readonly isNoCa?: boolean;
  readonly mayNotSign?: boolean;
  readonly notAfter?: Date;
}

const YEAR_MILLIS = 365 * 24 * 60 * 60 * 1000;

/** Makes a root of the fake, with a key on P-384 as Apple's roots have. */
export function createFakeAppleRoot(name: SubjectName, clock: Clock): FakeAppleCa {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  const request = { subject: name, publicKey: createSigningKey(key).publicKey, extensions: caExtensions({}) };
  return createCa(name, key, certify(request, name, key, clock), clock);
}

function createCa(name: SubjectName, key: KeyObject, certificate: Uint8Array, clock: Clock): FakeAppleCa {
  return {
    certificate,
    pem: encodePem('CERTIFICATE', certificate),
    issue: (request) => certify(request, name, key, clock),
    createCa(subject, options = {}) {
      const subjectKey = generateKeyPairSync('ec', { namedCurve: options.curve ?? 'P-384' }).privateKey;
      const request = {
        subject,
        publicKey: createSigningKey(subjectKey).publicKey,
        extensions: caExtensions(options),
        notAfter: options.notAfter,
      };
      return createCa(subject, subjectKey, certify(request, name, key, clock), clock);
    },
  };
}

function caExtensions(options: FakeAppleCaOptions): readonly Uint8Array[] {
  return [
    ...(options.isNoCa === true ? [] : [encodeBasicConstraints({ ca: true })]),
    options.mayNotSign === true ? encodeKeyUsage('cRLSign') : encodeKeyUsage('keyCertSign', 'cRLSign'),
  ];
}

function certify(
  request: FakeAppleCertificateRequest,
  issuer: SubjectName,
  key: KeyObject,
  clock: Clock,
): Uint8Array {
  const signer = createSigningKey(key);
  const now = clock.now().getTime();
  const tbs = encodeTbsCertificate({
    serialNumber: Uint8Array.from([1, ...randomBytes(9)]),
    issuer: encodeName(issuer),
    notBefore: request.notBefore ?? new Date(now - 3 * YEAR_MILLIS),
    notAfter: request.notAfter ?? new Date(now + 10 * YEAR_MILLIS),
    subject: encodeName(request.subject),
    publicKey: request.publicKey,
    extensions: request.extensions,
    signatureAlgorithm: signer.signatureAlgorithm,
  });
  return encodeSigned(tbs, signer.signatureAlgorithm, signer.sign(tbs));
}

/** An extension of Apple's own, such as `1.2.840.113635.100.8.2`; never critical. */
export function encodeAppleExtension(arc: string, value: Uint8Array): Uint8Array {
  return encodeExtension(`1.2.840.113635.100.${arc}`, false, value);
}

/** `SEQUENCE { [tag] { OCTET STRING } ... }` with tag numbers of 128 to 16,383. */
export function encodeTaggedTexts(texts: ReadonlyMap<number, string>): Uint8Array {
  return der.sequence(
    ...[...texts].map(([tag, text]) => {
      const inner = der.octetString(Buffer.from(text));
      return Buffer.concat([Uint8Array.of(0xbf, 0x80 | (tag >> 7), tag & 0x7f, inner.length), inner]);
    }),
  );
}
