import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  createIntrospectionAccessTokenVerifier,
  RejectedError,
  UnavailableError,
  type AccessTokenVerifier,
  type HttpFetch,
  type IntrospectionAccessTokenVerifierOptions,
} from '../../src/index.js';
import {
  createFakeAuthorizationServer,
  createFakeClock,
  type FakeAuthorizationServer,
  type FakeClock,
} from '../../src/testing.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';

type Options = IntrospectionAccessTokenVerifierOptions;

let clock: FakeClock;
let server: FakeAuthorizationServer;
let verifier: AccessTokenVerifier;

const newVerifier = (more: Partial<Options> = {}) =>
  createIntrospectionAccessTokenVerifier({
    endpoint: server.introspectionUrl,
    credentials: server.client,
    audience: server.audience,
    monotonicClock: clock,
    ...more,
  });

/** `good`, or the code of the error; the classes are checked with it. */
async function outcomeOf(token: string, by = verifier): Promise<string> {
  try {
    await by.verify(token, clock.now());
    return 'good';
  } catch (error) {
    if (error instanceof RejectedError) expect(error.code).toBe('access_token_invalid');
    else expect(error).toMatchObject({ code: 'access_token_introspection_unavailable' });
    if (!(error instanceof RejectedError)) expect(error).toBeInstanceOf(UnavailableError);
    return (error as RejectedError | UnavailableError).code;
  }
}

const INVALID = 'access_token_invalid';
const UNAVAILABLE = 'access_token_introspection_unavailable';

beforeEach(async () => {
  clock = createFakeClock();
  server = await createFakeAuthorizationServer({ clock });
  verifier = newVerifier();
});

afterEach(() => server.close());

