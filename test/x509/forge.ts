import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { der, encodeElement } from '../../src/x509/der-writer.js';
import { derTag } from '../../src/x509/der-tag.js';
import { oid } from '../../src/x509/oid.js';

// Makes certificates and CRLs in which any part may be wrong, with a good signature over it.

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const newKeyPair = (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-256' });

export const spkiOf = (keys: KeyPair): Buffer => keys.publicKey.export({ type: 'spki', format: 'der' });

export const ecdsaWithSha256 = der.sequence(der.objectIdentifier(oid.ecdsaWithSha256));

/** A Name of one common name. */
export const name = (commonName: string): Uint8Array => nameOf([oid.commonName, der.utf8String(commonName)]);

/** A Name of relative names with one attribute each. */
export const nameOf = (...attributes: readonly (readonly [type: string, value: Uint8Array])[]): Uint8Array =>
  der.sequence(
    ...attributes.map(([type, value]) => der.setOf(der.sequence(der.objectIdentifier(type), value))),
  );

export const extension = (type: string, value: Uint8Array, critical = false): Uint8Array =>
  der.sequence(der.objectIdentifier(type), ...(critical ? [der.boolean(true)] : []), der.octetString(value));

export const basicConstraints = (ca: boolean, pathLength?: number): Uint8Array =>
  extension(
    oid.basicConstraints,
    der.sequence(
      ...(ca ? [der.boolean(true)] : []),
      ...(pathLength === undefined ? [] : [der.integer(BigInt(pathLength))]),
    ),
    true,
  );

/** @param bits 0 digitalSignature, 5 keyCertSign, 6 cRLSign */
export const keyUsage = (...bits: readonly number[]): Uint8Array =>
  extension(oid.keyUsage, der.namedBits(bits), true);

export const extendedKeyUsage = (...purposes: readonly string[]): Uint8Array =>
  extension(oid.extKeyUsage, der.sequence(...purposes.map((purpose) => der.objectIdentifier(purpose))));

export const ia5 = (tag: number, text: string): Uint8Array => der.context(tag, Buffer.from(text, 'latin1'));

export const subjectAltName = (...names: readonly Uint8Array[]): Uint8Array =>
  extension(oid.subjectAltName, der.sequence(...names));

/** cRLDistributionPoints with one point of one URL. */
export const crlDistributionPoint = (url: string): Uint8Array =>
  extension(
    oid.crlDistributionPoints,
    der.sequence(der.sequence(der.constructedContext(0, der.constructedContext(0, ia5(6, url))))),
  );

export interface CertificateParts {
  /** Keys of the subject. */
  readonly keys: KeyPair;
  /** Keys that sign. Default: those of the subject. */
  readonly signer?: KeyPair;
  readonly subject: Uint8Array;
  /** Default: the subject. */
  readonly issuer?: Uint8Array;
  /** `[0] EXPLICIT` and all. Default: version 3. */
  readonly version?: Uint8Array;
  /** The whole INTEGER. */
  readonly serial?: Uint8Array;
  readonly notBefore?: Uint8Array;
  readonly notAfter?: Uint8Array;
  readonly innerAlgorithm?: Uint8Array;
  readonly outerAlgorithm?: Uint8Array;
  readonly spki?: Uint8Array;
  /** What stands between key and extensions. */
  readonly uniqueIds?: Uint8Array;
  /** `null`: no extensions at all. */
  readonly extensions?: readonly Uint8Array[] | null;
  /** Changes the signature. */
  readonly spoil?: (signature: Buffer) => Uint8Array;
  /** Bytes after the last field. */
  readonly tail?: Uint8Array;
}

export const NONE = new Uint8Array();
export const V3 = der.constructedContext(0, der.integer(2n));
export const BEGIN = new Date('2025-01-01T00:00:00Z');
export const NOW = new Date('2025-06-01T00:00:00Z');
export const END = new Date('2026-01-01T00:00:00Z');

/** DER of a certificate; see {@link CertificateParts}. */
export function forgeCertificate(parts: CertificateParts): Buffer {
  const algorithm = parts.innerAlgorithm ?? ecdsaWithSha256;
  const list = parts.extensions === undefined ? [] : parts.extensions;
  const tbs = der.sequence(
    parts.version ?? V3,
    parts.serial ?? der.integer(0x1001n),
    algorithm,
    parts.issuer ?? parts.subject,
    der.sequence(parts.notBefore ?? der.time(BEGIN), parts.notAfter ?? der.time(END)),
    parts.subject,
    parts.spki ?? spkiOf(parts.keys),
    parts.uniqueIds ?? NONE,
    list === null || list.length === 0 ? NONE : der.constructedContext(3, der.sequence(...list)),
    parts.tail ?? NONE,
  );
  return Buffer.from(signed(tbs, parts.outerAlgorithm ?? algorithm, parts.signer ?? parts.keys, parts.spoil));
}

export interface CrlParts {
  readonly signer: KeyPair;
  readonly issuer: Uint8Array;
  /** Default: version 2. */
  readonly version?: Uint8Array;
  readonly thisUpdate?: Uint8Array;
  /** Default: {@link END}. */
  readonly nextUpdate?: Uint8Array;
  /** `null`: no list. */
  readonly entries?: readonly Uint8Array[] | null;
  /** Default: CRL number 1. `null`: none. */
  readonly extensions?: readonly Uint8Array[] | null;
  readonly algorithm?: Uint8Array;
  readonly outerAlgorithm?: Uint8Array;
  readonly spoil?: (signature: Buffer) => Uint8Array;
}

export const crlEntry = (serial: bigint, ...extensions: readonly Uint8Array[]): Uint8Array =>
  der.sequence(
    der.integer(serial),
    der.time(BEGIN),
    extensions.length === 0 ? NONE : der.sequence(...extensions),
  );

export const crlNumber = (number: bigint): Uint8Array => extension(oid.crlNumber, der.integer(number));

/** DER of a CRL; see {@link CrlParts}. */
export function forgeCrl(parts: CrlParts): Buffer {
  const algorithm = parts.algorithm ?? ecdsaWithSha256;
  const extensions = parts.extensions === undefined ? [crlNumber(1n)] : parts.extensions;
  const entries = parts.entries ?? null;
  const tbs = der.sequence(
    parts.version ?? der.integer(1n),
    algorithm,
    parts.issuer,
    parts.thisUpdate ?? der.time(BEGIN),
    parts.nextUpdate ?? der.time(END),
    entries === null ? NONE : der.sequence(...entries),
    extensions === null ? NONE : der.constructedContext(0, der.sequence(...extensions)),
  );
  return Buffer.from(signed(tbs, parts.outerAlgorithm ?? algorithm, parts.signer, parts.spoil));
}

export interface RequestParts {
  readonly keys: KeyPair;
  readonly signer?: KeyPair;
  readonly version?: Uint8Array;
  readonly subject?: Uint8Array;
  readonly spki?: Uint8Array;
  /** What is inside `[0] Attributes`; `null`: not even that. */
  readonly attributes?: readonly Uint8Array[] | null;
  readonly algorithm?: Uint8Array;
  readonly hash?: string | null;
  readonly spoil?: (signature: Buffer) => Uint8Array;
  readonly tail?: Uint8Array;
}

export const attribute = (type: string, ...values: readonly Uint8Array[]): Uint8Array =>
  der.sequence(der.objectIdentifier(type), encodeElement(derTag.set, ...values));

/** DER of a certification request; see {@link RequestParts}. */
export function forgeRequest(parts: RequestParts): Buffer {
  const attributes = parts.attributes === undefined ? [] : parts.attributes;
  const info = der.sequence(
    parts.version ?? der.integer(0n),
    parts.subject ?? name('device'),
    parts.spki ?? spkiOf(parts.keys),
    attributes === null ? NONE : der.constructedContext(0, ...attributes),
    parts.tail ?? NONE,
  );
  const hash = parts.hash === undefined ? 'sha256' : parts.hash;
  return Buffer.from(
    signed(info, parts.algorithm ?? ecdsaWithSha256, parts.signer ?? parts.keys, parts.spoil, hash),
  );
}

function signed(
  tbs: Uint8Array,
  algorithm: Uint8Array,
  signer: KeyPair,
  spoil: (signature: Buffer) => Uint8Array = (signature) => signature,
  hash: string | null = 'sha256',
): Uint8Array {
  return der.sequence(tbs, algorithm, der.bitString(spoil(sign(hash, tbs, signer.privateKey))));
}
