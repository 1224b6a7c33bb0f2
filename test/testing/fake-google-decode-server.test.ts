import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConfigurationError } from '../../src/core/errors.js';
import {
  createFakeGoogleDecodeServer,
  type FakeGoogleDecodeServer,
} from '../../src/testing/fake-google-decode-server.js';
import { createFakePlay } from '../../src/testing/fake-play.js';

const play = createFakePlay();
let server: FakeGoogleDecodeServer;

beforeAll(async () => {
  server = await createFakeGoogleDecodeServer({ play });
});
afterAll(() => server.close());
afterEach(() => {
  vi.unstubAllEnvs();
});

async function decode(token: string, change: { path?: string; accessToken?: string } = {}) {
  const { path = `/v1/${play.packageName}:decodeIntegrityToken`, accessToken = server.accessToken } = change;
  const response = await fetch(`${server.apiUrl}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ integrityToken: token }),
  });
  return { status: response.status, body: await response.json() };
}

describe('createFakeGoogleDecodeServer', () => {
  it('decodes tokens of its Play', async () => {
    const token = play.createToken();

    expect(await decode(token)).toEqual({
      status: 200,
      body: { tokenPayloadExternal: play.findPayload(token) },
    });
  });

  it('clears the verdict of a standard token that is decoded again', async () => {
    const token = play.createToken({ kind: 'standard', bindingText: 'hash' });
    await decode(token);

    expect(await decode(token)).toMatchObject({
      status: 200,
      body: {
        tokenPayloadExternal: {
          requestDetails: { requestHash: 'hash' },
          appIntegrity: { appRecognitionVerdict: 'UNEVALUATED' },
          deviceIntegrity: {},
          accountDetails: { appLicensingVerdict: 'UNEVALUATED' },
        },
      },
    });
  });

  it('answers as Google does to what is wrong', async () => {
    const token = play.createToken();

    expect(await decode('garbage')).toMatchObject({
      status: 400,
      body: { error: { status: 'INVALID_ARGUMENT' } },
    });
    expect(await decode(token, { accessToken: 'none' })).toMatchObject({ status: 401 });
    expect(await decode(token, { path: '/v1/a.b:decodeIntegrityToken' })).toMatchObject({ status: 403 });
    expect(await decode(token, { path: `/v1/${play.packageName}` })).toMatchObject({ status: 404 });
  });

  it('gives no access token for an assertion that the service account did not sign', async () => {
    const response = await fetch(`${server.apiUrl}/token`, { method: 'POST', body: 'assertion=e30.e30.AA' });

    expect(response.status).toBe(400);
  });

  it('fails as it is told, once each', async () => {
    const token = play.createToken();
    server.failNext({ kind: 'answer', status: 503 }, { kind: 'reset' });

    expect(await decode(token)).toMatchObject({ status: 503 });
    await expect(decode(token)).rejects.toThrow();
    expect(await decode(token)).toMatchObject({ status: 200 });
  });

  it('fails all calls, or those for one token, until it is told otherwise', async () => {
    const [token, poison] = [play.createToken(), play.createToken()];
    const statuses = async () => [(await decode(token)).status, (await decode(poison)).status];
    server.failFor(poison, { kind: 'answer', status: 500 });
    expect(await statuses()).toEqual([200, 500]);
    server.failAll({ kind: 'answer', status: 503 });
    expect(await statuses()).toEqual([503, 500]);
    server.failFor(poison, null);
    expect(await statuses()).toEqual([503, 503]);
    server.failAll(null);
    expect(await statuses()).toEqual([200, 200]);
  });

  it('is slow, and cuts an answer off in the middle', async () => {
    const token = play.createToken();
    server.failNext({ kind: 'slow', milliseconds: 10 }, { kind: 'truncated' });
    expect(await decode(token)).toMatchObject({ status: 200 });
    await expect(decode(token)).rejects.toThrow();
  });

  it('refuses connections until it is told otherwise, and has the same address then', async () => {
    await server.setDown(true);
    await server.setDown(true);
    await expect(decode('a')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await server.setDown(false);
    await server.setDown(false);
    expect(await decode(play.createToken())).toMatchObject({ status: 200 });
  });

  it('lies as it is told', async () => {
    const [token, other] = [play.createToken(), play.createToken({ bindingText: 'of another request' })];
    const body = JSON.stringify({ tokenPayloadExternal: play.findPayload(other) });
    server.failFor(token, { kind: 'answer', status: 200, body });
    expect((await decode(token)).body).toEqual({ tokenPayloadExternal: play.findPayload(other) });
    server.failFor(token, null);
  });

  it('refuses to start in production', async () => {
    vi.stubEnv('NODE_ENV', 'production');

    await expect(createFakeGoogleDecodeServer({ play })).rejects.toBeInstanceOf(ConfigurationError);
  });
});
