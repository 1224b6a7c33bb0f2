// testing: may import everything; nothing imports it.

import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { encodeBase64 } from '../core/bytes.js';
import { systemClock, type Clock } from '../core/clock.js';
import { HARMONYOS_ATTESTATION } from '../integrity/huawei/parse-harmonyos-attestation.js';
import { der, encodeElement } from '../x509/der-writer.js';
import { derTag } from '../x509/der-tag.js';
import { encodeTbsCertificate } from '../x509/encode-certificate.js';
import { encodeBasicConstraints, encodeExtension, encodeKeyUsage } from '../x509/encode-extensions.js';
import { encodeName, type SubjectName } from '../x509/encode-name.js';
import { encodeSigned } from '../x509/encode-signed.js';
import { oid } from '../x509/oid.js';
import { encodePem } from '../x509/pem.js';
import { createSigningKey } from '../x509/signing-key.js';
import { refuseProduction } from './refuse-production.js';

/** Options of {@link createFakeHarmonyOsKeystore}. */
export interface FakeHarmonyOsKeystoreOptions {
  /** Default: `com.example.app`. */
  readonly bundleName?: string;
  /** Default: the bundle name, `_`, and base64 of a key that is made up. */
  readonly appId?: string;
  /** Default: `5765880207854649597`. */
  readonly appIdentifier?: string;
  /** What certificates are dated by. Default: the clock of the machine. */
  readonly clock?: Clock;
}

/** A claim as it is written: its level, its type, and DER of its value. */
export interface FakeHarmonyOsClaim {
  readonly securityLevel: number;
  readonly type: string;
  readonly value: Uint8Array;
}

/** What shall be attested. Everything left out is as on a phone in the field. */
export interface FakeHarmonyOsAttestationRequest {
  /** DER SubjectPublicKeyInfo of the key. */
  readonly publicKey: Uint8Array;
  readonly challenge: Uint8Array;
  /** Members of the app claim, put over those of a release. `undefined` leaves one out. */
  readonly app?: Readonly<Record<string, unknown>>;
  /** Has the last word over the claims. */
  readonly changeClaims?: (claims: readonly FakeHarmonyOsClaim[]) => readonly FakeHarmonyOsClaim[];
  /** Value of the extension, instead of the claims; `null`: the leaf has none. */
  readonly extension?: Uint8Array | null;
  /** When the leaf begins and ends. Default: now, and 7 days later. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** The leaf is a CA, so that its key could go on certifying. */
  readonly leafIsCa?: boolean;
  /** Private key of the phone: it is what the CA certifies, and it signs a further leaf, with the attestation, for `publicKey`. */
  readonly extendedBy?: KeyObject;
  /** The subordinate CA attests something, too. */
  readonly issuerAttests?: boolean;
  /** The chain ends at a root of the same name with another key. */
  readonly foreignRoot?: boolean;
}

/** A fake of the keystore of HarmonyOS, and of the service of Huawei that attests its keys, with CAs of its own. */
export interface FakeHarmonyOsKeystore {
  readonly bundleName: string;
  readonly appId: string;
  readonly appIdentifier: string;
  /** PEM, for the option `roots` of `createHarmonyOsKeyAttestationProvider`. */
  readonly root: string;
  /** Makes a chain as `anonAttestKeyItem` gives it: base64 of DER, leaf first, root last. */
  attestKey(request: FakeHarmonyOsAttestationRequest): readonly string[];
}

const DAY_MILLIS = 24 * 60 * 60 * 1000;
const rootName = { organization: 'Huawei CBG', commonName: 'Huawei CBG ECC Device Attestation Root CA 1' };
const issuerName = {
  country: 'CN',
  organization: 'Huawei CBG',
  commonName: 'Huawei CBG ECC Device Anonymous Attestation CA 1',
};
const leafName = { commonName: 'Device Certificate Management Key' };
const TYPE = '1.3.6.1.4.1.2011.2.376';

/**
 * Makes a fake HarmonyOS keystore for tests: real chains under fresh keys, for any public key.
 *
 * @throws ConfigurationError in production
 */
