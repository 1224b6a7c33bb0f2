import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError, UnavailableError } from '../../../src/core/errors.js';
import type { HttpFetch } from '../../../src/core/http-fetch.js';
import { googleDecode, type GoogleDecodeOptions } from '../../../src/integrity/play/google-decode.js';
import type { PlayIntegrityDecoder } from '../../../src/integrity/play/play-integrity-decoder.js';
import {
  createFakeGoogleDecodeServer,
  type FakeGoogleDecodeServer,
} from '../../../src/testing/fake-google-decode-server.js';
import { createFakePlay } from '../../../src/testing/fake-play.js';
import { refusalOf, rejectedFor } from '../refusal-of.js';

const play = createFakePlay();
const now = new Date('2026-01-01T00:00:00Z');
const unavailable = (code: string) => ({ class: 'UnavailableError', code });

let server: FakeGoogleDecodeServer;
let decoder: PlayIntegrityDecoder;
let callsBefore: number;

beforeAll(async () => {
  server = await createFakeGoogleDecodeServer({ play });
});
afterAll(() => server.close());
beforeEach(() => {
  decoder = createDecoder();
  callsBefore = server.decodeCalls;
});

function createDecoder(options: GoogleDecodeOptions = {}): PlayIntegrityDecoder {
  return googleDecode({ apiUrl: server.apiUrl, accessToken: async () => server.accessToken, ...options });
}
const decode = (token: string, signal?: AbortSignal) =>
  decoder.decode({ token, packageName: play.packageName, now, ...(signal && { signal }) });
const newCalls = () => server.decodeCalls - callsBefore;

/** A `fetch` that answers by itself and remembers what it was asked. */
function createRecordingFetch(answer: { status: number; body: string; headers?: Record<string, string> }) {
  const requests: Parameters<HttpFetch>[] = [];
  const fetch: HttpFetch = async (...request) => {
    requests.push(request);
    return { status: answer.status, headers: new Headers(answer.headers), text: async () => answer.body };
  };
  return { fetch, requests };
}

