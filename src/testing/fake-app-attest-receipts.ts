// testing: may import everything; nothing imports it.

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { parseCertificate } from '../x509/certificate.js';
import { der, encodeElement } from '../x509/der-writer.js';
import { encodeBasicConstraints, encodeKeyUsage } from '../x509/encode-extensions.js';
import { oid } from '../x509/oid.js';
import { createSigningKey } from '../x509/signing-key.js';
import { createFakeAppleRoot, encodeAppleExtension } from './fake-app-attest-pki.js';

/** Fields of a receipt by number, as octets or text; `null` leaves one out. */
export type FakeReceiptFields = Readonly<Record<number, string | Uint8Array | null>>;

/** A receipt as Apple would never make it. Everything left out is as in the field. */
export interface FakeReceiptChanges {
  /** Put over the fields of an honest receipt. */
  readonly fields?: FakeReceiptFields;
  /** The whole content, instead of fields. */
  readonly content?: Uint8Array;
  /** The signer is not marked for receipts. */
  readonly signerIsUnmarked?: boolean;
  readonly signerMayNotSign?: boolean;
  readonly signerNotAfter?: Date;
  /** The chain ends at a root of the same name with another key. */
  readonly foreignRoot?: boolean;
  /** Another key signs than that of the signer's certificate. */
  readonly foreignKey?: boolean;
  /** DER AlgorithmIdentifier of the signature, instead of ECDSA with SHA-256. */
  readonly signatureAlgorithm?: Uint8Array;
  /** Has the last word over the certificates, DER: signer, CA, root. */
  readonly changeCertificates?: (certificates: readonly Uint8Array[]) => readonly Uint8Array[];
  /** The signer signs twice. */
  readonly signerComesTwice?: boolean;
  /** Elements after the signature: unsigned attributes, which receipts do not have. */
  readonly afterSignature?: Uint8Array;
  /** Strict DER, instead of the indefinite lengths and the pieces that Apple writes. */
  readonly der?: boolean;
}

/** Makes receipts under a root of its own. */
export interface FakeReceipts {
  /** PEM of the root. */
  readonly root: string;
  create(fields: FakeReceiptFields, changes?: FakeReceiptChanges): Uint8Array;
}

const apple = { country: 'US', organization: 'Apple Inc.' };
const names = {
  root: { ...apple, organizationalUnit: 'Fake Certification Authority', commonName: 'Apple Root CA - G3' },
  ca: { ...apple, commonName: 'Fake Application Integration CA 5 - G1' },
  signer: { ...apple, commonName: 'Application Attestation Fraud Receipt Signing' },
};
/** As in the field: the first piece of the content has 1,000 octets. */
const PIECE = 1000;

export function createFakeReceipts(clock: Clock): FakeReceipts {
  const root = createFakeAppleRoot(names.root, clock);
  const ca = root.createCa(names.ca, { curve: 'P-256' });
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

  function certifySigner(changes: FakeReceiptChanges): readonly [KeyObject, readonly Uint8Array[]] {
    const otherRoot = changes.foreignRoot === true ? createFakeAppleRoot(names.root, clock) : root;
    const issuer = changes.foreignRoot === true ? otherRoot.createCa(names.ca) : ca;
    const signer = issuer.issue({
      subject: names.signer,
      publicKey: createSigningKey(key).publicKey,
      notAfter: changes.signerNotAfter,
      extensions: [
        encodeBasicConstraints({ ca: false }),
        encodeKeyUsage(changes.signerMayNotSign === true ? 'keyEncipherment' : 'digitalSignature'),
        ...(changes.signerIsUnmarked === true ? [] : [encodeAppleExtension('12.15', der.null())]),
      ],
    });
    const signingKey =
      changes.foreignKey === true ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : key;
    return [signingKey, [signer, issuer.certificate, otherRoot.certificate]];
  }
  const [usualKey, usualChain] = certifySigner({});

  return {
    root: root.pem,
    create(fields, changes = {}) {
      const isUsual = !(
        changes.foreignRoot ??
        changes.foreignKey ??
        changes.signerIsUnmarked ??
        changes.signerMayNotSign ??
        changes.signerNotAfter
      );
      const [signingKey, chain] = isUsual ? [usualKey, usualChain] : certifySigner(changes);
      const content = changes.content ?? encodeFields({ ...fields, ...changes.fields });
      return encodeSignedData(content, chain, sign('sha256', content, signingKey), changes);
    },
  };
}

/** In ascending order of their numbers, each of version 1. */
function encodeFields(fields: FakeReceiptFields): Uint8Array {
  const encoded = Object.entries(fields).flatMap(([type, value]) =>
    value === null
      ? []
      : [
          der.sequence(
            der.integer(BigInt(type)),
            der.integer(1n),
            der.octetString(typeof value === 'string' ? Buffer.from(value) : value),
          ),
        ],
  );
  return encodeElement(0x31, ...encoded);
}

/** CMS signed data (RFC 5652) without signed attributes. */
function encodeSignedData(
  content: Uint8Array,
  chain: readonly Uint8Array[],
  signature: Uint8Array,
  changes: FakeReceiptChanges,
): Uint8Array {
  const isDer = changes.der === true;
  const wrap = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array =>
    isDer ? encodeElement(tag, ...parts) : encodeIndefinite(tag, ...parts);
  const sha256 = der.sequence(der.objectIdentifier(oid.sha256), der.null());
  const [signer] = chain;
  const { issuer, serialNumber } = parseCertificate(signer ?? new Uint8Array());
  const signerInfo = der.sequence(
    der.integer(1n),
    der.sequence(issuer, der.integer(Buffer.from(serialNumber, 'hex'))),
    sha256,
    changes.signatureAlgorithm ?? der.sequence(der.objectIdentifier(oid.ecdsaWithSha256)),
    der.octetString(signature),
    changes.afterSignature ?? new Uint8Array(),
  );
  const pieces = isDer
    ? der.octetString(content)
    : encodeIndefinite(
        0x24,
        der.octetString(content.subarray(0, PIECE)),
        der.octetString(content.subarray(PIECE)),
      );
  return wrap(
    0x30,
    der.objectIdentifier('1.2.840.113549.1.7.2'),
    wrap(
      0xa0,
      wrap(
        0x30,
        der.integer(1n),
        der.setOf(sha256),
        wrap(0x30, der.objectIdentifier('1.2.840.113549.1.7.1'), wrap(0xa0, pieces)),
        wrap(0xa0, ...(changes.changeCertificates?.(chain) ?? chain)),
        der.setOf(signerInfo, ...(changes.signerComesTwice === true ? [signerInfo] : [])),
      ),
    ),
  );
}

/** An element of indefinite length (ITU-T X.690 section 8.1.3.6). */
function encodeIndefinite(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Uint8Array.of(tag, 0x80), ...content, Uint8Array.of(0, 0)]);
}