export function createFakeHarmonyOsKeystore(
  options: FakeHarmonyOsKeystoreOptions = {},
): FakeHarmonyOsKeystore {
  refuseProduction('createFakeHarmonyOsKeystore');
  const {
    bundleName = 'com.example.app',
    appIdentifier = '5765880207854649597',
    clock = systemClock,
  } = options;
  const appId = options.appId ?? `${bundleName}_${encodeBase64(randomBytes(65))}`;
  const rootKey = newKey('P-384');
  const issuerKey = newKey('P-256');
  const caExtensions = [encodeBasicConstraints({ ca: true }), encodeKeyUsage('keyCertSign', 'cRLSign')];

  function certify(content: {
    readonly subject: SubjectName;
    readonly publicKey: Uint8Array;
    readonly issuer: SubjectName;
    readonly key: KeyObject;
    readonly extensions: readonly Uint8Array[];
    readonly notBefore?: Date | undefined;
    readonly notAfter?: Date | undefined;
  }): Uint8Array {
    const signer = createSigningKey(content.key);
    const tbs = encodeTbsCertificate({
      serialNumber: Uint8Array.from([1, ...randomBytes(13)]),
      issuer: encodeName(content.issuer),
      notBefore: content.notBefore ?? new Date(clock.now().getTime() - 365 * DAY_MILLIS),
      notAfter: content.notAfter ?? new Date(clock.now().getTime() + 3650 * DAY_MILLIS),
      subject: encodeName(content.subject),
      publicKey: content.publicKey,
      extensions: content.extensions,
      signatureAlgorithm: signer.signatureAlgorithm,
    });
    return encodeSigned(tbs, signer.signatureAlgorithm, signer.sign(tbs));
  }

  function certifyRoot(key: KeyObject): Uint8Array {
    const { publicKey } = createSigningKey(key);
    return certify({ subject: rootName, publicKey, issuer: rootName, key, extensions: caExtensions });
  }

  const root = certifyRoot(rootKey);
  return {
    bundleName,
    appId,
    appIdentifier,
    root: encodePem('CERTIFICATE', root),
    attestKey(request) {
      const foreignKey = request.foreignRoot === true ? newKey('P-384') : null;
      const app = { appId, bundleName, appIdentifier, appMode: 'release', ...request.app };
      const claims = createClaims(app, request.challenge);
      const { extension: value = encodeClaims(request.changeClaims?.(claims) ?? claims) } = request;
      const attestation = value === null ? [] : [encodeExtension(HARMONYOS_ATTESTATION, false, value)];
      const issuer = certify({
        subject: issuerName,
        publicKey: createSigningKey(issuerKey).publicKey,
        issuer: rootName,
        key: foreignKey ?? rootKey,
        extensions: [...caExtensions, ...(request.issuerAttests === true ? attestation : [])],
      });
      const extensions = [
        encodeBasicConstraints(request.leafIsCa === true ? { ca: true } : { ca: false }),
        encodeExtension(oid.noRevAvail, false, der.null()),
      ];
      const dates = {
        notBefore: request.notBefore ?? clock.now(),
        notAfter: request.notAfter ?? new Date(clock.now().getTime() + 7 * DAY_MILLIS),
      };
      const { publicKey, extendedBy } = request;
      const ofPhone = certify({
        subject: leafName,
        publicKey: extendedBy ? createSigningKey(extendedBy).publicKey : publicKey,
        issuer: issuerName,
        key: issuerKey,
        extensions: extendedBy ? extensions : [...extensions, ...attestation],
        ...dates,
      });
      const further = extendedBy && {
        subject: { commonName: 'Further Key' },
        publicKey,
        issuer: leafName,
        key: extendedBy,
        extensions: [...extensions, ...attestation],
        ...dates,
      };
      const leaves = further ? [certify(further), ofPhone] : [ofPhone];
      return [...leaves, issuer, foreignKey === null ? root : certifyRoot(foreignKey)].map(encodeBase64);
    },
  };
}

function createClaims(app: object, challenge: Uint8Array): readonly FakeHarmonyOsClaim[] {
  const json = der.octetString(Buffer.from(JSON.stringify(app)));
  return [
    {
      securityLevel: 2,
      type: `${TYPE}.2.1.3`,
      value: der.sequence(der.objectIdentifier(`${TYPE}.2.1.3.1`), json),
    },
    { securityLevel: 0, type: `${TYPE}.2.1.4`, value: der.octetString(challenge) },
    { securityLevel: 3, type: `${TYPE}.2.1.5`, value: der.octetString(Uint8Array.of(2, 0, 0, 0)) },
    {
      securityLevel: 2,
      type: `${TYPE}.2.2.4.8`,
      value: encodeElement(derTag.utf8String, Buffer.from('CLS-AL00')),
    },
    {
      securityLevel: 3,
      type: `${TYPE}.2.2.2.6`,
      value: der.octetString(Buffer.from('28c4fb4944afec11b9090242ac120002', 'hex')),
    },
  ];
}

function encodeClaims(claims: readonly FakeHarmonyOsClaim[]): Uint8Array {
  return der.sequence(
    der.integer(0n),
    ...claims.map(({ securityLevel, type, value }) =>
      der.sequence(der.integer(BigInt(securityLevel)), der.objectIdentifier(type), value),
    ),
  );
}

function newKey(namedCurve: 'P-256' | 'P-384'): KeyObject {
  return generateKeyPairSync('ec', { namedCurve }).privateKey;
}
