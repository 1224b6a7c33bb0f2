import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpFetch } from '../../../src/core/http-fetch.js';
import { systemFetch } from '../../../src/core/http-fetch.js';
import { createGoogleAccessTokenSource } from '../../../src/integrity/play/google-access-token.js';
import { googleDecode } from '../../../src/integrity/play/google-decode.js';
import {
  createFakeGoogleDecodeServer,
  type FakeGoogleDecodeServer,
} from '../../../src/testing/fake-google-decode-server.js';
import { createFakePlay } from '../../../src/testing/fake-play.js';
import { refusalOf } from '../refusal-of.js';

const play = createFakePlay();
const now = new Date('2026-01-01T00:00:00Z');
let server: FakeGoogleDecodeServer;

beforeAll(async () => {
  server = await createFakeGoogleDecodeServer({ play });
});
afterAll(() => server.close());

const askWith = (fetch: HttpFetch, credentials = server.credentials) =>
  refusalOf(() => createGoogleAccessTokenSource({ credentials, fetch })({ refused: null }));

describe('createGoogleAccessTokenSource', () => {
  it('gets an access token for a service account and keeps it', async () => {
    const source = createGoogleAccessTokenSource({ credentials: server.credentials, fetch: systemFetch });
    const before = server.accessTokenCalls;
    const [first, second] = [await source({ refused: null }), await source({ refused: null })];

    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).toBe(first);
    expect(server.accessTokenCalls - before).toBe(1);
  });

  it('gets another one if the one it gave was refused, and only then', async () => {
    const source = createGoogleAccessTokenSource({ credentials: server.credentials, fetch: systemFetch });
    const first = await source({ refused: null });
    const second = await source({ refused: first });

    expect(second).not.toBe(first);
    expect(await source({ refused: first })).toBe(second);
  });

  it('carries a decoding from end to end, also when Google forgets the access token', async () => {
    const decoder = googleDecode({ apiUrl: server.apiUrl, credentials: server.credentials });
    const decode = (token: string) => decoder.decode({ token, packageName: play.packageName, now });
    const [first, second] = [play.createToken(), play.createToken({ kind: 'standard' })];

    expect(await decode(first)).toEqual(play.findPayload(first));
    server.forgetAccessTokens();
    expect(await decode(second)).toEqual(play.findPayload(second));
  });

  it('asks the token endpoint of Google if the key names none', async () => {
    const { client_email, private_key } = server.credentials;
    const asked: string[] = [];
    const source = createGoogleAccessTokenSource({
      credentials: { client_email, private_key },
      fetch: (url, init) => {
        asked.push(url);
        return systemFetch(`${server.apiUrl}/token`, init);
      },
    });

    expect(await source({ refused: null })).toMatch(/^[0-9a-f-]{36}$/);
    expect(asked).toEqual(['https://oauth2.googleapis.com/token']);
  });

  it('says that a refused service account is for the operator', async () => {
    const other = await createFakeGoogleDecodeServer({ play });
    await other.close();
    const stranger = { ...server.credentials, private_key: other.credentials.private_key };

    expect(await askWith(systemFetch, stranger)).toEqual({
      class: 'UnavailableError',
      code: 'provider_misconfigured',
    });
  });

  it('says that a key that is none is for the operator', async () => {
    expect(await askWith(systemFetch, { ...server.credentials, private_key: 'none' })).toEqual({
      class: 'UnavailableError',
      code: 'provider_misconfigured',
    });
  });

  it('says that a network without an answer is an outage', async () => {
    expect(await askWith(() => Promise.reject(new DOMException('aborted', 'AbortError')))).toEqual({
      class: 'UnavailableError',
      code: 'provider_unavailable',
    });
  });

  it('never lets the key or the assertion into a message', async () => {
    const source = createGoogleAccessTokenSource({
      credentials: server.credentials,
      fetch: async () => ({
        status: 400,
        headers: new Headers(),
        text: async () => '{"error":"invalid_grant"}',
      }),
    });
    const error: unknown = await source({ refused: null }).catch((thrown: unknown) => thrown);

    expect(String(error)).not.toMatch(/PRIVATE KEY|eyJ/);
  });
});
