// testing: may import everything; nothing imports it.

import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { systemClock, type Clock } from '../core/clock.js';
import { refuseProduction } from './refuse-production.js';

/** How a token differs from a good one. */
export interface FakeAccessToken {
  readonly subject: string;
  /** Default: what the issuer was made with. */
  readonly audience?: string;
  /** Default: what the issuer was made with. */
  readonly issuer?: string;
  /** Default 300. Negative: expired. */
  readonly lifetimeSeconds?: number;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A small authorisation server: one ES256 key and tokens signed with it. */
export interface FakeTokenIssuer {
  readonly issuer: string;
  readonly audience: string;
  /** The public key, as the server would publish it. */
  readonly jwks: { keys: JsonWebKey[] };
  createToken(token: FakeAccessToken): Promise<string>;
}

/** @throws ConfigurationError in production */
export function createFakeTokenIssuer(
  options: {
    readonly issuer?: string;
    readonly audience?: string;
    /** Default `test`. */
    readonly keyId?: string;
    readonly clock?: Clock;
  } = {},
): FakeTokenIssuer {
  refuseProduction('createFakeTokenIssuer');
  const {
    issuer = 'https://id.example.com',
    audience = 'https://api.example.com',
    keyId = 'test',
    clock = systemClock,
  } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    issuer,
    audience,
    jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: 'ES256', use: 'sig' }] },
    createToken(token) {
      const now = Math.floor(clock.now().getTime() / 1000);
      return new SignJWT({ ...token.claims })
        .setProtectedHeader({ alg: 'ES256', kid: keyId, typ: 'at+jwt' })
        .setIssuer(token.issuer ?? issuer)
        .setAudience(token.audience ?? audience)
        .setSubject(token.subject)
        .setIssuedAt(now)
        .setExpirationTime(now + (token.lifetimeSeconds ?? 300))
        .sign(privateKey);
    },
  };
}
