// testing: may import everything; nothing imports it.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { decodeJwt, type JWTPayload } from 'jose';
import { systemClock, type Clock } from '../core/clock.js';
import { createFakeTokenIssuer, type FakeAccessToken } from './fake-token-issuer.js';
import { answerFailure, answerJson, startLoopbackServer, type FakeFailure } from './loopback-server.js';
import { refuseProduction } from './refuse-production.js';

/** An authorization server on this machine: it publishes keys, and answers what has become of a token. */
export interface FakeAuthorizationServer {
  readonly issuer: string;
  readonly audience: string;
  /** For the option `jwks` of `createJwtAccessTokenVerifier`. */
  readonly jwksUrl: URL;
  /** For the option `endpoint` of `createIntrospectionAccessTokenVerifier`. */
  readonly introspectionUrl: URL;
  /** One of two ways to be let in to introspection, for its option `credentials`. */
  readonly client: { readonly clientId: string; readonly clientSecret: string };
  /** The other one. */
  readonly bearerToken: string;
  /** How many times the keys were asked for, whatever was answered. */
  readonly jwksCalls: number;
  /** How many times somebody asked about a token, whatever was answered. */
  readonly introspectionCalls: number;
  /** A JWT, signed with the newest key. */
  createToken(token: FakeAccessToken): Promise<string>;
  /** A token that says nothing by itself. */
  createOpaqueToken(token: FakeAccessToken): Promise<string>;
  /** From now on introspection calls the token inactive. */
  revoke(token: string): void;
  /** Publishes a new key and signs with it; the old ones are withdrawn, or stay published with `keepOld`. */
  rotateKeys(options?: { readonly keepOld?: boolean }): void;
  /** What every request gets from now on; `null`: its answer again. */
  fail(failure: FakeFailure | null): void;
  /** Lets requests wait for their answer, which is made when they are let go by the function returned. */
  hold(): () => void;
  /** Ends all connections and stops. */
  close(): Promise<void>;
}

/**
 * Starts a real HTTP server on 127.0.0.1: `GET /jwks` (RFC 7517) and `POST /introspect` (RFC 7662).
 *
 * @throws ConfigurationError in production
 */
export async function createFakeAuthorizationServer(
  options: { readonly issuer?: string; readonly audience?: string; readonly clock?: Clock } = {},
): Promise<FakeAuthorizationServer> {
  refuseProduction('createFakeAuthorizationServer');
  const { clock = systemClock } = options;
  // Characters that have to be encoded before they go into a Basic header (RFC 6749 section 2.3.1).
  const client = { clientId: 'api: backend', clientSecret: `${randomUUID()}%+&=é` };
  const bearerToken = randomUUID();
  const known = new Map<string, JWTPayload>();
  let keyCount = 1;
  let newest = createFakeTokenIssuer({ ...options, keyId: 'key-1' });
  let published = [...newest.jwks.keys];
  let failure: FakeFailure | null = null;
  let held: Promise<void> = Promise.resolve();
  let jwksCalls = 0;
  let introspectionCalls = 0;

  async function introspect(request: IncomingMessage): Promise<object> {
    const payload = known.get(new URLSearchParams(await text(request)).get('token') ?? '');
    const active = payload !== undefined && clock.now().getTime() < (payload.exp ?? 0) * 1000;
    return active ? { active, token_type: 'Bearer', ...payload } : { active: false };
  }

  function isLetIn({ headers: { authorization = '' } }: IncomingMessage): boolean {
    const [scheme, value = ''] = authorization.split(' ');
    if (scheme === 'Bearer') return value === bearerToken;
    const form = Buffer.from(value, 'base64').toString().split(':');
    const [clientId, clientSecret] = form.map((part) => new URLSearchParams(`v=${part}`).get('v'));
    return scheme === 'Basic' && clientId === client.clientId && clientSecret === client.clientSecret;
  }

  async function createToken(token: FakeAccessToken): Promise<string> {
    const jwt = await newest.createToken(token);
    known.set(jwt, decodeJwt(jwt));
    return jwt;
  }

  const server = await startLoopbackServer(async (request, response, path) => {
    const asksForKeys = request.method === 'GET' && path === '/jwks';
    const asksForToken = request.method === 'POST' && path === '/introspect';
    if (asksForKeys) jwksCalls += 1;
    if (asksForToken) introspectionCalls += 1;
    await held;
    if (failure !== null) answerFailure(response, failure, (status) => ({ error: String(status) }));
    else if (asksForKeys) answerJson(response, 200, { keys: published });
    else if (!asksForToken) answerJson(response, 404, { error: 'not_found' });
    else if (!isLetIn(request)) answerJson(response, 401, { error: 'invalid_client' });
    else answerJson(response, 200, await introspect(request));
  });

  return {
    issuer: newest.issuer,
    audience: newest.audience,
    jwksUrl: new URL(`${server.url}/jwks`),
    introspectionUrl: new URL(`${server.url}/introspect`),
    client,
    bearerToken,
    get jwksCalls() {
      return jwksCalls;
    },
    get introspectionCalls() {
      return introspectionCalls;
    },
    createToken,
    async createOpaqueToken(token) {
      const opaque = randomUUID();
      known.set(opaque, decodeJwt(await newest.createToken(token)));
      return opaque;
    },
    revoke: (token) => {
      known.delete(token);
    },
    rotateKeys({ keepOld = false } = {}) {
      keyCount += 1;
      newest = createFakeTokenIssuer({ ...options, keyId: `key-${keyCount}` });
      published = keepOld ? [...newest.jwks.keys, ...published] : [...newest.jwks.keys];
    },
    fail(next) {
      failure = next;
    },
    hold() {
      let release = (): void => undefined;
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => {
        held = Promise.resolve();
        release();
      };
    },
    close: () => server.close(),
  };
}
