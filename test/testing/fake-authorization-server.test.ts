import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createFakeAuthorizationServer,
  createFakeClock,
  type FakeAuthorizationServer,
} from '../../src/testing.js';

const clock = createFakeClock();
let server: FakeAuthorizationServer;

beforeEach(async () => {
  server = await createFakeAuthorizationServer({ clock });
});

afterEach(() => server.close());

const keyIds = async (): Promise<readonly unknown[]> => {
  const response = await fetch(server.jwksUrl);
  const { keys } = (await response.json()) as { keys: Record<string, unknown>[] };
  return keys.map(({ kid }) => kid);
};
const introspect = (token: string, authorization = `Bearer ${server.bearerToken}`) =>
  fetch(server.introspectionUrl, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams({ token }),
  });

describe('the fake authorization server', () => {
  it('publishes its keys, and rotates them', async () => {
    expect(await keyIds()).toEqual(['key-1']);
    server.rotateKeys({ keepOld: true });
    expect(await keyIds()).toEqual(['key-2', 'key-1']);
    server.rotateKeys();
    expect(await keyIds()).toEqual(['key-3']);
    expect(server.jwksCalls).toBe(3);
  });

  it('says what has become of a token', async () => {
    const token = await server.createOpaqueToken({ subject: 'alice', claims: { scope: 'read' } });
    const response = await introspect(token);
    expect(await response.json()).toMatchObject({ active: true, sub: 'alice', scope: 'read' });
    server.revoke(token);
    expect(await (await introspect(token)).json()).toEqual({ active: false });
    expect(await (await introspect('unknown')).json()).toEqual({ active: false });
    expect(server.introspectionCalls).toBe(3);
  });

  it('calls a token inactive after its end', async () => {
    const token = await server.createOpaqueToken({ subject: 'alice', lifetimeSeconds: 0 });
    expect(await (await introspect(token)).json()).toEqual({ active: false });
  });

  it('lets in only who has its credentials', async () => {
    for (const authorization of ['Bearer wrong', 'Basic YTpi', 'Basic', server.bearerToken]) {
      const response = await introspect('token', authorization);
      expect(response.status).toBe(401);
    }
  });

  it('fails as long as it is told to', async () => {
    server.fail({ kind: 'answer', status: 503, retryAfter: '7' });
    const response = await fetch(server.jwksUrl);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '7']);
    server.fail({ kind: 'reset' });
    await expect(fetch(server.jwksUrl)).rejects.toThrow();
    server.fail(null);
    expect(await keyIds()).toEqual(['key-1']);
  });

  it('lets requests wait until it lets them go', async () => {
    const release = server.hold();
    const waiting = keyIds();
    await expect.poll(() => server.jwksCalls).toBe(1);
    server.rotateKeys();
    release();
    expect(await waiting).toEqual(['key-2']);
    expect(await keyIds()).toEqual(['key-2']);
  });

  it('serves nothing else', async () => {
    const response = await fetch(new URL('/', server.jwksUrl));
    expect(response.status).toBe(404);
  });
});