describe('googleDecode', () => {
  it.each(['classic', 'standard'] as const)('gives the payload of a %s token', async (kind) => {
    const token = play.createToken({ kind, bindingText: 'a' });

    expect(await decode(token)).toEqual(play.findPayload(token));
  });

  it('speaks as the discovery document of the API says', async () => {
    const { fetch, requests } = createRecordingFetch({
      status: 200,
      body: '{"tokenPayloadExternal":{"a":1}}',
    });
    const own = googleDecode({ fetch, accessToken: async () => 'secret' });

    expect(await own.decode({ token: 'T', packageName: 'com.example.app', now })).toEqual({ a: 1 });
    expect(requests).toEqual([
      [
        'https://playintegrity.googleapis.com/v1/com.example.app:decodeIntegrityToken',
        {
          method: 'POST',
          headers: {
            accept: 'application/json',
            authorization: 'Bearer secret',
            'content-type': 'application/json',
          },
          body: '{"integrityToken":"T"}',
          signal: expect.any(AbortSignal) as AbortSignal,
        },
      ],
    ]);
  });

  it('refuses what Google cannot decode', async () => {
    expect(await refusalOf(() => decode('garbage'))).toEqual(rejectedFor('evidence_undecodable'));
  });

  describe('decodes a token once', () => {
    it('when it comes again, so that the verdict of a standard token is not cleared', async () => {
      const token = play.createToken({ kind: 'standard', bindingText: 'a' });

      expect(await decode(token)).toEqual(play.findPayload(token));
      expect(await decode(token)).toEqual(play.findPayload(token));
      expect(newCalls()).toBe(1);
    });

    it('when it comes several times at once', async () => {
      const token = play.createToken({ kind: 'standard', bindingText: 'a' });
      const payloads = await Promise.all([decode(token), decode(token), decode(token)]);

      expect(payloads).toEqual(Array(3).fill(play.findPayload(token)));
      expect(newCalls()).toBe(1);
    });

    it('when Google cannot decode it', async () => {
      expect(await refusalOf(() => decode('again'))).toEqual(rejectedFor('evidence_undecodable'));
      expect(await refusalOf(() => decode('again'))).toEqual(rejectedFor('evidence_undecodable'));
      expect(newCalls()).toBe(1);
    });

    it('when the first caller gave up', async () => {
      const token = play.createToken({ kind: 'standard', bindingText: 'a' });
      const leaving = new AbortController();
      const first = refusalOf(() => decode(token, leaving.signal));
      leaving.abort();

      expect(await first).toEqual(unavailable('provider_unavailable'));
      expect(await decode(token)).toEqual(play.findPayload(token));
      expect(newCalls()).toBe(1);
    });

    it('but for 10 minutes only', async () => {
      const token = play.createToken();
      await decode(token);
      await decoder.decode({ token, packageName: play.packageName, now: new Date(now.getTime() + 600_000) });

      expect(newCalls()).toBe(2);
    });

    it('but for each package apart', async () => {
      const token = play.createToken();
      await decode(token);

      expect(await refusalOf(() => decoder.decode({ token, packageName: 'a.b', now }))).toEqual(
        unavailable('provider_misconfigured'),
      );
    });
  });

  it('does not call Google for a caller that has gone', async () => {
    const token = play.createToken();

    expect(await refusalOf(() => decode(token, AbortSignal.abort()))).toEqual(
      unavailable('provider_unavailable'),
    );
    expect(newCalls()).toBe(0);
  });

  it.each([
    [{ kind: 'answer', status: 403 }, 'provider_misconfigured'],
    [{ kind: 'answer', status: 404 }, 'provider_misconfigured'],
    [{ kind: 'answer', status: 429 }, 'provider_quota_exhausted'],
    [{ kind: 'answer', status: 500 }, 'provider_unavailable'],
    [{ kind: 'answer', status: 503, body: '<html>' }, 'provider_unavailable'],
    [{ kind: 'answer', status: 200, body: '<html>' }, 'provider_unavailable'],
    [{ kind: 'answer', status: 200, body: `{"a":"${'a'.repeat(70_000)}"}` }, 'provider_unavailable'],
    [{ kind: 'reset' }, 'provider_unavailable'],
  ] as const)(
    'takes %j as %s, tries nothing again by itself, and remembers nothing',
    async (failure, code) => {
      const token = play.createToken();
      server.failNext(failure);

      expect(await refusalOf(() => decode(token))).toEqual(unavailable(code));
      expect(newCalls()).toBe(1);
      expect(await decode(token)).toEqual(play.findPayload(token));
    },
  );

  it('hands on when a new try makes sense', async () => {
    server.failNext({ kind: 'answer', status: 429, retryAfter: '90' });

    await expect(decode(play.createToken())).rejects.toMatchObject({ retryAfterSeconds: 90 });
  });

  it('does not wait longer than its time', async () => {
    decoder = createDecoder({ timeoutSeconds: 0.05 });
    server.failNext({ kind: 'silence' });

    expect(await refusalOf(() => decode(play.createToken()))).toEqual(unavailable('provider_unavailable'));
  });

  it('does not wait longer than its time for a client that does not listen to signals', async () => {
    decoder = createDecoder({ timeoutSeconds: 0.05, fetch: () => new Promise(() => undefined) });
    expect(await refusalOf(() => decode('a'))).toEqual(unavailable('provider_unavailable'));

    decoder = createDecoder({ timeoutSeconds: 0.05, accessToken: () => new Promise(() => undefined) });
    expect(await refusalOf(() => decode('a'))).toEqual(unavailable('provider_unavailable'));
  });

  it('reads no answer that announces to be too large', async () => {
    let read = false;
    const fetch: HttpFetch = async () => ({
      status: 200,
      headers: new Headers({ 'content-length': '65537' }),
      text: async () => {
        read = true;
        return '';
      },
    });
    decoder = createDecoder({ fetch });

    expect(await refusalOf(() => decode('a'))).toEqual(unavailable('provider_unavailable'));
    expect(read).toBe(false);
  });

  it('cannot be reached: provider_unavailable, with the cause and without the tokens', async () => {
    decoder = createDecoder({ apiUrl: 'http://127.0.0.1:1', accessToken: async () => 'secret-access-token' });

    const error: unknown = await decode('secret-integrity-token').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'provider_unavailable', cause: expect.anything() as unknown });
    expect(String(error)).not.toContain('secret');
  });

  describe('with an access token that Google refuses', () => {
    it('asks once for another one', async () => {
      const asked: (string | null)[] = [];
      decoder = createDecoder({
        accessToken: async ({ refused }) => {
          asked.push(refused);
          return refused === null ? 'expired' : server.accessToken;
        },
      });
      const token = play.createToken();

      expect(await decode(token)).toEqual(play.findPayload(token));
      expect(asked).toEqual([null, 'expired']);
      expect(newCalls()).toBe(2);
    });

    it('gives up on the second refusal', async () => {
      decoder = createDecoder({ accessToken: async ({ refused }) => `bad ${refused ?? ''}` });

      expect(await refusalOf(() => decode(play.createToken()))).toEqual(
        unavailable('provider_misconfigured'),
      );
      expect(newCalls()).toBe(2);
    });

    it('gives up at once if there is no other', async () => {
      decoder = createDecoder({ accessToken: async () => 'always the same' });

      expect(await refusalOf(() => decode(play.createToken()))).toEqual(
        unavailable('provider_misconfigured'),
      );
      expect(newCalls()).toBe(1);
    });
  });

  it('takes a source of access tokens that fails as an outage, unless the source knows better', async () => {
    decoder = createDecoder({ accessToken: () => Promise.reject(new Error('no network')) });
    expect(await refusalOf(() => decode('a'))).toEqual(unavailable('provider_unavailable'));

    const misconfigured = new UnavailableError('provider_misconfigured', { message: 'no such account' });
    decoder = createDecoder({ accessToken: () => Promise.reject(misconfigured) });
    expect(await refusalOf(() => decode('a'))).toEqual(unavailable('provider_misconfigured'));
  });

  it.each<[string, GoogleDecodeOptions]>([
    ['apiUrl', { apiUrl: 'playintegrity.googleapis.com' }],
    ['apiUrl', { apiUrl: 'http://playintegrity.googleapis.com' }],
    ['apiUrl', { apiUrl: 'http://127.0.0.1.example.com' }],
    ['apiUrl', { apiUrl: 'ftp://127.0.0.1' }],
    ['apiUrl', { apiUrl: 'https://user@playintegrity.googleapis.com' }],
    ['apiUrl', { apiUrl: 'https://playintegrity.googleapis.com?x' }],
    ['timeoutSeconds', { timeoutSeconds: 0 }],
    ['timeoutSeconds', { timeoutSeconds: 61 }],
    ['timeoutSeconds', { timeoutSeconds: Number.NaN }],
    ['accessToken', { accessToken: async () => '', credentials: { client_email: 'a', private_key: 'b' } }],
  ])('refuses a wrong %s at creation', (option, options) => {
    expect(() => googleDecode(options)).toThrow(ConfigurationError);
    expect(() => googleDecode(options)).toThrow(expect.objectContaining({ option }) as Error);
  });
});
