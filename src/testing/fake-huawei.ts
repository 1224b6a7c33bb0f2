// testing: may import everything; nothing imports it.

import { constants, sign, type KeyObject } from 'node:crypto';
import { decodeSha256, encodeBase64, sha256 } from '../core/bytes.js';
import { systemClock, type Clock } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import type { HuaweiTokenKind } from '../integrity/huawei/huawei-sysintegrity-verdict.js';
import { createFakeHuaweiPki, type FakeHuaweiChainOptions, type FakeHuaweiPki } from './fake-huawei-pki.js';
import { refuseProduction } from './refuse-production.js';

/** Options of {@link createFakeHuawei}. */
export interface FakeHuaweiOptions {
  /** Default: `com.example.app`. */
  readonly packageName?: string;
  /** SHA-256 of the app's signing certificate, hex or base64. Default: made from the package name. */
  readonly certificateSha256?: string;
  /** Default: `100000001`. */
  readonly appId?: string;
  /** What tokens and certificates are dated by. Default: the clock of the machine. */
  readonly clock?: Clock;
}

/** What a token shall say. Everything left out is as on an intact device. */
export interface FakeHuaweiTokenRequest {
  /** Default: `hms`. */
  readonly kind?: HuaweiTokenKind;
  /** Algorithm of an HMS Core token. Default: `RS256`. */
  readonly algorithm?: 'RS256' | 'PS256';
  /** The bytes the token is bound to: `nonce` becomes base64 of them. */
  readonly binding?: Uint8Array;
  /** Instead of `binding`: the text of `nonce`. Without either there is none. */
  readonly nonce?: string;
  /** Default: true. */
  readonly basicIntegrity?: boolean;
  /** Why `basicIntegrity` is false. Default: `attack`. */
  readonly detail?: readonly string[];
  /** Default: now, by the clock of the fake. */
  readonly issuedAt?: Date;
  /** Has the last word over the payload; whatever it returns is written as JSON. */
  readonly change?: (payload: Record<string, unknown>) => unknown;
  /** A chain as Huawei would never make it. */
  readonly chain?: FakeHuaweiChainOptions;
  /** Has the last word over the certificates in the header, DER. */
  readonly changeCertificates?: (certificates: readonly Uint8Array[]) => readonly Uint8Array[];
  /** Added to, or put instead of, the members of the header. */
  readonly header?: object;
  /** Whether the parts are padded, before they are signed. Default: as in the field, for HMS Core only. */
  readonly padded?: boolean;
  /** Takes the padding away after signing, as a well-meaning proxy might. Default: false. */
  readonly stripPadding?: boolean;
}

/** A fake of the part of Huawei that makes SysIntegrity tokens, with CAs of its own. */
export interface FakeHuawei {
  readonly packageName: string;
  /** Hex. */
  readonly certificateSha256: string;
  readonly appId: string;
  /** Its roots by kind, for the option `roots` of `createHuaweiSysIntegrityProvider`. */
  readonly roots: Readonly<Record<HuaweiTokenKind, readonly string[]>>;
  /** Makes a token as the API on a device does. */
  createToken(request?: FakeHuaweiTokenRequest): string;
}

/**
 * Makes a fake Huawei for tests: real tokens of all three kinds under real chains, made with fresh keys.
 *
 * @throws ConfigurationError in production, or if `certificateSha256` is not a SHA-256
 */