describe('an opaque access token', () => {
  it('is good if the authorization server calls it active, and is what it says of it', async () => {
    const cnf = { 'x5t#S256': 'abc' };
    const token = await server.createOpaqueToken({ subject: 'alice', claims: { scope: 'read write', cnf } });
    expect(await verifier.verify(token, clock.now())).toEqual({
      subject: 'alice',
      scopes: ['read', 'write'],
      expiresAt: new Date('2026-01-01T00:05:00Z'),
      claims: {
        token_type: 'Bearer',
        iss: server.issuer,
        aud: server.audience,
        sub: 'alice',
        iat: 1767225600,
        exp: 1767225900,
        scope: 'read write',
        cnf,
      },
    });
  });

  it('may be a JWT', async () => {
    const token = await server.createToken({ subject: 'alice' });
    expect(await outcomeOf(token)).toBe('good');
    server.revoke(token);
    clock.advance(30);
    expect(await outcomeOf(token)).toBe(INVALID);
  });

  it.each<[string, (() => string) | undefined]>([
    ['a token', undefined],
    ['a function that gives one', () => server.bearerToken],
  ])('can be asked about with %s of our own', async (_what, give) => {
    const bearerToken = give === undefined ? server.bearerToken : async () => give();
    const token = await server.createOpaqueToken({ subject: 'alice' });
    expect(await outcomeOf(token, newVerifier({ credentials: { bearerToken } }))).toBe('good');
  });

  it('is sent in the body of a form, and nowhere else', async () => {
    const calls: Parameters<HttpFetch>[] = [];
    const fetch: HttpFetch = async (...call) => {
      calls.push(call);
      return { status: 200, headers: new Headers(), text: async () => '{"active":false}' };
    };
    await outcomeOf('a+b/c=', newVerifier({ fetch, credentials: { clientId: 'a:b', clientSecret: 'é %+' } }));
    expect(calls).toMatchObject([
      [
        server.introspectionUrl.href,
        {
          method: 'POST',
          headers: {
            accept: 'application/json',
            authorization: `Basic ${Buffer.from('a%3Ab:%C3%A9+%25%2B').toString('base64')}`,
            'content-type': 'application/x-www-form-urlencoded',
          },
          body: 'token=a%2Bb%2Fc%3D&token_type_hint=access_token',
        },
      ],
    ]);
  });

  describe('is judged by the response, which is good', () => {
    const SECONDS = 1767225600;
    const answer = () => ({ active: true, aud: server.audience, sub: 'alice', exp: SECONDS + 300 });
    const outcomeFor = (response: object, more: Partial<Options> = {}) => {
      server.fail({ kind: 'answer', status: 200, body: JSON.stringify(response) });
      return outcomeOf('token', newVerifier(more));
    };

    it.each<[string, object]>([
      ['as it is', {}],
      ['with a list of audiences with ours', { aud: ['a', 'https://api.example.com'] }],
      ['with an end within the skew', { exp: SECONDS - 29 }],
      ['with a start within the skew', { nbf: SECONDS + 30 }],
      ['with any iss, if none was asked for', { iss: 'https://somebody.example.com' }],
    ])('%s', async (_what, change) => {
      expect(await outcomeFor({ ...answer(), ...change })).toBe('good');
    });

    it.each<[string, object]>([
      ['active is false', { active: false }],
      ['there is no exp', { exp: undefined }],
      ['exp is text', { exp: '1767225900' }],
      ['exp is beyond all dates', { exp: 1e300 }],
      ['exp has passed', { exp: SECONDS - 30 }],
      ['nbf has not come', { nbf: SECONDS + 31 }],
      ['nbf is text', { nbf: '0' }],
      ['there is no sub', { sub: undefined }],
      ['sub is empty', { sub: '' }],
      ['sub is a number', { sub: 1 }],
      ['there is no aud', { aud: undefined }],
      ['aud is null', { aud: null }],
      ['aud is another', { aud: 'https://api.example.com/' }],
      ['aud is a list of others', { aud: ['a', ['https://api.example.com']] }],
      ['aud is empty', { aud: [] }],
    ])('but not if %s', async (_what, change) => {
      expect(await outcomeFor({ ...answer(), ...change })).toBe(INVALID);
    });

    it('and of the issuer that was asked for', async () => {
      const issuer = 'https://id.example.com';
      expect(await outcomeFor({ ...answer(), iss: issuer }, { issuer })).toBe('good');
      expect(await outcomeFor({ ...answer(), iss: `${issuer}/` }, { issuer })).toBe(INVALID);
      expect(await outcomeFor(answer(), { issuer })).toBe(INVALID);
    });

    it('and without an audience only where that was asked for by its name', async () => {
      const consent = { dangerouslyAcceptMissingAudience: true };
      expect(await outcomeFor({ ...answer(), aud: undefined }, consent)).toBe('good');
      expect(await outcomeFor({ ...answer(), aud: 'another' }, consent)).toBe(INVALID);
      expect(await outcomeFor({ ...answer(), aud: null }, consent)).toBe(INVALID);
      expect(await outcomeFor({ ...answer(), aud: [] }, consent)).toBe(INVALID);
    });

    it('and to the second without any skew', async () => {
      const strict = { clockSkewSeconds: 0 };
      expect(await outcomeFor({ ...answer(), exp: SECONDS + 1, nbf: SECONDS }, strict)).toBe('good');
      expect(await outcomeFor({ ...answer(), exp: SECONDS }, strict)).toBe(INVALID);
      expect(await outcomeFor({ ...answer(), nbf: SECONDS + 1 }, strict)).toBe(INVALID);
    });
  });

  it.each<[string, string]>([
    ['empty', ''],
    ['17 KiB long', 'a'.repeat(17 * 1024)],
    ['two tokens', 'a b'],
    ['a form', 'a&token=b'],
    ['more than one line', 'a\r\nX: y'],
  ])('that is %s is refused unasked', async (_what, token) => {
    expect(await outcomeOf(token)).toBe(INVALID);
    expect(server.introspectionCalls).toBe(0);
  });
});

