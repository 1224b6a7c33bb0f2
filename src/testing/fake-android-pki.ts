// testing: may import everything; nothing imports it.

import { createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { der } from '../x509/der-writer.js';
import { encodeTbsCertificate } from '../x509/encode-certificate.js';
import { encodeBasicConstraints, encodeExtension, encodeKeyUsage } from '../x509/encode-extensions.js';
import { encodeSigned } from '../x509/encode-signed.js';
import { oid } from '../x509/oid.js';
import { encodePem } from '../x509/pem.js';
import { createSigningKey } from '../x509/signing-key.js';

/** Someone who signs certificates: a CA, an attestation key, or a key of an app that does what it should not. */
export interface FakeIssuer {
  /** DER Name. */
  readonly name: Uint8Array;
  readonly key: KeyObject;
  /** DER. */
  readonly certificate: Uint8Array;
}

/** How phones get their attestation keys; `software`: one of an emulator, below a root whose key is public. */
export type FakeAttestationShape = 'remotely-provisioned' | 'factory' | 'direct' | 'software';

/** What is out of the ordinary with the certificates above the leaf. */
export interface FakeIssuersOptions {
  /** Default: `P-384` for keys from Google's server, `RSA` for others. */
  readonly root?: 'RSA' | 'P-384';
  /** The chain ends at a root of the same name with another key. */
  readonly foreignRoot?: boolean;
  readonly securityLevel?: 'TEE' | 'StrongBox';
  /** Serial number of the certificate of the attestation key. */
  readonly serialNumber?: Uint8Array;
  /** Validity of the certificate of the attestation key. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** End of the CA at the top, below the root. */
  readonly caNotAfter?: Date;
  /** Further extensions of the certificate of the attestation key. */
  readonly extensions?: readonly Uint8Array[];
  /** CBOR for its provisioning information. Default: eight certificates for keys from Google's server, else none. */
  readonly provisioning?: Uint8Array;
  /** It is no CA, as on some phones. */
  readonly isNoCa?: boolean;
  /** Its key: P-256, or RSA with 2048 bits. Default: P-256. */
  readonly key?: 'P-256' | 'RSA';
}

/** What a certificate is to say. */
export interface FakeCertificateContent {
  /** DER Name. */
  readonly subject: Uint8Array;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Uint8Array[];
  readonly notBefore?: Date | undefined;
  readonly notAfter?: Date | undefined;
  readonly serialNumber?: Uint8Array | undefined;
}

/** Google's part of key attestation: the two roots and the CAs. */
export interface FakeAndroidPki {
  /** PEM: RSA, then P-384. */
  readonly roots: readonly string[];
  /** The certificates above a leaf, its issuer first, root last. */
  createIssuers(shape: FakeAttestationShape, options?: FakeIssuersOptions): readonly FakeIssuer[];
}

const DAY_MILLIS = 24 * 60 * 60 * 1000;
const YEAR_MILLIS = 365 * DAY_MILLIS;
const PROVISIONING_EXTENSION = '1.3.6.1.4.1.11129.2.1.30';
/** `{1: 8}`. */
const EIGHT_CERTIFICATES = Uint8Array.of(0xa1, 0x01, 0x08);
const SERIAL_NUMBER = '2.5.4.5';
const TITLE = '2.5.4.12';

/** Public key of AOSP's P-256 software root. Its private half is in the sources of Android; it is not needed here. */
const SOFTWARE_ROOT_KEY =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7l1ex+HA220Dpn7mthvsTWpdamguD/9/SQ59dx9EIm29sa/6FsvHrcV30lacqrewLVQBXT5DKyqO107sSHVBpA==';

/** Makes the CAs with the real names and forms; the RSA key is shorter than the real one. */
export function createFakeAndroidPki(clock: Clock): FakeAndroidPki {
  const rsaRoot = createRoot(encodeNames([SERIAL_NUMBER, 'f92009e853b6b045']), createKey('RSA'), clock);
  const p384Root = createRoot(
    encodeNames(
      [oid.countryName, 'US'],
      [oid.organizationName, 'Google LLC'],
      [oid.organizationalUnitName, 'Android'],
      [oid.commonName, 'Key Attestation CA1'],
    ),
    createKey('P-384'),
    clock,
  );

  function findRoot(shape: FakeAttestationShape, { root, foreignRoot }: FakeIssuersOptions): FakeIssuer {
    const kind = root ?? (shape === 'remotely-provisioned' ? 'P-384' : 'RSA');
    const own = kind === 'RSA' ? rsaRoot : p384Root;
    return foreignRoot === true ? createRoot(own.name, createKey(kind), clock) : own;
  }

  /** The CAs of a shape, the one below the root first. */
  function createCas(shape: FakeAttestationShape, root: FakeIssuer, notAfter: Date | undefined) {
    const certifyCa = (name: Uint8Array, key: KeyObject, by: FakeIssuer, end?: Date): FakeIssuer =>
      certify({ subject: name, key, extensions: caExtensions, notAfter: end }, by, clock);
    if (shape === 'factory') {
      const name = encodeNames([SERIAL_NUMBER, hexText(16)], [TITLE, 'TEE']);
      return [certifyCa(name, createKey('P-384'), root, notAfter)];
    }
    if (shape !== 'remotely-provisioned') return [];
    const organization: NameAttribute = [oid.organizationName, 'Google LLC'];
    const ca2 = certifyCa(
      encodeNames([oid.commonName, 'Droid CA2'], organization),
      createKey('P-384'),
      root,
      notAfter,
    );
    const ca3 = certifyCa(
      encodeNames([oid.commonName, 'Droid CA3'], organization),
      createKey('P-256'),
      ca2,
      new Date(clock.now().getTime() + 70 * DAY_MILLIS),
    );
    return [ca2, ca3];
  }

  return {
    roots: [rsaRoot, p384Root].map(({ certificate }) => encodePem('CERTIFICATE', certificate)),
    createIssuers(shape, options = {}) {
      const root = shape === 'software' ? createSoftwareRoot(clock) : findRoot(shape, options);
      const cas = createCas(shape, root, options.caNotAfter);
      const isRemote = shape === 'remotely-provisioned';
      const level = options.securityLevel ?? 'TEE';
      const provisioning = options.provisioning ?? (isRemote ? EIGHT_CERTIFICATES : null);
      const attestation = certify(
        {
          subject: isRemote
            ? encodeNames([oid.organizationName, level], [oid.commonName, hexText(16)])
            : encodeNames([SERIAL_NUMBER, hexText(16)], [TITLE, level]),
          key: createKey(options.key ?? 'P-256'),
          extensions: [
            ...(options.isNoCa === true ? [encodeKeyUsage('digitalSignature')] : caExtensions),
            ...(provisioning === null ? [] : [encodeExtension(PROVISIONING_EXTENSION, false, provisioning)]),
            ...(options.extensions ?? []),
          ],
          serialNumber: options.serialNumber,
          notBefore: options.notBefore,
          notAfter: options.notAfter ?? new Date(clock.now().getTime() + 30 * DAY_MILLIS),
        },
        cas.at(-1) ?? root,
        clock,
      );
      return [attestation, ...cas.reverse(), root];
    },
  };
}

/** Signs a certificate with the key of someone, whether they may or not. */
export function signCertificate(content: FakeCertificateContent, by: FakeIssuer, clock: Clock): Uint8Array {
  const signer = createSigningKey(by.key);
  const tbs = encodeTbsCertificate({
    serialNumber: content.serialNumber ?? Uint8Array.from([1, ...randomBytes(15)]),
    issuer: by.name,
    notBefore: content.notBefore ?? new Date(clock.now().getTime() - DAY_MILLIS),
    notAfter: content.notAfter ?? new Date(clock.now().getTime() + 5 * YEAR_MILLIS),
    subject: content.subject,
    publicKey: content.publicKey,
    extensions: content.extensions,
    signatureAlgorithm: signer.signatureAlgorithm,
  });
  return encodeSigned(tbs, signer.signatureAlgorithm, signer.sign(tbs));
}

type NameAttribute = readonly [type: string, text: string];

/** A DER Name with these attributes. */
export function encodeNames(...attributes: readonly NameAttribute[]): Uint8Array {
  return der.sequence(
    ...attributes.map(([type, text]) =>
      der.setOf(der.sequence(der.objectIdentifier(type), der.utf8String(text))),
    ),
  );
}

const caExtensions = [encodeBasicConstraints({ ca: true }), encodeKeyUsage('keyCertSign')];

function certify(
  content: Omit<FakeCertificateContent, 'publicKey'> & { readonly key: KeyObject },
  by: FakeIssuer,
  clock: Clock,
): FakeIssuer {
  const { key, subject } = content;
  const publicKey = createSigningKey(key).publicKey;
  return { name: subject, key, certificate: signCertificate({ ...content, publicKey }, by, clock) };
}

function createRoot(name: Uint8Array, key: KeyObject, clock: Clock): FakeIssuer {
  const own = { name, key, certificate: new Uint8Array() };
  return certify({ subject: name, key, extensions: caExtensions }, own, clock);
}

/** The root names the public key of AOSP, and another key signs in its place: nobody should come to look. */
function createSoftwareRoot(clock: Clock): FakeIssuer {
  const name = encodeNames([oid.commonName, 'Android Keystore Software Attestation Root']);
  const key = createKey('P-256');
  const publicKey = Buffer.from(SOFTWARE_ROOT_KEY, 'base64');
  const own = { name, key, certificate: new Uint8Array() };
  const certificate = signCertificate({ subject: name, publicKey, extensions: caExtensions }, own, clock);
  return { name, key, certificate };
}

function createKey(kind: 'P-256' | 'P-384' | 'RSA'): KeyObject {
  if (kind === 'RSA') return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  return generateKeyPairSync('ec', { namedCurve: kind }).privateKey;
}

/** DER SubjectPublicKeyInfo of either half of a key pair. */
export function exportSpki(key: KeyObject): Uint8Array {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return half.export({ format: 'der', type: 'spki' });
}

function hexText(octets: number): string {
  return randomBytes(octets).toString('hex');
}
