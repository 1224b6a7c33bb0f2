// testing: may import everything; nothing imports it.

import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { decodeSha256, encodeBase64, encodeBase64Url, sha256 } from '../core/bytes.js';
import { systemClock, type Clock } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import { refuseProduction } from './refuse-production.js';
import { sealPlayToken } from './seal-play-token.js';

/** Options of {@link createFakePlay}. */
export interface FakePlayOptions {
  /** Default: `com.example.app`. */
  readonly packageName?: string;
  /** SHA-256 of the app's signing certificate, hex or base64. Default: made from the package name. */
  readonly certificateSha256?: string;
  /** What tokens are dated by. Default: the clock of the machine. */
  readonly clock?: Clock;
}

/** What a token shall say. Everything left out is as on an intact device with the app from Google Play. */
export interface FakePlayTokenRequest {
  /** Default: `classic`, a JWE that can be decrypted locally; `standard` is an opaque text that only Google can read. */
  readonly kind?: 'classic' | 'standard';
  /** The bytes the token is bound to: base64url of them becomes `nonce` or `requestHash`. */
  readonly binding?: Uint8Array;
  /** Instead of `binding`: the text of `nonce` or `requestHash`. Without either the token is bound to nothing. */
  readonly bindingText?: string;
  /** Labels of the device. Default: basic, device and strong integrity. Empty: none, as for a compromised device. */
  readonly labels?: readonly string[];
  /** Default: `PLAY_RECOGNIZED`. With `UNEVALUATED` the identity of the app is left out, as Google does. */
  readonly recognition?: string;
  /** Default: `LICENSED`. */
  readonly licensing?: string;
  /** Default: 42. */
  readonly versionCode?: number;
  /** Marks the token as a test answer. Default: false. */
  readonly testing?: boolean;
  /** Default: now, by the clock of the fake. */
  readonly issuedAt?: Date;
  /** Has the last word over the payload; whatever it returns is written as JSON. */
  readonly change?: (payload: FakePlayPayload) => unknown;
  /** Headers and keys as Google would never choose them. Classic only. */
  readonly forge?: {
    readonly jweHeader?: object;
    readonly jwsHeader?: object;
    /** Signed with a key that is not Google's. */
    readonly wrongSigningKey?: boolean;
    /** Encrypted to the key of another app. */
    readonly wrongEncryptionKey?: boolean;
  };
}

/** A payload on the wire: what is unset is left out, and 64-bit integers are strings. */
export type FakePlayPayload = Record<string, unknown>;

/** A fake of the part of Google Play that makes integrity tokens, with keys of its own. */
export interface FakePlay {
  readonly packageName: string;
  /** Hex with colons, as Play Console prints it. */
  readonly certificateSha256: string;
  /** `DECRYPTION_KEY` as Play Console gives it: base64 of an AES key. */
  readonly decryptionKey: string;
  /** `VERIFICATION_KEY` as Play Console gives it: base64 of a DER SubjectPublicKeyInfo. */
  readonly verificationKey: string;
  /** Makes a token as the API on a device does. */
  createToken(request?: FakePlayTokenRequest): string;
  /** The payload of a token that this fake made, of either kind; `null` for any other text. */
  findPayload(token: string): FakePlayPayload | null;
}

const ALL_LABELS = ['MEETS_BASIC_INTEGRITY', 'MEETS_DEVICE_INTEGRITY', 'MEETS_STRONG_INTEGRITY'];

/**
 * Makes a fake Google Play for tests: real JWE and JWS, made with fresh keys. Hand `decryptionKey` and `verificationKey` to
 * `localDecryption`, or the fake to `createFakeGoogleDecodeServer`.
 *
 * @throws ConfigurationError in production, or if `certificateSha256` is not a SHA-256
 */
export function createFakePlay(options: FakePlayOptions = {}): FakePlay {
  refuseProduction('createFakePlay');
  const { packageName = 'com.example.app', clock = systemClock } = options;
  const digest = options.certificateSha256
    ? decodeSha256(options.certificateSha256)
    : sha256(Buffer.from(`certificate of ${packageName}`));
  if (digest === null) throw new ConfigurationError('certificateSha256', { message: 'must be a SHA-256' });

  const encryptionKey = randomBytes(32);
  const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const payloads = new Map<string, FakePlayPayload>();

  const seal = (payload: unknown, forge: FakePlayTokenRequest['forge'] = {}): string =>
    sealPlayToken({
      payload: Buffer.from(JSON.stringify(payload)),
      encryptionKey: createSecretKey(forge.wrongEncryptionKey ? randomBytes(32) : encryptionKey),
      signingKey: forge.wrongSigningKey
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
        : signer.privateKey,
      ...(forge.jweHeader && { jweHeader: forge.jweHeader }),
      ...(forge.jwsHeader && { jwsHeader: forge.jwsHeader }),
    });

  return {
    packageName,
    certificateSha256: Buffer.from(digest)
      .toString('hex')
      .toUpperCase()
      .replaceAll(/(..)(?=.)/g, '$1:'),
    decryptionKey: encodeBase64(encryptionKey),
    verificationKey: signer.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    createToken(request = {}) {
      const honest = createPayload(
        request,
        packageName,
        encodeBase64Url(digest),
        request.issuedAt ?? clock.now(),
      );
      const payload = request.change ? request.change(honest) : honest;
      const token =
        request.kind === 'standard' ? encodeBase64Url(randomBytes(300)) : seal(payload, request.forge);
      if (isPayload(payload)) payloads.set(token, payload);
      return token;
    },
    findPayload: (token) => payloads.get(token) ?? null,
  };
}

function createPayload(
  request: FakePlayTokenRequest,
  packageName: string,
  certificateSha256Digest: string,
  issuedAt: Date,
): FakePlayPayload {
  const { labels = ALL_LABELS, recognition = 'PLAY_RECOGNIZED', licensing = 'LICENSED' } = request;
  const bindingText = request.bindingText ?? (request.binding && encodeBase64Url(request.binding));
  return {
    requestDetails: {
      requestPackageName: packageName,
      timestampMillis: String(issuedAt.getTime()),
      ...(bindingText !== undefined && {
        [request.kind === 'standard' ? 'requestHash' : 'nonce']: bindingText,
      }),
    },
    appIntegrity: {
      appRecognitionVerdict: recognition,
      ...(recognition !== 'UNEVALUATED' && {
        packageName,
        certificateSha256Digest: [certificateSha256Digest],
        versionCode: String(request.versionCode ?? 42),
      }),
    },
    deviceIntegrity: labels.length === 0 ? {} : { deviceRecognitionVerdict: labels },
    accountDetails: { appLicensingVerdict: licensing },
    ...(request.testing === true && { testingDetails: { isTestingResponse: true } }),
  };
}

function isPayload(value: unknown): value is FakePlayPayload {
  return typeof value === 'object' && value !== null;
}
