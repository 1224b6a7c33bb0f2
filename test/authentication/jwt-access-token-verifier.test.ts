import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  createJwtAccessTokenVerifier,
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

describe('the verifier', () => {
  it.each<[string, Partial<JwtAccessTokenVerifierOptions>]>([
    ['an empty issuer', { issuer: '' }],
    ['an empty audience', { audience: '' }],
    ['no algorithm', { algorithms: [] }],
    ['a shared secret', { algorithms: ['HS256' as 'ES256'] }],
    ['no signature', { algorithms: ['none' as 'ES256'] }],
    ['keys over plain HTTP from elsewhere', { jwks: new URL('http://id.example.com/jwks') }],
    ['keys that are no JWK set', { jwks: { keys: 'hello' } as unknown as { keys: [] } }],
    ['a clock skew of ten minutes', { clockSkewSeconds: 600 }],
    ['no time to wait', { timeoutSeconds: 0 }],
  ])('refuses %s at creation', (_what, change) => {
    expect(thrownBy(() => verifierOf(issuer.jwks, change))).toBeInstanceOf(ConfigurationError);
  });
});
