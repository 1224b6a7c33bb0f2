// testing: may import everything; nothing imports it.

import { generateKeyPairSync, KeyObject } from 'node:crypto';
import type { UnverifiedEvidence } from '../contracts/evidence.js';
import { systemClock, type Clock } from '../core/clock.js';
import { encodeBase64, encodeHex, sha256Hex } from '../core/bytes.js';
import { ATTESTATION_EXTENSION } from '../integrity/android/attestation-shape.js';
import { ANDROID_KEY_ATTESTATION } from '../integrity/android/key-attestation-verdict.js';
import { encodeExtension, encodeKeyUsage } from '../x509/encode-extensions.js';
import { oid } from '../x509/oid.js';
import { encodeKeyDescription, type FakeKeyDescription } from './encode-key-description.js';
import {
  createFakeAndroidPki,
  encodeNames,
  exportSpki,
  signCertificate,
  type FakeAttestationShape,
  type FakeIssuer,
  type FakeIssuersOptions,
} from './fake-android-pki.js';
import { refuseProduction } from './refuse-production.js';

/** Options of {@link createFakeAndroidKeystore}. */
export interface FakeAndroidKeystoreOptions {
  /** Default: that of the machine. */
  readonly clock?: Clock;
  /** Default: `com.example.app`. */
  readonly packageName?: string;
}

/** Changes what an attestation says. */
export type ChangeKeyDescription = (honest: FakeKeyDescription) => FakeKeyDescription;

/** A key to attest, and what is to be wrong with its attestation. Everything left out is as on a good phone. */
export interface FakeAttestationRequest {
  /** The key: either half of a pair, or DER SubjectPublicKeyInfo. */
  readonly publicKey: KeyObject | Uint8Array;
  readonly challenge: Uint8Array;
  /** Default: `remotely-provisioned`. */
  readonly shape?: FakeAttestationShape;
  /** Leaves the root out of the chain. */
  readonly withoutRoot?: boolean;
  readonly change?: ChangeKeyDescription;
  /** What stands in the attestation extension of the leaf instead; `null`: there is none. */
  readonly extension?: Uint8Array | null;
  /** An attestation key of the app issues the leaf; the function changes what its own attestation says. */
  readonly attestKey?: ChangeKeyDescription;
  /**
   * The attack by which a chain is extended: the attested key is another one, of the attacker, and it signs a leaf for
   * `publicKey`. The function changes what the forged attestation says; `null`: it has none.
   */
  readonly forge?: ChangeKeyDescription | null;
  /** What is out of the ordinary with the certificates above the leaf. */
  readonly issuers?: FakeIssuersOptions;
  readonly leafNotBefore?: Date;
  readonly leafNotAfter?: Date;
  /** The leaf is signed with another key than that of its issuer. */
  readonly leafSignedByOther?: boolean;
  /** Changes the certificates of the chain, DER. */
  readonly changeCertificates?: (certificates: readonly Uint8Array[]) => readonly Uint8Array[];
}

/** Phones with hardware keys, and the server of Google that they get their attestation keys from. */
export interface FakeAndroidKeystore {
  readonly packageName: string;
  /** SHA-256 of the certificate that the app is signed with, hex. */
  readonly certificateSha256: string;
  /** For the option `roots` of the provider: RSA and P-384, as PEM. */
  readonly roots: readonly string[];
  /** Makes evidence that the key is in the secure hardware of a phone. */
  attest(request: FakeAttestationRequest): UnverifiedEvidence & { readonly chain: readonly string[] };
}

const APP_KEY_NAME = encodeNames([oid.commonName, 'Android Keystore Key']);

/**
 * Makes a fake of the Android key store: real keys, real certificates in the forms of real phones, below roots of its own.
 *
 * @throws ConfigurationError in production
 */
