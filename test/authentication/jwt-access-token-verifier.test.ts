import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  createJwtAccessTokenVerifier,
  RejectedError,
  UnavailableError,
  type JwtAccessTokenVerifierOptions,
} from '../../src/index.js';
import { createFakeTokenIssuer } from '../../src/testing.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** Serves a JWK set, or whatever else, on loopback. */
async function serve(
  answer: () => { readonly status: number; readonly body: string } | 'silence',
): Promise<URL> {
  const server = createServer((_request, response) => {
    const made = answer();
    if (made === 'silence') return;
    response.writeHead(made.status, { 'content-type': 'application/json' }).end(made.body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return new URL(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/jwks`);
}

const issuer = createFakeTokenIssuer();
const verifierOf = (
  jwks: JwtAccessTokenVerifierOptions['jwks'],
  more: Partial<JwtAccessTokenVerifierOptions> = {},
) => createJwtAccessTokenVerifier({ issuer: issuer.issuer, audience: issuer.audience, jwks, ...more });

describe('access tokens verified with keys of a URL', () => {
  it('are good if a key that is published there signed them; the keys are fetched once', async () => {
    let fetched = 0;
    const jwks = await serve(() => {
      fetched += 1;
      return { status: 200, body: JSON.stringify(issuer.jwks) };
    });
    const verifier = verifierOf(jwks);
    const token = await issuer.createToken({ subject: 'alice', claims: { scope: 'read write' } });
    expect(await verifier.verify(token, new Date())).toMatchObject({
      subject: 'alice',
      scopes: ['read', 'write'],
    });
    await verifier.verify(token, new Date());
    expect(fetched).toBe(1);
  });

  it.each<[string, Parameters<typeof serve>[0]]>([
    ['answers 500', () => ({ status: 500, body: '{}' })],
    ['answers something that is no JWK set', () => ({ status: 200, body: '"hello"' })],
    ['answers something that is no JSON', () => ({ status: 200, body: 'hello' })],
    ['does not answer', () => 'silence'],
  ])('are neither good nor bad while it %s', async (_what, answer) => {
    const verifier = verifierOf(await serve(answer), { timeoutSeconds: 1 });
    const error = await rejectionOf(
      verifier.verify(await issuer.createToken({ subject: 'alice' }), new Date()),
    );
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'access_token_keys_unavailable' });
  });

  it('are bad if their key is not published there', async () => {
    const body = JSON.stringify(createFakeTokenIssuer().jwks).replace('"kid":"test"', '"kid":"other"');
    const verifier = verifierOf(await serve(() => ({ status: 200, body })));
    const error = await rejectionOf(
      verifier.verify(await issuer.createToken({ subject: 'alice' }), new Date()),
    );
    expect(error).toMatchObject({ code: 'access_token_invalid' });
  });
});

describe('an access token', () => {
  const NOW = new Date('2026-06-01T12:00:00Z');
  const SECONDS = NOW.getTime() / 1000;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwkOf = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid });
  const jwks = { keys: [jwkOf(rsa.publicKey, 'rsa'), jwkOf(ec.publicKey, 'ec')] };
  const good = {
    iss: issuer.issuer,
    aud: issuer.audience,
    sub: 'alice',
    iat: SECONDS,
    exp: SECONDS + 300,
  };
  const header = { alg: 'ES256', kid: 'ec', typ: 'at+jwt' };

  const base64Url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  /** Any header over any claims, with a good signature of the EC key (or of whoever signs). */
  function forge(
    protectedHeader: object,
    claims: object,
    signer: (input: Buffer) => Buffer = (input) =>
      sign('sha256', input, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }),
  ): string {
    const input = `${base64Url(protectedHeader)}.${base64Url(claims)}`;
    return `${input}.${signer(Buffer.from(input)).toString('base64url')}`;
  }
  const without = (claim: keyof typeof good) =>
    Object.fromEntries(Object.entries(good).filter(([name]) => name !== claim));
  const verify = (token: string, more: Partial<JwtAccessTokenVerifierOptions> = {}) =>
    verifierOf(jwks, more).verify(token, NOW);

  it.each<[string, object]>([
    ['a list of audiences with ours', { aud: ['https://other.example.com', issuer.audience] }],
    ['an end that our clock has just passed', { exp: SECONDS - 29 }],
    ['a start that our clock has not quite reached', { nbf: SECONDS + 30 }],
  ])('is good with %s', async (_what, change) => {
    expect(await verify(forge(header, { ...good, ...change }))).toMatchObject({ subject: 'alice' });
  });

  it('says what is in it', async () => {
    const claims = { ...good, scope: ' read  write ', cnf: { jkt: 'x' } };
    expect(await verify(forge(header, claims))).toEqual({
      subject: 'alice',
      scopes: ['read', 'write'],
      expiresAt: new Date('2026-06-01T12:05:00Z'),
      claims,
    });
    expect(await verify(forge(header, { ...good, scope: ['read'] }))).toMatchObject({ scopes: [] });
  });

  it.each<[string, () => string]>([
    ['no exp', () => forge(header, without('exp'))],
    ['an exp that is text', () => forge(header, { ...good, exp: String(good.exp) })],
    ['an exp beyond all dates', () => forge(header, { ...good, exp: 1e300 })],
    ['an exp that our clock has passed', () => forge(header, { ...good, exp: SECONDS - 30 })],
    ['an nbf that is not reached', () => forge(header, { ...good, nbf: SECONDS + 31 })],
    ['an nbf that is text', () => forge(header, { ...good, nbf: '0' })],
    ['no aud', () => forge(header, without('aud'))],
    ['another aud', () => forge(header, { ...good, aud: `${issuer.audience}/` })],
    ['a list of other audiences', () => forge(header, { ...good, aud: ['a', 'b'] })],
    ['no iss', () => forge(header, without('iss'))],
    ['another iss', () => forge(header, { ...good, iss: 'https://id.example.com/' })],
    ['no sub', () => forge(header, without('sub'))],
    ['an empty sub', () => forge(header, { ...good, sub: '' })],
    ['a sub that is a number', () => forge(header, { ...good, sub: 1 })],
    ['claims that are a list', () => forge(header, [good])],
    ['alg none', () => forge({ ...header, alg: 'none' }, good, () => Buffer.alloc(0))],
    ['alg None', () => forge({ ...header, alg: 'None' }, good, () => Buffer.alloc(0))],
    ['no alg', () => forge({ kid: 'ec', typ: 'at+jwt' }, good)],
    ['no signature', () => forge(header, good, () => Buffer.alloc(0))],
    ['a signature of zeros (CVE-2022-21449)', () => forge(header, good, () => Buffer.alloc(64))],
    ['a DER signature', () => forge(header, good, (input) => sign('sha256', input, ec.privateKey))],
    [
      'HS256 with the public key for its secret',
      () =>
        forge({ ...header, alg: 'HS256', kid: 'rsa' }, good, (input) =>
          createHmac('sha256', rsa.publicKey.export({ format: 'pem', type: 'spki' }))
            .update(input)
            .digest(),
        ),
    ],
    [
      'an algorithm that is not accepted, though the key fits',
      () =>
        forge({ ...header, alg: 'RS512', kid: 'rsa' }, good, (input) =>
          sign('sha512', input, rsa.privateKey),
        ),
    ],
    ['an algorithm that does not fit the key', () => forge({ ...header, alg: 'RS256' }, good)],
    ['a key id that is a number', () => forge({ ...header, kid: 1 }, good)],
    [
      'its own key in the header',
      () => {
        const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        return forge({ ...header, jwk: own.publicKey.export({ format: 'jwk' }) }, good, (input) =>
          sign('sha256', input, { key: own.privateKey, dsaEncoding: 'ieee-p1363' }),
        );
      },
    ],
    [
      'its own key in the header, and no key id',
      () => {
        const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        const jwk = own.publicKey.export({ format: 'jwk' });
        return forge(
          { alg: 'ES256', jwk, jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/' },
          good,
          (input) => sign('sha256', input, { key: own.privateKey, dsaEncoding: 'ieee-p1363' }),
        );
      },
    ],
    ['an extension that must be understood', () => forge({ ...header, crit: ['mine'], mine: true }, good)],
    ['an empty list of extensions', () => forge({ ...header, crit: [] }, good)],
    ['an unencoded payload', () => forge({ ...header, crit: ['b64'], b64: false }, good)],
    ['the type of a logout token', () => forge({ ...header, typ: 'logout+jwt' }, good)],
    ['the type of a DPoP proof', () => forge({ ...header, typ: 'dpop+jwt' }, good)],
    ['a type that is a number', () => forge({ ...header, typ: 1 }, good)],
    ['a type that is empty', () => forge({ ...header, typ: '' }, good)],
    ['two parts', () => forge(header, good).split('.').slice(0, 2).join('.')],
    ['five parts', () => 'a.b.c.d.e'],
    ['no JSON in it', () => 'YQ.YQ.YQ'],
    ['17 KiB', () => forge(header, { ...good, padding: 'x'.repeat(17 * 1024) })],
    ['a line break', () => `${forge(header, good)}\n`],
  ])('is bad with %s', async (_what, make) => {
    const error = await rejectionOf(verify(make()));
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({ code: 'access_token_invalid' });
  });

  it('holds to the second without any skew', async () => {
    const strict = { clockSkewSeconds: 0 };
    await verify(forge(header, { ...good, exp: SECONDS + 1, nbf: SECONDS }), strict);
    for (const change of [{ exp: SECONDS }, { nbf: SECONDS + 1 }]) {
      const error = await rejectionOf(verify(forge(header, { ...good, ...change }), strict));
      expect(error).toMatchObject({ code: 'access_token_invalid' });
    }
  });

  it.each<[string, object]>([
    ['at+jwt', { typ: 'at+jwt' }],
    ['application/at+jwt', { typ: 'application/at+JWT' }],
    ['JWT', { typ: 'jwt' }],
    ['none', { typ: undefined }],
  ])('may have the type %s', async (_what, change) => {
    expect(await verify(forge({ ...header, ...change }, good))).toMatchObject({ subject: 'alice' });
  });

  it.each<[string, object]>([
    ['JWT', { typ: 'JWT' }],
    ['none', { typ: undefined }],
  ])('may not have the type %s where only at+jwt is accepted', async (_what, change) => {
    const strict = { types: ['application/at+jwt'] };
    await verify(forge(header, good), strict);
    const error = await rejectionOf(verify(forge({ ...header, ...change }, good), strict));
    expect(error).toMatchObject({ code: 'access_token_invalid' });
  });

  it('must say which key, if there are several that fit', async () => {
    const second = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const several = { keys: [...jwks.keys, jwkOf(second.publicKey, 'second')] };
    const error = await rejectionOf(verifierOf(several).verify(forge({ alg: 'ES256' }, good), NOW));
    expect(error).toMatchObject({ code: 'access_token_invalid' });
    expect(await verify(forge({ alg: 'ES256' }, good))).toMatchObject({ subject: 'alice' });
  });

  it.each<[string, string, string | undefined, () => string]>([
    [
      'has expired',
      'the access token is not good',
      'ERR_JWT_EXPIRED',
      () => forge(header, { ...good, exp: 1 }),
    ],
    [
      'has no end',
      'the access token is not good',
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
      () => forge(header, without('exp')),
    ],
    [
      'has no subject',
      'the access token is not good',
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
      () => forge(header, without('sub')),
    ],
    [
      'ends beyond all dates',
      'the access token does not say when it expires',
      undefined,
      () => forge(header, { ...good, exp: 1e300 }),
    ],
    ['has an empty subject', 'the access token names no subject', undefined, () => forge(header, { ...good, sub: '' })], // prettier-ignore
    [
      'is of another type',
      'the token is of another type',
      undefined,
      () => forge({ ...header, typ: 'x' }, good),
    ],
    [
      'has a type that only contains ours',
      'the token is of another type',
      undefined,
      () => forge({ ...header, typ: 'x-application/at+jwt' }, good),
    ],
    [
      'has a type that only begins like ours',
      'the token is of another type',
      undefined,
      () => forge({ ...header, typ: 'at+application/jwt' }, good),
    ],
    ['is no token', 'the bearer token is not in form', undefined, () => 'a b'],
  ])('that %s is told so in the log', async (_what, message, underneath, make) => {
    const error = await rejectionOf(verify(make()));
    expect(error).toMatchObject({ code: 'access_token_invalid', message });
    expect((error as Error).cause).toEqual(
      underneath === undefined ? undefined : expect.objectContaining({ code: underneath }),
    );
  });

  it('may end with the last second that there is', async () => {
    expect(await verify(forge(header, { ...good, exp: 8.64e12 }))).toMatchObject({
      expiresAt: new Date(8.64e15),
    });
  });

  it('is refused without a word of what was in it', async () => {
    const token = forge(header, { ...good, exp: 1 });
    const error = await rejectionOf(verify(token));
    expect((error as Error).message).not.toContain(token.slice(0, 20));
  });
});

const AMONG = 'must be among ES256, ES384, PS256, PS384, PS512, RS256, RS384, RS512, EdDSA, Ed25519';

describe('the verifier', () => {
  it.each<[string, string, Partial<JwtAccessTokenVerifierOptions>]>([
    ['an empty issuer', 'issuer: must not be empty', { issuer: '' }],
    ['an empty audience', 'audience: must not be empty', { audience: '' }],
    ['no algorithm', `algorithms: ${AMONG}`, { algorithms: [] }],
    ['a shared secret', `algorithms: ${AMONG}`, { algorithms: ['HS256' as 'ES256'] }],
    ['no signature', `algorithms: ${AMONG}`, { algorithms: ['none' as 'ES256'] }],
    ['a shared secret beside a key', `algorithms: ${AMONG}`, { algorithms: ['ES256', 'HS256' as 'ES256'] }],
    [
      'keys over plain HTTP from elsewhere',
      'jwks: must be an https: URL, or an http: one on this machine',
      { jwks: new URL('http://id.example.com/jwks') },
    ],
    [
      'keys that are no JWK set',
      'jwks: is not a JWK set',
      { jwks: { keys: 'hello' } as unknown as { keys: [] } },
    ],
    ['a clock skew of ten minutes', 'clockSkewSeconds: must be', { clockSkewSeconds: 600 }],
    ['no time to wait', 'timeoutSeconds: must be', { timeoutSeconds: 0 }],
    ['no types', 'types: must name at least one type', { types: [] }],
    ['an empty type', 'types: must name at least one type', { types: ['application/'] }],
    ['a type that is none', 'types: must name at least one type', { types: [1 as unknown as string] }],
    ['keys that are never refreshed', 'refreshSeconds: must be', { refreshSeconds: 100_000 }],
    ['no cool-down', 'refetchCooldownSeconds: must be', { refetchCooldownSeconds: 0 }],
    [
      'stale keys that are younger than fresh ones',
      'staleKeysSeconds: must be',
      { refreshSeconds: 600, staleKeysSeconds: 599 },
    ],
    ['a URL with credentials', 'jwks: ', { jwks: new URL('https://user:secret@id.example.com/jwks') }],
    ['a URL of another kind', 'jwks: ', { jwks: new URL('file:///etc/jwks.json') }],
  ])('refuses %s at creation', (_what, start, change) => {
    const error = thrownBy(() => verifierOf(issuer.jwks, change));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({
      option: start.slice(0, start.indexOf(':')),
      message: expect.stringContaining(start) as unknown,
    });
  });

  it('keeps what is wrong with keys that are no JWK set', () => {
    const jwks = { keys: 'hello' } as unknown as { keys: [] };
    expect(thrownBy(() => verifierOf(jwks))).toHaveProperty('cause.code', 'ERR_JWKS_INVALID');
  });
});