describe('what is remembered', () => {
  it('saves questions for its time, and not longer: so long may a revoked token go on', async () => {
    const token = await server.createOpaqueToken({ subject: 'alice' });
    expect(await outcomeOf(token)).toBe('good');
    server.revoke(token);
    clock.advance(29);
    expect(await outcomeOf(token)).toBe('good');
    expect(server.introspectionCalls).toBe(1);
    clock.advance(1);
    expect(await outcomeOf(token)).toBe(INVALID);
    expect(server.introspectionCalls).toBe(2);
  });

  it('does not become young when the time of day is set back', async () => {
    const token = await server.createOpaqueToken({ subject: 'alice' });
    expect(await outcomeOf(token)).toBe('good');
    server.revoke(token);
    clock.advance(30);
    clock.set(new Date('2026-01-01T00:00:00Z'));
    expect(await outcomeOf(token)).toBe(INVALID);
  });

  it('is as old as the question, not as the answer', async () => {
    const token = await server.createOpaqueToken({ subject: 'alice' });
    const release = server.hold();
    const asked = outcomeOf(token);
    await expect.poll(() => server.introspectionCalls).toBe(1);
    clock.advance(20);
    release();
    expect(await asked).toBe('good');
    server.revoke(token);
    clock.advance(10);
    expect(await outcomeOf(token)).toBe(INVALID);
  });

  it('does not outlive the token', async () => {
    const token = await server.createOpaqueToken({ subject: 'alice', lifetimeSeconds: 10 });
    expect(await outcomeOf(token)).toBe('good');
    server.fail({ kind: 'reset' });
    clock.advance(10);
    // Our clock may be 30 seconds ahead of the server's; what it says is then still within the skew.
    expect(await outcomeOf(token)).toBe('good');
    expect(await outcomeOf(token, newVerifier({ clockSkewSeconds: 0 }))).toBe(UNAVAILABLE);
    clock.advance(19);
    expect(await outcomeOf(token)).toBe('good');
    clock.set(new Date('2026-01-01T00:00:40Z'));
    expect(await outcomeOf(token)).toBe(INVALID);
  });

  it('may be what is active alone, or what is not, at any time of a process', async () => {
    clock.advance(86_400);
    const token = await server.createOpaqueToken({ subject: 'alice' });
    for (const [more, calls] of [
      [{ cacheSeconds: 0 }, [2, 1]],
      [{ negativeCacheSeconds: 0 }, [1, 2]],
      [{}, [1, 1]],
    ] as const) {
      verifier = newVerifier(more);
      const asked = [];
      for (const [text, outcome] of [
        [token, 'good'],
        ['made-up', INVALID],
      ] as const) {
        const before = server.introspectionCalls;
        expect([await outcomeOf(text), await outcomeOf(text)]).toEqual([outcome, outcome]);
        asked.push(server.introspectionCalls - before);
      }
      expect(asked).toEqual(calls);
    }
  });

  it('is nothing if that was asked for', async () => {
    verifier = newVerifier({ cacheSeconds: 0, negativeCacheSeconds: 0 });
    const token = await server.createOpaqueToken({ subject: 'alice' });
    expect(await outcomeOf(token)).toBe('good');
    server.revoke(token);
    expect(await outcomeOf(token)).toBe(INVALID);
    expect(await outcomeOf(token)).toBe(INVALID);
    expect(server.introspectionCalls).toBe(3);
  });

  it('is of tokens that are not active too, but for a shorter time', async () => {
    for (let index = 0; index < 5; index += 1) expect(await outcomeOf('made-up')).toBe(INVALID);
    expect(server.introspectionCalls).toBe(1);
    clock.advance(10);
    expect(await outcomeOf('made-up')).toBe(INVALID);
    expect(server.introspectionCalls).toBe(2);
  });

  it('tells tokens apart that differ in case or padding only', async () => {
    const token = `x${await server.createOpaqueToken({ subject: 'alice' })}`.slice(1);
    expect(await outcomeOf(token)).toBe('good');
    for (const other of [token.toUpperCase(), `${token}=`, `${token}.`, token.slice(1)]) {
      expect(await outcomeOf(other)).toBe(INVALID);
    }
    expect(await outcomeOf(token)).toBe('good');
    expect(server.introspectionCalls).toBe(5);
  });

  it('is asked for once by all who bring the same token at the same time', async () => {
    const token = await server.createOpaqueToken({ subject: 'alice' });
    const release = server.hold();
    const all = Promise.all(Array.from({ length: 50 }, () => outcomeOf(token)));
    await expect.poll(() => server.introspectionCalls).toBe(1);
    release();
    expect(new Set(await all)).toEqual(new Set(['good']));
    expect(server.introspectionCalls).toBe(1);
  });

  it('cannot be changed by who is given it', async () => {
    const token = await server.createOpaqueToken({ subject: 'alice', claims: { roles: ['user'] } });
    const given = await verifier.verify(token, clock.now());
    (given.claims as { roles: string[] }).roles.push('admin');
    given.expiresAt.setTime(0);
    const again = await verifier.verify(token, clock.now());
    expect(again.claims['roles']).toEqual(['user']);
    expect(again.expiresAt).toEqual(new Date('2026-01-01T00:05:00Z'));
  });

  it('belongs to one verifier: two do not share what they know', async () => {
    const token = await server.createOpaqueToken({ subject: 'alice' });
    const other = newVerifier({ audience: 'https://other.example.com' });
    expect(await Promise.all([outcomeOf(token), outcomeOf(token, other)])).toEqual(['good', INVALID]);
  });

  it('is not pushed out by tokens that somebody makes up', async () => {
    verifier = newVerifier({ cacheCapacity: 4 });
    const token = await server.createOpaqueToken({ subject: 'alice' });
    expect(await outcomeOf(token)).toBe('good');
    for (let index = 0; index < 20; index += 1) await outcomeOf(`made-up-${index}`);
    const calls = server.introspectionCalls;
    expect(await outcomeOf(token)).toBe('good');
    expect(server.introspectionCalls).toBe(calls);
  });

  it('stays bounded with 20,000 tokens, and forgets the oldest', async () => {
    let asked = 0;
    const response = JSON.stringify({ active: true, aud: server.audience, sub: 'alice', exp: 2_000_000_000 });
    const fetch: HttpFetch = async () => {
      asked += 1;
      return { status: 200, headers: new Headers(), text: async () => response };
    };
    verifier = newVerifier({ fetch, cacheCapacity: 1000 });
    for (let index = 0; index < 20_000; index += 1) await verifier.verify(`token-${index}`, clock.now());
    expect(asked).toBe(20_000);
    for (let index = 19_600; index < 20_000; index += 1) await verifier.verify(`token-${index}`, clock.now());
    expect(asked).toBe(20_000);
    for (let index = 0; index < 100; index += 1) await verifier.verify(`token-${index}`, clock.now());
    expect(asked).toBe(20_100);
  });
});

