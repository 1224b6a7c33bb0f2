import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createJwtAccessTokenVerifier,
  RejectedError,
  systemFetch,
  UnavailableError,
  type AccessTokenVerifier,
  type HttpFetch,
  type JwtAccessTokenVerifierOptions,
} from '../../src/index.js';
import {
  createFakeAuthorizationServer,
  createFakeClock,
  createFakeTokenIssuer,
  type FakeAuthorizationServer,
  type FakeClock,
} from '../../src/testing.js';
import { rejectionOf } from '../thrown-by.js';

const DOWN = { kind: 'reset' } as const;

let clock: FakeClock;
let server: FakeAuthorizationServer;
let verifier: AccessTokenVerifier;

const newVerifier = (more: Partial<JwtAccessTokenVerifierOptions> = {}) =>
  createJwtAccessTokenVerifier({
    issuer: server.issuer,
    audience: server.audience,
    jwks: server.jwksUrl,
    monotonicClock: clock,
    ...more,
  });

/** A token that outlives every test. */
const newToken = () => server.createToken({ subject: 'alice', lifetimeSeconds: 1_000_000 });

/** A token of somebody else, under a key id that nobody has heard of. */
const madeUpToken = (keyId: string) =>
  createFakeTokenIssuer({ keyId, clock }).createToken({ subject: 'mallory', lifetimeSeconds: 1_000_000 });

/** `good`, or the code of the error; the classes are checked with it. */
async function outcomeOf(token: string, by = verifier): Promise<string> {
  try {
    await by.verify(token, clock.now());
    return 'good';
  } catch (error) {
    if (error instanceof RejectedError) expect(error.code).toBe('access_token_invalid');
    else expect(error).toBeInstanceOf(UnavailableError);
    return (error as RejectedError | UnavailableError).code;
  }
}

beforeEach(async () => {
  clock = createFakeClock();
  server = await createFakeAuthorizationServer({ clock });
  verifier = newVerifier();
});

afterEach(() => server.close());

