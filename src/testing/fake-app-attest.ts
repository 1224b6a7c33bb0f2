// testing: may import everything; nothing imports it.

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { encodeBase64, encodeHex, sha256 } from '../core/bytes.js';
import { systemClock, type Clock } from '../core/clock.js';
import type { CborValue } from '../cbor/cbor-value.js';
import type { AppAttestEnvironment } from '../integrity/apple/app-attest-environment.js';
import { der } from '../x509/der-writer.js';
import { encodeBasicConstraints, encodeKeyUsage } from '../x509/encode-extensions.js';
import { createSigningKey } from '../x509/signing-key.js';
import { encodeCbor } from './encode-cbor.js';
import {
  createFakeAppleRoot,
  encodeAppleExtension,
  encodeTaggedTexts,
  type FakeAppleCaOptions,
} from './fake-app-attest-pki.js';
import {
  createFakeReceipts,
  type FakeReceiptChanges,
  type FakeReceiptFields,
} from './fake-app-attest-receipts.js';
import { encodeAuthenticatorData, type FakeAuthenticatorChanges } from './fake-authenticator-data.js';
import { refuseProduction } from './refuse-production.js';

/** Options of {@link createFakeAppAttest}. */
export interface FakeAppAttestOptions {
  /** `TEAMID.bundle`. Default: `A1B2C3D4E5.com.example.app`. */
  readonly appId?: string;
  /** Default: `production`. */
  readonly environment?: AppAttestEnvironment;
  /** Version of the system. From 27 on, authenticator data ends with a map of extensions. Default: `17.2.1`. */
  readonly osVersion?: string;
  /** CFBundleVersion, from iOS 27 on. Default: `1`. */
  readonly bundleVersion?: string;
  /** From iOS 27 on. Default: 4, the App Store. */
  readonly validationCategory?: number;
  /** What certificates and receipts are dated by. Default: the clock of the machine. */
  readonly clock?: Clock;
}

/** An attestation as Apple would never make it. */
export interface FakeAttestationChanges extends FakeAuthenticatorChanges {
  /** Value of the nonce extension, made from the honest one; `null`: none. */
  readonly changeNonce?: (value: Uint8Array) => Uint8Array | null;
  /** When the certificate of the key begins. Default: 24 hours ago. */
  readonly notBefore?: Date;
  /** When it ends. Default: in 200 days. */
  readonly notAfter?: Date;
  /** The certificate names the key of somebody else. */
  readonly foreignKey?: boolean;
  /** The key is on P-384. */
  readonly otherCurve?: boolean;
  readonly leafIsCa?: boolean;
  readonly ca?: FakeAppleCaOptions;
  /** The chain ends at a root of the same name with another key. */
  readonly foreignRoot?: boolean;
  /** Has the last word over x5c, DER. */
  readonly changeCertificates?: (certificates: readonly Uint8Array[]) => readonly Uint8Array[];
  readonly receipt?: FakeReceiptChanges;
}

/** An assertion as the Secure Enclave would never make it. */
export interface FakeAssertionChanges extends FakeAuthenticatorChanges {
  /** Another key signs. */
  readonly foreignKey?: boolean;
  /** Signs the nonce itself as a hash, as a verifier that hashes once would have it. */
  readonly hashedOnce?: boolean;
}

/** A key of App Attest, in a Secure Enclave that is none. */
export interface FakeAppAttestKey {
  /** Base64, as `generateKey` gives it. */
  readonly keyId: string;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** As `attestKey`: the attestation object. */
  attest(clientDataHash: Uint8Array, changes?: FakeAttestationChanges): Uint8Array;
  /** As `generateAssertion`: the counter rises by one with each. */
  assert(clientDataHash: Uint8Array, changes?: FakeAssertionChanges): Uint8Array;
}

/** A fake of App Attest on devices and at Apple, with CAs of its own. */
export interface FakeAppAttest {
  readonly appId: string;
  readonly environment: AppAttestEnvironment;
  /** PEM, for the option `roots` of `createAppAttestProvider`. */
  readonly roots: readonly string[];
  /** PEM, for the option `receiptRoots`. */
  readonly receiptRoots: readonly string[];
  /** As `generateKey` on some device. */
  createKey(): FakeAppAttestKey;
  /** Makes any receipt; fields are by Apple's numbers. */
  createReceipt(fields: FakeReceiptFields, changes?: FakeReceiptChanges): Uint8Array;
}

const DAY_MILLIS = 24 * 60 * 60 * 1000;
const rootName = { organization: 'Apple Inc.', commonName: 'Apple App Attestation Root CA' };
const caName = { organization: 'Apple Inc.', commonName: 'Apple App Attestation CA 1' };
const aaguids = { production: 'appattest\0\0\0\0\0\0\0', development: 'appattestdevelop' };

/**
 * Makes a fake App Attest for tests: real attestations, assertions and receipts under fresh keys.
 *
 * @throws ConfigurationError in production
 */
