// testing: may import everything; nothing imports it.

import { createCipheriv, randomBytes, sign, type KeyObject } from 'node:crypto';
import { encodeBase64Url } from '../core/bytes.js';

/** Initial value of AES key wrap (RFC 3394 section 2.2.3.1). */
const KEY_WRAP_IV = Buffer.from('a6a6a6a6a6a6a6a6', 'hex');

/** What a token is made of. */
export interface PlayTokenParts {
  /** The payload, as it shall stand inside. */
  readonly payload: Uint8Array;
  /** AES, 32 bytes. */
  readonly encryptionKey: KeyObject;
  /** EC P-256, private. */
  readonly signingKey: KeyObject;
  /** Added to, or put instead of, the members of the JWE header. */
  readonly jweHeader?: object;
  /** Added to, or put instead of, the members of the JWS header. */
  readonly jwsHeader?: object;
}

/**
 * Writes a token as Google does for classic requests: a JWE (A256KW, A256GCM; RFC 7516 section 5.1) around a JWS (ES256;
 * RFC 7515 section 5.1). It is written by hand over `node:crypto`, so that the code under test does not check its own
 * work, and so that headers can be wrong.
 */
export function sealPlayToken(parts: PlayTokenParts): string {
  const header = encodeJson({ alg: 'A256KW', enc: 'A256GCM', ...parts.jweHeader });
  const contentKey = randomBytes(32);
  const iv = randomBytes(12);

  const wrap = createCipheriv('id-aes256-wrap', parts.encryptionKey, KEY_WRAP_IV);
  const wrappedKey = Buffer.concat([wrap.update(contentKey), wrap.final()]);

  const cipher = createCipheriv('aes-256-gcm', contentKey, iv).setAAD(Buffer.from(header));
  const ciphertext = Buffer.concat([cipher.update(signPayload(parts)), cipher.final()]);

  return [header, ...[wrappedKey, iv, ciphertext, cipher.getAuthTag()].map(encodeBase64Url)].join('.');
}

function signPayload({ payload, signingKey, jwsHeader }: PlayTokenParts): string {
  const input = `${encodeJson({ alg: 'ES256', ...jwsHeader })}.${encodeBase64Url(payload)}`;
  const signature = sign('sha256', Buffer.from(input), { key: signingKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${encodeBase64Url(signature)}`;
}

function encodeJson(value: object): string {
  return encodeBase64Url(Buffer.from(JSON.stringify(value)));
}
