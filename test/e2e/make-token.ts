// Makes what openssl cannot: tokens. `jwks KEY`, `access KEY SUBJECT`, `play DECRYPTION_KEY SIGNING_KEY BINDING`.

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CompactEncrypt, CompactSign, SignJWT } from 'jose';

const [command, ...rest] = process.argv.slice(2);
const [first = '', second = '', third = ''] = rest;
const read = (path: string) => readFileSync(path, 'utf8');

async function makePlayToken(decryptionKey: string, signingKey: string, nonce: string): Promise<string> {
  const payload = {
    requestDetails: {
      requestPackageName: 'com.example.app',
      nonce,
      timestampMillis: String(new Date().getTime()),
    },
    appIntegrity: {
      appRecognitionVerdict: 'PLAY_RECOGNIZED',
      packageName: 'com.example.app',
      certificateSha256Digest: ['hIO77IJiZlKa_yl7078O-86GZM_2iAXfIHhvjhuSmZ8'],
      versionCode: '42',
    },
    deviceIntegrity: { deviceRecognitionVerdict: ['MEETS_BASIC_INTEGRITY', 'MEETS_DEVICE_INTEGRITY'] },
    accountDetails: { appLicensingVerdict: 'LICENSED' },
  };
  const jws = await new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'ES256' })
    .sign(createPrivateKey(read(signingKey)));
  return new CompactEncrypt(Buffer.from(jws))
    .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM' })
    .encrypt(Buffer.from(read(decryptionKey).trim(), 'base64'));
}

async function make(): Promise<string> {
  switch (command) {
    case 'jwks': {
      const jwk = createPublicKey(read(first)).export({ format: 'jwk' });
      return JSON.stringify({ keys: [{ ...jwk, kid: 'e2e', alg: 'ES256', use: 'sig' }] });
    }
    case 'access':
      return new SignJWT({})
        .setProtectedHeader({ alg: 'ES256', kid: 'e2e' })
        .setIssuer('https://id.example.com')
        .setAudience('https://api.example.com')
        .setSubject(second)
        .setExpirationTime('5 minutes')
        .sign(createPrivateKey(read(first)));
    case 'play':
      return makePlayToken(first, second, third);
    case undefined:
    default:
      throw new Error('jwks, access or play');
  }
}

process.stdout.write(await make());