export function createFakeAppAttest(options: FakeAppAttestOptions = {}): FakeAppAttest {
  refuseProduction('createFakeAppAttest');
  const {
    appId = 'A1B2C3D4E5.com.example.app',
    environment = 'production',
    osVersion = '17.2.1',
    clock = systemClock,
  } = options;
  const { bundleVersion = '1', validationCategory = 4 } = options;
  const device = { appId, osVersion, bundleVersion, validationCategory };
  const root = createFakeAppleRoot(rootName, clock);
  const usualCa = root.createCa(caName);
  const receipts = createFakeReceipts(clock);

  /** The certificate of a key, and that of its CA. */
  function certify(
    publicKey: Uint8Array,
    keyId: Uint8Array,
    nonce: Uint8Array,
    changes: FakeAttestationChanges,
  ): readonly Uint8Array[] {
    const above = changes.foreignRoot === true ? createFakeAppleRoot(rootName, clock) : root;
    const ca = changes.ca || changes.foreignRoot === true ? above.createCa(caName, changes.ca) : usualCa;
    const honest = der.sequence(der.constructedContext(1, der.octetString(nonce)));
    const extension = changes.changeNonce ? changes.changeNonce(honest) : honest;
    const now = clock.now().getTime();
    const leaf = ca.issue({
      subject: {
        organization: 'Apple Inc.',
        organizationalUnit: 'AAA Certification',
        commonName: encodeHex(keyId),
      },
      publicKey,
      notBefore: changes.notBefore ?? new Date(now - DAY_MILLIS),
      notAfter: changes.notAfter ?? new Date(now + 200 * DAY_MILLIS),
      extensions: [
        encodeBasicConstraints(changes.leafIsCa === true ? { ca: true } : { ca: false }),
        encodeKeyUsage('digitalSignature', 'keyEncipherment'),
        encodeAppleExtension('8.5', encodeTaggedTexts(new Map([[1204, appId]]))),
        encodeAppleExtension(
          '8.7',
          encodeTaggedTexts(
            new Map([
              [1400, osVersion],
              [1403, '21C66'],
            ]),
          ),
        ),
        ...(extension === null ? [] : [encodeAppleExtension('8.2', extension)]),
      ],
    });
    return [leaf, ca.certificate];
  }

  function createKey(): FakeAppAttestKey {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const { publicKey } = createSigningKey(privateKey);
    const point = publicKey.subarray(-65);
    const keyId = sha256(point);
    let counter = 0;

    return {
      keyId: encodeBase64(keyId),
      publicKey,
      attest(clientDataHash, changes = {}) {
        const aaguid = Buffer.from(aaguids[environment], 'latin1');
        const authData = encodeAuthenticatorData({
          ...device,
          counter: 0,
          key: { aaguid, credentialId: keyId, point },
          changes,
        });
        const certified = changes.otherCurve === true ? createOtherKey() : publicKey;
        const certificates = certify(
          changes.foreignKey === true ? createSigningKey(foreign).publicKey : certified,
          keyId,
          sha256(authData, clientDataHash),
          changes,
        );
        const now = clock.now();
        const receipt = receipts.create(
          {
            2: appId,
            3: certificates[0] ?? null,
            4: clientDataHash,
            5: encodeBase64(randomBytes(64)),
            6: 'ATTEST',
            7: environment === 'production' ? 'production' : 'sandbox',
            12: now.toISOString(),
            21: new Date(now.getTime() + 90 * DAY_MILLIS).toISOString(),
          },
          changes.receipt,
        );
        const x5c = changes.changeCertificates?.(certificates) ?? certificates;
        const members = new Map<string, CborValue>([
          ['fmt', 'apple-appattest'],
          [
            'attStmt',
            new Map<string, CborValue>([
              ['x5c', x5c],
              ['receipt', receipt],
            ]),
          ],
          ['authData', authData],
        ]);
        return encodeCbor(changes.changeMembers?.(members) ?? members);
      },
      assert(clientDataHash, changes = {}) {
        counter += 1;
        const authenticatorData = encodeAuthenticatorData({ ...device, counter, key: null, changes });
        const message = Buffer.concat([authenticatorData, clientDataHash]);
        const signer = changes.foreignKey === true ? foreign : privateKey;
        const signed = changes.hashedOnce === true ? message : sha256(message);
        const members = new Map<string, CborValue>([
          ['signature', sign('sha256', signed, signer)],
          ['authenticatorData', authenticatorData],
        ]);
        return encodeCbor(changes.changeMembers?.(members) ?? members);
      },
    };
  }

  return {
    appId,
    environment,
    roots: [root.pem],
    receiptRoots: [receipts.root],
    createKey,
    createReceipt: (fields, changes) => receipts.create(fields, changes),
  };
}

function createOtherKey(): Uint8Array {
  return createSigningKey(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey).publicKey;
}