describe('while the authorization server cannot be asked', () => {
  it('what is remembered counts for its time and no longer', async () => {
    const token = await server.createOpaqueToken({ subject: 'alice' });
    expect(await outcomeOf(token)).toBe('good');
    server.fail({ kind: 'reset' });
    clock.advance(29);
    expect(await outcomeOf(token)).toBe('good');
    clock.advance(1);
    expect(await outcomeOf(token)).toBe(UNAVAILABLE);
    server.fail(null);
    expect(await outcomeOf(token)).toBe('good');
  });

  it.each<[string, Parameters<FakeAuthorizationServer['fail']>[0]]>([
    ['it answers 500', { kind: 'answer', status: 500, body: '{"active":true}' }],
    ['it answers 503', { kind: 'answer', status: 503 }],
    [
      'it answers 401: our credentials are refused',
      { kind: 'answer', status: 401, body: '{"active":false}' },
    ],
    ['it answers 400', { kind: 'answer', status: 400, body: '{"active":false}' }],
    ['it answers 201', { kind: 'answer', status: 201, body: '{"active":true}' }],
    ['it answers 302', { kind: 'answer', status: 302 }],
    ['it answers no JSON', { kind: 'answer', status: 200, body: 'active' }],
    ['it answers nothing', { kind: 'answer', status: 200, body: '' }],
    ['it answers a list', { kind: 'answer', status: 200, body: '[{"active":true}]' }],
    ['it does not say active', { kind: 'answer', status: 200, body: '{"sub":"alice"}' }],
    ['active is text', { kind: 'answer', status: 200, body: '{"active":"true"}' }],
    ['active is a number', { kind: 'answer', status: 200, body: '{"active":1}' }],
    ['active is null', { kind: 'answer', status: 200, body: '{"active":null}' }],
    [
      'the answer is longer than 64 KiB',
      { kind: 'answer', status: 200, body: JSON.stringify({ active: false, x: 'x'.repeat(64 * 1024) }) },
    ],
    ['the connection is cut', { kind: 'reset' }],
    ['it says nothing', { kind: 'silence' }],
  ])('there is neither yes nor no: %s', async (_what, failure) => {
    const token = await server.createOpaqueToken({ subject: 'alice' });
    verifier = newVerifier({ timeoutSeconds: 1 });
    server.fail(failure);
    expect(await outcomeOf(token)).toBe(UNAVAILABLE);
    // And nothing of it is remembered.
    server.fail(null);
    expect(await outcomeOf(token)).toBe('good');
  });

  it.each<[string, Options['credentials']]>([
    ['the wrong secret', { clientId: 'api: backend', clientSecret: 'wrong' }],
    ['the wrong token', { bearerToken: 'wrong' }],
    ['no token', { bearerToken: () => Promise.reject(new Error('no token')) }],
    ['a token that is none', { bearerToken: async () => 'a\r\nX: y' }],
    ['a token that never comes', { bearerToken: () => new Promise(() => undefined) }],
  ])('there is neither yes nor no with %s of our own', async (_what, credentials) => {
    const token = await server.createOpaqueToken({ subject: 'alice' });
    expect(await outcomeOf(token, newVerifier({ credentials, timeoutSeconds: 1 }))).toBe(UNAVAILABLE);
  });

  it('a fetch that never ends is given up', async () => {
    const fetch: HttpFetch = () => new Promise(() => undefined);
    expect(await outcomeOf('token', newVerifier({ fetch, timeoutSeconds: 1 }))).toBe(UNAVAILABLE);
  });

  it('no more than so many wait for it', async () => {
    verifier = newVerifier({ maxConcurrentRequests: 2 });
    const tokens = await Promise.all(['a', 'b', 'c'].map((subject) => server.createOpaqueToken({ subject })));
    const [first = '', second = '', third = ''] = tokens;
    const release = server.hold();
    const waiting = [outcomeOf(first), outcomeOf(second)];
    await expect.poll(() => server.introspectionCalls).toBe(2);
    expect(await outcomeOf(third)).toBe(UNAVAILABLE);
    // Who brings a token that is being asked about waits with the others.
    waiting.push(outcomeOf(first));
    release();
    expect(await Promise.all(waiting)).toEqual(['good', 'good', 'good']);
    expect(await outcomeOf(third)).toBe('good');
  });

  it('the error names no token, no secret and nothing of the answer', async () => {
    server.fail({ kind: 'answer', status: 200, body: 'secret-answer' });
    const error = await rejectionOf(verifier.verify('secret-token', clock.now()));
    const texts: string[] = [];
    for (let next: unknown = error; next instanceof Error; next = next.cause) texts.push(next.message);
    expect(texts.join()).not.toMatch(/secret-|%\+/);
    expect(texts.length).toBeGreaterThan(0);
  });
});