export function createFakeAndroidKeystore(options: FakeAndroidKeystoreOptions = {}): FakeAndroidKeystore {
  refuseProduction('createFakeAndroidKeystore');
  const { clock = systemClock, packageName = 'com.example.app' } = options;
  const certificateSha256 = sha256Hex(Buffer.from('certificate of the app'));
  const pki = createFakeAndroidPki(clock);

  function describe(challenge: Uint8Array): FakeKeyDescription {
    return describeGoodPhone(challenge, clock.now(), { packageName, certificateSha256 });
  }

  /** Attests a key of the app: what comes of it may sign certificates in turn. */
  function attestKey(key: KeyObject, description: FakeKeyDescription, by: FakeIssuer): FakeIssuer {
    const extensions = [encodeKeyUsage('digitalSignature'), encodeAttestation(description)];
    const content = { subject: APP_KEY_NAME, publicKey: exportSpki(key), extensions, ...leafDates };
    return { name: APP_KEY_NAME, key, certificate: signCertificate(content, by, clock) };
  }

  /** The issuer of the leaf and all above it. */
  function createIssuers(request: FakeAttestationRequest): readonly FakeIssuer[] {
    const issuers = pki.createIssuers(request.shape ?? 'remotely-provisioned', request.issuers);
    const [attestation] = issuers;
    if (attestation === undefined) return issuers;
    const honest = describe(request.challenge);
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    if (request.attestKey !== undefined) {
      const description = request.attestKey(changePurpose(honest, [7]));
      return [attestKey(own, description, attestation), ...issuers];
    }
    if (request.forge === undefined) return issuers;
    return [attestKey(own, request.change?.(honest) ?? honest, attestation), ...issuers];
  }

  function createLeaf(request: FakeAttestationRequest, issuer: FakeIssuer): Uint8Array {
    const { publicKey, leafNotBefore, leafNotAfter, forge } = request;
    const honest = describe(request.challenge);
    const change = forge === undefined ? request.change : forge;
    const attestation =
      request.extension === undefined ? encodeKeyDescription(change?.(honest) ?? honest) : request.extension;
    const isBare = attestation === null || forge === null;
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    return signCertificate(
      {
        subject: APP_KEY_NAME,
        publicKey: publicKey instanceof KeyObject ? exportSpki(publicKey) : publicKey,
        extensions: [
          encodeKeyUsage('digitalSignature'),
          ...(isBare ? [] : [encodeExtension(ATTESTATION_EXTENSION, false, attestation)]),
        ],
        serialNumber: Uint8Array.of(1),
        notBefore: leafNotBefore ?? leafDates.notBefore,
        notAfter: leafNotAfter ?? leafDates.notAfter,
      },
      request.leafSignedByOther === true ? { ...issuer, key: other } : issuer,
      clock,
    );
  }

  return {
    packageName,
    certificateSha256,
    roots: pki.roots,
    attest(request) {
      const issuers = createIssuers(request);
      const [issuer] = issuers;
      const leaf = issuer === undefined ? [] : [createLeaf(request, issuer)];
      const above = request.withoutRoot === true ? issuers.slice(0, -1) : issuers;
      const certificates = [...leaf, ...above.map(({ certificate }) => certificate)];
      const changed = request.changeCertificates?.(certificates) ?? certificates;
      return { provider: ANDROID_KEY_ATTESTATION, chain: changed.map(encodeBase64) };
    },
  };
}

/** As phones have them where the app asks for nothing else. */
const leafDates = { notBefore: new Date('1970-01-01'), notAfter: new Date('2048-01-01') };

function encodeAttestation(description: FakeKeyDescription): Uint8Array {
  return encodeExtension(ATTESTATION_EXTENSION, false, encodeKeyDescription(description));
}

function changePurpose(honest: FakeKeyDescription, purpose: readonly number[]): FakeKeyDescription {
  return { ...honest, hardwareEnforced: { ...honest.hardwareEnforced, purpose } };
}

/** A phone of KeyMint 3, locked, with the maker's system and the patches of the month. */
function describeGoodPhone(
  challenge: Uint8Array,
  now: Date,
  app: { readonly packageName: string; readonly certificateSha256: string },
): FakeKeyDescription {
  const month = now.getUTCFullYear() * 100 + now.getUTCMonth() + 1;
  return {
    attestationVersion: 300,
    attestationSecurityLevel: 'trusted-environment',
    keyMintVersion: 300,
    keyMintSecurityLevel: 'trusted-environment',
    attestationChallenge: encodeHex(challenge),
    uniqueId: '',
    softwareEnforced: {
      creationDateTime: now.getTime(),
      attestationApplicationId: {
        packages: [{ name: app.packageName, version: 7 }],
        signatureDigests: [app.certificateSha256],
      },
    },
    hardwareEnforced: {
      purpose: [2, 3],
      algorithm: 3,
      keySize: 256,
      digest: [4],
      ecCurve: 1,
      noAuthRequired: true,
      origin: 0,
      rootOfTrust: {
        verifiedBootKey: sha256Hex(Buffer.from('key of the maker')),
        deviceLocked: true,
        verifiedBootState: 'verified',
        verifiedBootHash: sha256Hex(Buffer.from('system')),
      },
      osVersion: 160_000,
      osPatchLevel: month,
      vendorPatchLevel: month * 100 + 5,
      bootPatchLevel: month * 100 + 5,
    },
  };
}
