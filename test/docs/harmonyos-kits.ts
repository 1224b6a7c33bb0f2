import {
  createECDH,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { expect } from 'vitest';
import type { FakeHarmonyOsKeystore } from '../../src/testing.js';
import { encodePem } from '../../src/x509/pem.js';
import type { JsonAnswer } from '../backend.js';

/** Sends over a connection that shows this certificate. */
export type Send = (certificate: string, path: string, body: unknown) => Promise<JsonAnswer>;

const P256_POINT = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');
const SEC1 = [Buffer.from('30310201010420', 'hex'), Buffer.from('a00a06082a8648ce3d030107', 'hex')] as const;
export const BASE_URL = 'https://api.example.com/device-trust/v1';

/** A private key as the crypto kit writes it. */
export function pemOfSec1(scalar: Uint8Array): string {
  const der = Buffer.concat([SEC1[0], scalar, SEC1[1]]).toString('base64');
  return `-----BEGIN EC PRIVATE KEY-----\n${der}\n-----END EC PRIVATE KEY-----\n`;
}

/** A keystore that hands out no private key. The names of its tags are its own affair. */
function createHuks(keystore: FakeHarmonyOsKeystore) {
  const names = new Proxy({}, { get: (_, name) => name });
  const pairs = new Map<string, { readonly privateKey: KeyObject; readonly publicKey: KeyObject }>();
  return {
    HuksTag: names,
    HuksKeyAlg: names,
    HuksKeySize: names,
    HuksKeyPurpose: names,
    HuksKeyDigest: names,
    generateKeyItem: async (alias: string) =>
      void pairs.set(alias, generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    exportKeyItem: async (alias: string) => ({
      outData: new Uint8Array(pairs.get(alias)?.publicKey.export({ format: 'der', type: 'spki' }) ?? []),
    }),
    anonAttestKeyItem: async (
      alias: string,
      {
        properties,
      }: { readonly properties: readonly { readonly tag: string; readonly value: Uint8Array }[] },
    ) => {
      const challenge = properties.find(({ tag }) => tag === 'HUKS_TAG_ATTESTATION_CHALLENGE')?.value;
      const publicKey = pairs.get(alias)?.publicKey.export({ format: 'der', type: 'spki' });
      if (!challenge || !publicKey) throw new Error('there is no challenge or no key');
      const chain = keystore.attestKey({ publicKey, challenge });
      return { certChains: chain.map((der) => encodePem('CERTIFICATE', Buffer.from(der, 'base64'))) };
    },
    initSession: async (alias: string) => ({ handle: alias }),
    finishSession: async (handle: string, { inData }: { inData: Uint8Array }) => {
      const pair = pairs.get(handle);
      if (!pair) throw new Error('there is no such key');
      return { outData: new Uint8Array(sign('sha256', inData, pair.privateKey)) };
    },
  };
}

/** What the kits do, as far as the walk-through asks them. */
export function standIns(options: {
  readonly send: Send;
  readonly token: (nonce: string) => string;
  readonly stored: Map<unknown, unknown>[];
  readonly keystore: FakeHarmonyOsKeystore;
}): Readonly<Record<string, object>> {
  const createMd = () => {
    const hash = createHash('sha256');
    return {
      update: async ({ data }: { data: Uint8Array }) => void hash.update(data),
      digest: async () => ({ data: new Uint8Array(hash.digest()) }),
    };
  };
  const pairOf = (publicKeyInfo: Uint8Array, sec1: Uint8Array) => ({
    pubKey: { getEncoded: () => ({ data: publicKeyInfo }) },
    priKey: { getEncoded: () => ({ data: sec1 }), key: createPrivateKey(pemOfSec1(sec1.subarray(7, 39))) },
  });
  const createAsyKeyGenerator = () => ({
    async generateKeyPair() {
      const pair = createECDH('prime256v1');
      const publicKeyInfo = Buffer.concat([P256_POINT, pair.generateKeys()]);
      const scalar = Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()]).subarray(-32);
      return pairOf(new Uint8Array(publicKeyInfo), new Uint8Array(Buffer.concat([SEC1[0], scalar, SEC1[1]])));
    },
    convertKey: async (publicKey: { data: Uint8Array }, privateKey: { data: Uint8Array }) =>
      pairOf(publicKey.data, privateKey.data),
  });
  const createSign = () => {
    let key: KeyObject | undefined;
    return {
      init: async (privateKey: { key: KeyObject }) => void (key = privateKey.key),
      sign: async ({ data }: { data: Uint8Array }) => {
        if (!key) throw new Error('not initialised');
        return { data: new Uint8Array(sign('sha256', data, key)) };
      },
    };
  };
  class Base64Helper {
    encodeToStringSync(data: Uint8Array): string {
      return Buffer.from(data).toString('base64');
    }
    decodeSync(text: string): Uint8Array {
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw new Error('not padded base64');
      return new Uint8Array(Buffer.from(text, 'base64'));
    }
  }
  class TextEncoderOfKit {
    encodeInto(text: string): Uint8Array {
      return new TextEncoder().encode(text);
    }
  }
  class Request {
    readonly url: string;
    readonly sent: readonly [string, Record<string, string>, string];
    constructor(url: string, method: string, headers: Record<string, string>, content: string) {
      this.url = url;
      this.sent = [method, headers, content];
    }
  }
  const createSession = (configuration: {
    requestConfiguration: { security: { certificate: { content: string; key: string } } };
  }) => {
    const { content, key } = configuration.requestConfiguration.security.certificate;
    if (!new X509Certificate(content).checkPrivateKey(createPrivateKey(key))) throw new Error('wrong key');
    return {
      close: () => undefined,
      async fetch({ url, sent: [method, headers, body] }: Request) {
        expect([method, headers]).toEqual(['POST', { 'content-type': 'application/json' }]);
        const answer = await options.send(content, url.slice(BASE_URL.length), JSON.parse(body));
        return {
          statusCode: answer.status,
          headers: answer.headers,
          toString: () => JSON.stringify(answer.body),
        };
      },
    };
  };
  return {
    '@kit.CryptoArchitectureKit': { cryptoFramework: { createMd, createAsyKeyGenerator, createSign } },
    '@kit.ArkTS': { util: { Base64Helper, TextEncoder: TextEncoderOfKit } },
    '@kit.AssetStoreKit': {
      asset: {
        Tag: { ALIAS: 'alias', SECRET: 'secret', ACCESSIBILITY: 'accessibility', RETURN_TYPE: 'returnType' },
        ReturnType: { ALL: 0 },
        ErrorCode: { NOT_FOUND: 24000002 },
        Accessibility: { DEVICE_FIRST_UNLOCKED: 1 },
        add: async (entry: Map<unknown, unknown>) => void options.stored.push(entry),
        async query(wanted: Map<unknown, unknown>) {
          const alias = Buffer.from(wanted.get('alias') as Uint8Array);
          const found = options.stored.filter((entry) => alias.equals(entry.get('alias') as Uint8Array));
          if (found.length === 0) throw Object.assign(new Error('no such asset'), { code: 24000002 });
          return found;
        },
      },
    },
    '@kit.UniversalKeystoreKit': { huks: createHuks(options.keystore) },
    '@kit.BasicServicesKit': {},
    '@kit.DeviceSecurityKit': {
      safetyDetect: {
        checkSysIntegrity: async ({ nonce }: { nonce: string }) => ({ result: options.token(nonce) }),
      },
    },
    '@kit.RemoteCommunicationKit': { rcp: { Request, createSession } },
  };
}