describe('the verifier', () => {
  it.each<[string, string, Partial<Options>]>([
    ['plain HTTP to elsewhere', 'endpoint: ', { endpoint: new URL('http://id.example.com/introspect') }],
    ['credentials in the URL', 'endpoint: ', { endpoint: new URL('https://a:b@id.example.com/introspect') }],
    ['an empty audience', 'audience: must not be empty', { audience: '' }],
    ['an empty issuer', 'issuer: must not be empty', { issuer: '' }],
    [
      'an empty client id',
      'credentials.clientId: must not be empty',
      { credentials: { clientId: '', clientSecret: 'x' } },
    ],
    [
      'an empty secret',
      'credentials.clientSecret: must not be empty',
      { credentials: { clientId: 'x', clientSecret: '' } },
    ],
    [
      'an empty token',
      'credentials.bearerToken: is not in the form of a bearer token',
      { credentials: { bearerToken: '' } },
    ],
    [
      'a token with a line break',
      'credentials.bearerToken: is not in the form of a bearer token',
      { credentials: { bearerToken: 'a\nb' } },
    ],
    ['a skew of ten minutes', 'clockSkewSeconds: must be', { clockSkewSeconds: 600 }],
    ['a memory of a day', 'cacheSeconds: must be', { cacheSeconds: 86_400 }],
    [
      'a memory of a day for what is inactive',
      'negativeCacheSeconds: must be',
      { negativeCacheSeconds: 86_400 },
    ],
    ['no room', 'cacheCapacity: must be', { cacheCapacity: 0 }],
    ['nobody to wait', 'maxConcurrentRequests: must be', { maxConcurrentRequests: 0 }],
    ['no time to wait', 'timeoutSeconds: must be', { timeoutSeconds: 0 }],
  ])('refuses %s at creation', (_what, start, change) => {
    const error = thrownBy(() => newVerifier(change));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({
      option: start.slice(0, start.indexOf(':')),
      message: expect.stringContaining(start) as unknown,
    });
  });
});