describe('the keys of an issuer', () => {
  it('are fetched when the first token comes, once for all who wait', async () => {
    expect(server.jwksCalls).toBe(0);
    const token = await newToken();
    const release = server.hold();
    const all = Promise.all(Array.from({ length: 50 }, () => outcomeOf(token)));
    await expect.poll(() => server.jwksCalls).toBe(1);
    release();
    expect(new Set(await all)).toEqual(new Set(['good']));
    expect(server.jwksCalls).toBe(1);
  });

  it('are fetched again when they are old: a withdrawn key ends then, and not before', async () => {
    const token = await newToken();
    expect(await outcomeOf(token)).toBe('good');
    server.rotateKeys();
    clock.advance(599);
    expect(await outcomeOf(token)).toBe('good');
    expect(server.jwksCalls).toBe(1);
    clock.advance(1);
    expect(await outcomeOf(token)).toBe('access_token_invalid');
    expect(server.jwksCalls).toBe(2);
  });

  it('do not become young when the time of day is set back', async () => {
    const token = await newToken();
    expect(await outcomeOf(token)).toBe('good');
    server.rotateKeys();
    clock.advance(600);
    clock.set(new Date('2026-01-01T00:00:00Z'));
    expect(await outcomeOf(token)).toBe('access_token_invalid');
  });

  it('are looked for in a newer set when a token names one that is not there', async () => {
    const old = await newToken();
    expect(await outcomeOf(old)).toBe('good');
    server.rotateKeys({ keepOld: true });
    clock.advance(30);
    expect(await outcomeOf(await newToken())).toBe('good');
    expect(await outcomeOf(old)).toBe('good');
    expect(server.jwksCalls).toBe(2);
  });

  it('are looked for once by all who want a new one at the same time', async () => {
    expect(await outcomeOf(await newToken())).toBe('good');
    server.rotateKeys();
    clock.advance(30);
    const token = await newToken();
    const release = server.hold();
    const all = Promise.all(Array.from({ length: 50 }, () => outcomeOf(token)));
    await expect.poll(() => server.jwksCalls).toBe(2);
    release();
    expect(new Set(await all)).toEqual(new Set(['good']));
    expect(server.jwksCalls).toBe(2);
  });

  it('are not fetched more than once per cool-down, whatever key ids somebody makes up', async () => {
    expect(await outcomeOf(await newToken())).toBe('good');
    for (let round = 0; round < 5; round += 1) {
      expect(server.jwksCalls).toBe(1 + round);
      clock.advance(29);
      expect(await outcomeOf(await madeUpToken(`early-${round}`))).toBe('access_token_invalid');
      expect(server.jwksCalls).toBe(1 + round);
      clock.advance(1);
      for (let index = 0; index < 20; index += 1) {
        expect(await outcomeOf(await madeUpToken(`made-up-${round}-${index}`))).toBe('access_token_invalid');
      }
    }
  });

  it('are looked for as often as the options say', async () => {
    verifier = newVerifier({ refreshSeconds: 20, refetchCooldownSeconds: 5 });
    const token = await newToken();
    expect(await outcomeOf(token)).toBe('good');
    clock.advance(5);
    expect(await outcomeOf(await madeUpToken('x'))).toBe('access_token_invalid');
    expect(server.jwksCalls).toBe(2);
    clock.advance(19);
    expect(await outcomeOf(token)).toBe('good');
    expect(server.jwksCalls).toBe(2);
    clock.advance(1);
    expect(await outcomeOf(token)).toBe('good');
    expect(server.jwksCalls).toBe(3);
  });

  it('are refreshed as early as the options say, though they have just come', async () => {
    verifier = newVerifier({ refreshSeconds: 1 });
    const token = await newToken();
    expect(await outcomeOf(token)).toBe('good');
    clock.advance(1);
    expect(await outcomeOf(token)).toBe('good');
    expect(server.jwksCalls).toBe(2);
  });

  it('are not looked for anew when several fit: that is a verdict', async () => {
    server.rotateKeys({ keepOld: true });
    expect(await outcomeOf(await newToken())).toBe('good');
    clock.advance(30);
    const nameless = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.e30.AAAA`;
    expect(await outcomeOf(nameless)).toBe('access_token_invalid');
    expect(server.jwksCalls).toBe(1);
  });

  it('belong to one verifier: two do not share what they know', async () => {
    const other = newVerifier();
    expect(await outcomeOf(await newToken())).toBe('good');
    server.rotateKeys();
    const token = await newToken();
    const [first, second] = await Promise.all([outcomeOf(token), outcomeOf(token, other)]);
    expect([first, second]).toEqual(['access_token_invalid', 'good']);
    expect(server.jwksCalls).toBe(2);
  });
});

describe('while the keys are out of reach', () => {
  it('the last good ones go on counting within the bound, and no longer', async () => {
    const token = await newToken();
    expect(await outcomeOf(token)).toBe('good');
    server.fail(DOWN);
    for (const seconds of [600, 3000]) {
      clock.advance(seconds);
      expect(await outcomeOf(token)).toBe('good');
    }
    clock.advance(1);
    expect(await outcomeOf(token)).toBe('access_token_keys_unavailable');
    clock.advance(1_000_000);
    expect(await outcomeOf(token)).toBe('access_token_keys_unavailable');
  });

  it('the bound is the one that was configured, and never shorter than the age of refreshing', async () => {
    const token = await newToken();
    const short = newVerifier({ refreshSeconds: 10, staleKeysSeconds: 60 });
    const long = newVerifier({ refreshSeconds: 7200 });
    expect([await outcomeOf(token, short), await outcomeOf(token, long)]).toEqual(['good', 'good']);
    server.fail(DOWN);
    clock.advance(60);
    expect(await outcomeOf(token, short)).toBe('good');
    clock.advance(1);
    expect(await outcomeOf(token, short)).toBe('access_token_keys_unavailable');
    clock.advance(7138);
    expect(await outcomeOf(token, long)).toBe('good');
    clock.advance(2);
    expect(await outcomeOf(token, long)).toBe('access_token_keys_unavailable');
  });

  it('a token with a key that is not known is neither good nor bad', async () => {
    expect(await outcomeOf(await newToken())).toBe('good');
    server.fail(DOWN);
    clock.advance(30);
    expect(await outcomeOf(await madeUpToken('x'))).toBe('access_token_keys_unavailable');
    expect(server.jwksCalls).toBe(2);
    // Also for those who come within the cool-down, and without asking for them.
    expect(await outcomeOf(await madeUpToken('y'))).toBe('access_token_keys_unavailable');
    expect(server.jwksCalls).toBe(2);
  });

  it('a token with a bad signature of a known key is bad', async () => {
    expect(await outcomeOf(await newToken())).toBe('good');
    server.fail(DOWN);
    clock.advance(700);
    expect(await outcomeOf(await madeUpToken('key-1'))).toBe('access_token_invalid');
  });

  it('nobody who has keys to go on with waits for an endpoint that is known to be down', async () => {
    const signals: AbortSignal[] = [];
    const fetch: HttpFetch = (url, init) => {
      signals.push(init.signal);
      return systemFetch(url, init);
    };
    verifier = newVerifier({ fetch });
    const token = await newToken();
    expect(await outcomeOf(token)).toBe('good');
    server.fail(DOWN);
    clock.advance(600);
    expect(await outcomeOf(token)).toBe('good');
    expect(server.jwksCalls).toBe(2);
    server.hold();
    clock.advance(5);
    // The endpoint does not answer, and the answer is there all the same.
    expect(await outcomeOf(token)).toBe('good');
    await expect.poll(() => server.jwksCalls).toBe(3);
    expect(await outcomeOf(token)).toBe('good');
    expect(server.jwksCalls).toBe(3);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false]);
  });

  it('an outage of long ago is no reason to go on with old keys', async () => {
    const token = await newToken();
    expect(await outcomeOf(token)).toBe('good');
    server.fail(DOWN);
    clock.advance(600);
    expect(await outcomeOf(token)).toBe('good');
    server.fail(null);
    server.rotateKeys();
    clock.advance(60);
    expect(await outcomeOf(token)).toBe('access_token_invalid');
  });

  it('a token with a new key is decided by the try that is under way', async () => {
    expect(await outcomeOf(await newToken())).toBe('good');
    server.rotateKeys();
    server.fail(DOWN);
    clock.advance(600);
    const fresh = await newToken();
    expect(await outcomeOf(fresh)).toBe('access_token_keys_unavailable');
    server.fail(null);
    clock.advance(5);
    // Within the cool-down, so this one asks for nothing itself.
    expect(await outcomeOf(fresh)).toBe('good');
    expect(server.jwksCalls).toBe(3);
  });

  it('it is tried again every five seconds, not with every request', async () => {
    server.fail(DOWN);
    const token = await newToken();
    for (let index = 0; index < 10; index += 1) {
      expect(await outcomeOf(token)).toBe('access_token_keys_unavailable');
    }
    expect(server.jwksCalls).toBe(1);
    server.fail(null);
    clock.advance(4);
    expect(await outcomeOf(token)).toBe('access_token_keys_unavailable');
    clock.advance(1);
    expect(await outcomeOf(token)).toBe('good');
    expect(server.jwksCalls).toBe(2);
  });

  it('in the middle of a rotation, old tokens are good, new ones undecided; afterwards it is the other way round', async () => {
    const old = await newToken();
    expect(await outcomeOf(old)).toBe('good');
    server.rotateKeys();
    const fresh = await newToken();
    server.fail({ kind: 'answer', status: 503 });
    clock.advance(600);
    expect(await outcomeOf(old)).toBe('good');
    expect(await outcomeOf(fresh)).toBe('access_token_keys_unavailable');
    server.fail(null);
    clock.advance(30);
    // The first one after the outage is decided by the old keys, and brings the new ones.
    await outcomeOf(old);
    expect(await outcomeOf(fresh)).toBe('good');
    expect(await outcomeOf(old)).toBe('access_token_invalid');
  });

  const keyOf = (index: number) => ({ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: String(index) });
  it.each<[string, string]>([
    ['no JSON', 'hello'],
    ['empty', ''],
    ['no object', '[]'],
    ['no JWK set', '{"keys":{}}'],
    ['an error with status 200', '{"error":"later"}'],
    ['a set of things that are no keys', '{"keys":[1]}'],
    ['a set of 101 keys', JSON.stringify({ keys: Array.from({ length: 101 }, (_, index) => keyOf(index)) })],
    ['longer than 256 KiB', JSON.stringify({ keys: [], padding: 'x'.repeat(256 * 1024) })],
  ])('an answer that is %s is no answer', async (_what, body) => {
    const token = await newToken();
    server.fail({ kind: 'answer', status: 200, body });
    expect(await outcomeOf(token)).toBe('access_token_keys_unavailable');
    server.fail(null);
    clock.advance(5);
    expect(await outcomeOf(token)).toBe('good');
    server.fail({ kind: 'answer', status: 200, body });
    clock.advance(600);
    expect(await outcomeOf(token)).toBe('good');
  });

  it.each([201, 204, 301, 304, 400, 401, 404, 429, 500, 503])('status %i is no answer', async (status) => {
    server.fail({ kind: 'answer', status, ...(status === 201 && { body: '{"keys":[]}' }) });
    expect(await outcomeOf(await newToken())).toBe('access_token_keys_unavailable');
  });

  it('a fetch that never ends is given up', async () => {
    const fetch: HttpFetch = () => new Promise(() => undefined);
    const error = await rejectionOf(
      newVerifier({ fetch, timeoutSeconds: 1 }).verify(await newToken(), clock.now()),
    );
    expect(error).toMatchObject({ code: 'access_token_keys_unavailable' });
  });
});

describe('a set of keys', () => {
  it('that is empty has withdrawn them all', async () => {
    const token = await newToken();
    expect(await outcomeOf(token)).toBe('good');
    server.fail({ kind: 'answer', status: 200, body: '{"keys":[]}' });
    clock.advance(600);
    expect(await outcomeOf(token)).toBe('access_token_invalid');
  });

  it('may hold keys that we have no use for', async () => {
    const token = await newToken();
    const { jwks } = createFakeTokenIssuer({ keyId: 'key-1' });
    const strange = [
      { kty: 'oct', k: 'c2VjcmV0', kid: 'key-1' },
      { kty: 'future', kid: 'key-1' },
    ];
    server.fail({ kind: 'answer', status: 200, body: JSON.stringify({ keys: [...strange, ...jwks.keys] }) });
    // The one of our kind is there, and the signature is another's.
    expect(await outcomeOf(token)).toBe('access_token_invalid');
  });

  it('whose key of that name cannot be used gives no verdict', async () => {
    const token = await newToken();
    const broken = { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', kid: 'key-1' };
    server.fail({ kind: 'answer', status: 200, body: JSON.stringify({ keys: [broken] }) });
    expect(await outcomeOf(token)).toBe('access_token_keys_unavailable');
  });
});

describe('what the log is told of keys that are out of reach', () => {
  const answering =
    (status: number, body: string): HttpFetch =>
    async () => ({ status, headers: new Headers(), text: async () => body });
  const failureOf = async (fetch: HttpFetch) =>
    rejectionOf(newVerifier({ fetch, timeoutSeconds: 1 }).verify(await newToken(), clock.now()));

  it.each<[string, HttpFetch]>([
    ['the authorization server could not be asked', () => Promise.reject(new Error('refused'))],
    ['the authorization server answered with status 503', answering(503, '{"keys":[]}')],
    ['the answer of the authorization server is too large', answering(200, 'x'.repeat(256 * 1024 + 1))],
    ['the answer of the authorization server is no JSON object', answering(200, 'null')],
    ['the answer is not a JWK set, or one of too many keys', answering(200, '{"keys":"x"}')],
    ['the answer is not a JWK set, or one of too many keys', answering(200, '{"set":[]}')],
    ['the authorization server did not answer in time', () => new Promise(() => undefined)],
  ])('%s', async (message, fetch) => {
    expect(await failureOf(fetch)).toMatchObject({
      name: 'UnavailableError',
      code: 'access_token_keys_unavailable',
      message: 'the keys for access tokens could not be fetched',
      cause: { name: 'UnavailableError', code: 'access_token_keys_unavailable', message },
    });
  });

  it('and of keys that cannot be used, what jose says of them', async () => {
    const broken = { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', kid: 'key-1' };
    const error = await failureOf(answering(200, JSON.stringify({ keys: [broken] })));
    expect(error).toMatchObject({
      code: 'access_token_keys_unavailable',
      message: 'the keys for access tokens cannot be used',
    });
    expect(error).toHaveProperty('cause.name', 'DataError');
  });
});

describe('the question for keys', () => {
  it('is a GET for a JWK set, and has no body', async () => {
    const calls: Parameters<HttpFetch>[] = [];
    const fetch: HttpFetch = (...call) => {
      calls.push(call);
      return systemFetch(...call);
    };
    expect(await outcomeOf(await newToken(), newVerifier({ fetch }))).toBe('good');
    expect(calls).toStrictEqual([
      [
        server.jwksUrl.href,
        {
          method: 'GET',
          headers: { accept: 'application/jwk-set+json, application/json' },
          signal: expect.any(AbortSignal) as unknown,
        },
      ],
    ]);
  });

  it('may be answered with 100 keys, of 256 KiB', async () => {
    const { jwks } = createFakeTokenIssuer({ keyId: 'other' });
    const others = Array.from({ length: 99 }, (_, index) => ({ kty: 'future', kid: String(index) }));
    const text = JSON.stringify({ keys: [...others, ...jwks.keys], padding: '' });
    const body = text.replace('"padding":""', `"padding":"${'x'.repeat(256 * 1024 - text.length)}"`);
    expect(body).toHaveLength(256 * 1024);
    server.fail({ kind: 'answer', status: 200, body });
    // Taken: it says that there is no key of that name.
    expect(await outcomeOf(await newToken())).toBe('access_token_invalid');
  });
});
