// testing: may import everything; nothing imports it.

import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import type { HuaweiTokenKind } from '../integrity/huawei/huawei-sysintegrity-verdict.js';
import { encodeTbsCertificate } from '../x509/encode-certificate.js';
import {
  encodeBasicConstraints,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeSubjectAltName,
} from '../x509/encode-extensions.js';
import { encodeName, type SubjectName } from '../x509/encode-name.js';
import { encodeSigned } from '../x509/encode-signed.js';
import { oid } from '../x509/oid.js';
import { encodePem } from '../x509/pem.js';
import { createSigningKey } from '../x509/signing-key.js';

/** What is wrong with a chain. Everything left out is as in the field. */
export interface FakeHuaweiChainOptions {
  /** Common name of the leaf. */
  readonly leafName?: string;
  /** A subjectAltName for the leaf, which has none in the field. */
  readonly leafDnsName?: string;
  readonly leafIsCa?: boolean;
  /** The leaf may only be used to encrypt. */
  readonly leafMayNotSign?: boolean;
  /** The key of the leaf is of another kind: P-384, or RSA with 2048 bits. */
  readonly leafKey?: 'P-384' | 'RSA';
  readonly leafNotBefore?: Date;
  readonly leafNotAfter?: Date;
  /** The issuer of the leaf has no basicConstraints. */
  readonly issuerIsNoCa?: boolean;
  /** The issuer of the leaf may sign CRLs, but no certificates. */
  readonly issuerMayNotSign?: boolean;
  readonly issuerNotAfter?: Date;
  /** The chain ends at a root of the same name with another key. */
  readonly foreignRoot?: boolean;
}

/** A chain, and the key that signs tokens with it. */
export interface FakeHuaweiChain {
  /** DER, leaf first, as in the tokens of the kind. */
  readonly certificates: readonly Uint8Array[];
  readonly leafKey: KeyObject;
}

/** The root, subordinate CA and service of one kind of token. */
export interface FakeHuaweiPki {
  /** PEM. */
  readonly root: string;
  createChain(options?: FakeHuaweiChainOptions): FakeHuaweiChain;
}

interface Names {
  readonly root: SubjectName;
  readonly issuer: SubjectName;
  readonly leaf: SubjectName;
}

const huawei = { country: 'CN', organization: 'Huawei', organizationalUnit: 'Huawei CBG' };
const host = 'sysintegrity.platform.hicloud.com';

/** The subordinate CAs of the HarmonyOS services are not publicly known: their names are made up. */
const names: Readonly<Record<HuaweiTokenKind, Names>> = {
  hms: {
    root: { ...huawei, commonName: 'Huawei CBG Root CA' },
    issuer: { ...huawei, commonName: 'Huawei CBG Application Integration CA' },
    leaf: { ...huawei, organizationalUnit: 'Huawei CBG Cloud Security Signer', commonName: host },
  },
  harmonyos: {
    root: { ...huawei, commonName: 'Huawei CBG Root CA G2' },
    issuer: { ...huawei, commonName: 'Fake Second Level CA' },
    leaf: { ...huawei, commonName: host },
  },
  'harmonyos-enhanced': {
    root: { organization: 'Huawei CBG', commonName: 'Huawei CBG ECC Device Attestation Root CA 1' },
    issuer: { organization: 'Huawei CBG', commonName: 'Fake Device Attestation CA' },
    leaf: { organization: 'Huawei CBG', commonName: 'Harmony OS Device Attestation Service' },
  },
};

const YEAR_MILLIS = 365 * 24 * 60 * 60 * 1000;

/** Makes the CAs of one kind of token, with the real names and profiles; RSA keys are shorter than the real ones. */
export function createFakeHuaweiPki(kind: HuaweiTokenKind, clock: Clock): FakeHuaweiPki {
  const createKey = (): KeyObject =>
    kind === 'hms' ? createRsaKey() : generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  const rootKey = createKey();
  const issuerKey = createKey();
  const leafKey =
    kind === 'hms' ? createRsaKey() : generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const { root, issuer, leaf } = names[kind];
  const caExtensions = createIssuerExtensions({});

  const certify = (
    subject: SubjectName,
    key: KeyObject,
    by: { readonly name: SubjectName; readonly key: KeyObject },
    content: {
      readonly extensions: readonly Uint8Array[];
      readonly notBefore?: Date | undefined;
      readonly notAfter?: Date | undefined;
    },
  ): Uint8Array => {
    const signer = createSigningKey(by.key);
    const tbs = encodeTbsCertificate({
      serialNumber: Uint8Array.from([1, ...randomBytes(15)]),
      issuer: encodeName(by.name),
      notBefore: content.notBefore ?? new Date(clock.now().getTime() - YEAR_MILLIS),
      notAfter: content.notAfter ?? new Date(clock.now().getTime() + 5 * YEAR_MILLIS),
      subject: encodeName(subject),
      publicKey: createSigningKey(key).publicKey,
      extensions: content.extensions,
      signatureAlgorithm: signer.signatureAlgorithm,
    });
    return encodeSigned(tbs, signer.signatureAlgorithm, signer.sign(tbs));
  };

  const rootCertificate = certify(root, rootKey, { name: root, key: rootKey }, { extensions: caExtensions });

  return {
    root: encodePem('CERTIFICATE', rootCertificate),
    createChain(options = {}) {
      const key = options.leafKey ? createOtherKey(options.leafKey) : leafKey;
      const foreignKey = options.foreignRoot === true ? createKey() : null;
      const issuerCertificate = certify(
        issuer,
        issuerKey,
        { name: root, key: foreignKey ?? rootKey },
        {
          extensions: createIssuerExtensions(options),
          notAfter: options.issuerNotAfter,
        },
      );
      const leafCertificate = certify(
        { ...leaf, commonName: options.leafName ?? leaf.commonName },
        key,
        { name: issuer, key: issuerKey },
        {
          extensions: createLeafExtensions(options),
          notBefore: options.leafNotBefore,
          notAfter: options.leafNotAfter,
        },
      );
      const top =
        foreignKey === null
          ? rootCertificate
          : certify(root, foreignKey, { name: root, key: foreignKey }, { extensions: caExtensions });
      const certificates = [leafCertificate, issuerCertificate, top];
      return { leafKey: key, certificates: kind === 'hms' ? certificates.slice(0, 2) : certificates };
    },
  };
}

function createIssuerExtensions(options: FakeHuaweiChainOptions): readonly Uint8Array[] {
  return [
    ...(options.issuerIsNoCa === true ? [] : [encodeBasicConstraints({ ca: true })]),
    options.issuerMayNotSign === true ? encodeKeyUsage('cRLSign') : encodeKeyUsage('keyCertSign', 'cRLSign'),
  ];
}

/** As in the field: neither basicConstraints nor subjectAltName. */
function createLeafExtensions(options: FakeHuaweiChainOptions): readonly Uint8Array[] {
  return [
    ...(options.leafIsCa === true ? [encodeBasicConstraints({ ca: true })] : []),
    options.leafMayNotSign === true
      ? encodeKeyUsage('keyEncipherment')
      : encodeKeyUsage('digitalSignature', 'keyEncipherment'),
    encodeExtendedKeyUsage(oid.serverAuth, oid.clientAuth),
    ...(options.leafDnsName === undefined
      ? []
      : [encodeSubjectAltName({ type: 'dns', value: options.leafDnsName })]),
  ];
}

function createRsaKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

function createOtherKey(kind: 'P-384' | 'RSA'): KeyObject {
  return kind === 'RSA' ? createRsaKey() : generateKeyPairSync('ec', { namedCurve: kind }).privateKey;
}