describe('what the log is told', () => {
  const SECONDS = 1767225600;
  const good = () => ({ active: true, aud: server.audience, sub: 'alice', exp: SECONDS + 300 });

  it.each<[string, object]>([
    ['the authorization server does not call the access token active', { active: false }],
    ['the token is of another issuer', { iss: 'https://other.example.com' }],
    ['the token is for another audience', { aud: 'other' }],
    ['the access token has expired', { exp: SECONDS - 30 }],
    ['the access token does not say when it expires', { exp: '1' }],
    ['the access token does not say when it expires', { exp: null }],
    ['the access token is not valid yet', { nbf: SECONDS + 31 }],
    ['the access token names no subject', { sub: '' }],
  ])('of a token that is refused: %s', async (message, change) => {
    const issuer = 'https://id.example.com';
    const body = JSON.stringify({ iss: issuer, ...good(), ...change });
    server.fail({ kind: 'answer', status: 200, body });
    const error = await rejectionOf(newVerifier({ issuer }).verify('token', clock.now()));
    expect(error).toMatchObject({ code: INVALID, message });
  });

  const answering =
    (body: string, length?: number): HttpFetch =>
    async () => ({
      status: 200,
      headers: new Headers(length === undefined ? {} : { 'content-length': String(length) }),
      text: async () => body,
    });
  const padded = (length: number) => {
    const text = JSON.stringify({ ...good(), padding: '' });
    return text.replace('"padding":""', `"padding":"${'x'.repeat(length - text.length)}"`);
  };

  it.each<[string, () => Partial<Options>]>([
    [
      'the authorization server answered with status 503',
      () => ({ fetch: async (...call) => ({ ...(await answering('{}')(...call)), status: 503 }) }),
    ],
    [
      'the authorization server could not be asked',
      () => ({ fetch: () => Promise.reject(new Error('refused')) }),
    ],
    [
      'the answer of the authorization server is too large',
      () => ({ fetch: answering(padded(64 * 1024 + 1)) }),
    ],
    // Not read at all: its own word is enough.
    [
      'the answer of the authorization server is too large',
      () => ({ fetch: answering(JSON.stringify(good()), 64 * 1024 + 1) }),
    ],
    ['the answer of the authorization server is no JSON object', () => ({ fetch: answering('1') })],
    ['the answer of the authorization server is no JSON object', () => ({ fetch: answering('{') })],
    ['the answer does not say whether the token is active', () => ({ fetch: answering('{}') })],
    [
      'there is no token for the introspection endpoint',
      () => ({ credentials: { bearerToken: () => Promise.reject(new Error('none')) } }),
    ],
    [
      'the token for the introspection endpoint is not in form',
      () => ({ credentials: { bearerToken: async () => 'a b' } }),
    ],
  ])('of a question without an answer: %s', async (message, more) => {
    const error = await rejectionOf(newVerifier(more()).verify('token', clock.now()));
    expect(error).toMatchObject({ code: UNAVAILABLE, message });
  });

  it.each<[string, Partial<Options>]>([
    ['the authorization server could not be asked', { fetch: () => Promise.reject(new Error('underneath')) }],
    [
      'there is no token for the introspection endpoint',
      { credentials: { bearerToken: () => Promise.reject(new Error('underneath')) } },
    ],
  ])('is what was found underneath: %s', async (_message, more) => {
    const error = await rejectionOf(newVerifier(more).verify('token', clock.now()));
    expect(error).toHaveProperty('cause.message', 'underneath');
  });

  it.each<[string, Partial<Options>]>([
    ['the authorization server did not answer in time', { fetch: () => new Promise(() => undefined) }],
    [
      'there was no token for introspection in time',
      { credentials: { bearerToken: () => new Promise(() => undefined) } },
    ],
  ])('of a question that took too long: %s', async (message, more) => {
    const error = await rejectionOf(newVerifier({ timeoutSeconds: 1, ...more }).verify('token', clock.now()));
    expect(error).toMatchObject({ code: UNAVAILABLE, message });
    expect(error).toHaveProperty('cause.name', 'TimeoutError');
  });

  it('is nothing of an answer as long as it may be', async () => {
    const body = padded(64 * 1024);
    expect(body).toHaveLength(64 * 1024);
    expect(await outcomeOf('token', newVerifier({ fetch: answering(body, body.length) }))).toBe('good');
  });

  it('is that too many are being asked about, when one more comes', async () => {
    const fetch: HttpFetch = () => new Promise(() => undefined);
    verifier = newVerifier({ fetch, maxConcurrentRequests: 1, timeoutSeconds: 1 });
    const first = outcomeOf('first');
    const error = await rejectionOf(verifier.verify('second', clock.now()));
    expect(error).toMatchObject({
      code: UNAVAILABLE,
      message: 'too many access tokens are being asked about',
    });
    expect(await first).toBe(UNAVAILABLE);
  });
});