export function createFakeHuawei(options: FakeHuaweiOptions = {}): FakeHuawei {
  refuseProduction('createFakeHuawei');
  const { packageName = 'com.example.app', appId = '100000001', clock = systemClock } = options;
  const digest = options.certificateSha256
    ? decodeSha256(options.certificateSha256)
    : sha256(Buffer.from(`certificate of ${packageName}`));
  if (digest === null) throw new ConfigurationError('certificateSha256', { message: 'must be a SHA-256' });

  const pkis: Readonly<Record<HuaweiTokenKind, FakeHuaweiPki>> = {
    hms: createFakeHuaweiPki('hms', clock),
    harmonyos: createFakeHuaweiPki('harmonyos', clock),
    'harmonyos-enhanced': createFakeHuaweiPki('harmonyos-enhanced', clock),
  };
  const usualChains = new Map<HuaweiTokenKind, ReturnType<FakeHuaweiPki['createChain']>>();

  /** As in the field, tokens of one kind carry the same certificates. */
  function findChain(kind: HuaweiTokenKind, wrong: FakeHuaweiChainOptions | undefined) {
    if (wrong) return pkis[kind].createChain(wrong);
    const chain = usualChains.get(kind) ?? pkis[kind].createChain();
    usualChains.set(kind, chain);
    return chain;
  }

  return {
    packageName,
    certificateSha256: Buffer.from(digest).toString('hex'),
    appId,
    roots: {
      hms: [pkis.hms.root],
      harmonyos: [pkis.harmonyos.root],
      'harmonyos-enhanced': [pkis['harmonyos-enhanced'].root],
    },
    createToken(request = {}) {
      const { kind = 'hms', padded = kind === 'hms' } = request;
      const algorithm = kind === 'hms' ? (request.algorithm ?? 'RS256') : 'ES256';
      const { leafKey, certificates } = findChain(kind, request.chain);
      const honest = createPayload(request, kind, {
        packageName,
        appId,
        digest: encodeBase64(digest),
        issuedAt: request.issuedAt ?? clock.now(),
      });
      const header = {
        alg: algorithm,
        ...(kind !== 'hms' && { typ: 'JWS' }),
        x5c: (request.changeCertificates?.(certificates) ?? certificates).map(encodeBase64),
        ...request.header,
      };
      const input = [header, request.change ? request.change(honest) : honest]
        .map((part) => encodePart(Buffer.from(JSON.stringify(part)), padded))
        .join('.');
      const signature = createSignature(algorithm, Buffer.from(input), leafKey);
      const token = `${input}.${encodePart(signature, padded)}`;
      return request.stripPadding === true ? token.replaceAll('=', '') : token;
    },
  };
}

function createPayload(
  request: FakeHuaweiTokenRequest,
  kind: HuaweiTokenKind,
  app: {
    readonly packageName: string;
    readonly appId: string;
    readonly digest: string;
    readonly issuedAt: Date;
  },
): Record<string, unknown> {
  const { basicIntegrity = true, detail = ['attack'] } = request;
  const nonce = request.nonce ?? (request.binding && encodeBase64(request.binding));
  const verdict = {
    appId: app.appId,
    basicIntegrity,
    ...(!basicIntegrity && { detail }),
    ...(nonce !== undefined && { nonce }),
  };
  if (kind === 'hms') {
    return {
      ...(!basicIntegrity && { advice: 'RESTORE_TO_FACTORY_ROM' }),
      apkCertificateDigestSha256: [app.digest],
      apkDigestSha256: encodeBase64(sha256(Buffer.from('apk'))),
      apkPackageName: app.packageName,
      ...verdict,
      timestampMs: app.issuedAt.getTime(),
    };
  }
  return {
    hapCertificateSha256: app.digest,
    hapBundleName: app.packageName,
    ...verdict,
    timestamp: app.issuedAt.getTime(),
    ...(kind === 'harmonyos-enhanced' && { version: 1 }),
  };
}

function createSignature(
  algorithm: 'RS256' | 'PS256' | 'ES256',
  input: Uint8Array,
  key: KeyObject,
): Uint8Array {
  if (algorithm === 'ES256') return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
  if (algorithm === 'RS256') return sign('sha256', input, key);
  return sign('sha256', input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
}

/** Base64url, padded or not. */
function encodePart(bytes: Uint8Array, padded: boolean): string {
  const text = encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_');
  return padded ? text : text.replaceAll('=', '');
}
