import { once } from 'node:events';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { NodeEnv } from '../../examples/hono/adapter.js';
import { OPEN_API, readAnswer, startService } from './running-service.js';
import { SECRET, serviceNames } from './services.js';

const RESOURCE = '/account/resource';
const SENSITIVE = '/account/sensitive';
const CHALLENGES = '/device-trust/v1/challenges';
const BASIC = ['MEETS_BASIC_INTEGRITY'];
const DEVICE = ['MEETS_BASIC_INTEGRITY', 'MEETS_DEVICE_INTEGRITY'];
const internalError = { status: 500, code: 'internal_error' };

describe.each(serviceNames)('the adapter for %s', (name) => {
  it('enrols a device, and hands routes the device and the user', async () => {
    const { enrolledDevice, authorization } = await startService(name);
    const device = await enrolledDevice(DEVICE);
    const answer = await device.send({ path: RESOURCE, headers: authorization });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      device: { deviceId: device.certificate()?.deviceId, tier: 'device' },
      user: { subject: 'alice' },
    });
    expect(await device.send({ path: '/device-trust/v1/device' })).toMatchObject({ status: 200 });
  });

  it('asks for an access token', async () => {
    const { enrolledDevice } = await startService(name);
    const answer = await (await enrolledDevice()).send({ path: RESOURCE });
    expect(answer).toMatchObject({ status: 401, code: 'access_token_missing' });
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it('keeps a bootstrap certificate away from routes', async () => {
    const { bootstrap, authorization } = await startService(name);
    const answer = await bootstrap.send({ path: RESOURCE, headers: authorization });
    expect(answer).toMatchObject({ status: 403, code: 'device_certificate_required' });
  });

  it('lets a device step up after it was refused for its tier', async () => {
    const { backend, enrolledDevice, authorization } = await startService(name);
    const device = await enrolledDevice(BASIC);
    const refused = await device.send({ path: SENSITIVE, headers: authorization });
    expect(refused).toMatchObject({ status: 403, code: 'tier_insufficient', body: { action: 'reattest' } });
    const renewed = await device.renew({
      evidence: ({ binding }) => ({
        provider: 'play-integrity',
        token: backend.play.createToken({ binding, labels: DEVICE }),
      }),
    });
    expect(renewed.status).toBe(201);
    const answer = await device.send({ path: SENSITIVE, headers: authorization });
    expect(answer).toMatchObject({ status: 200, body: { device: { tier: 'device' } } });
  });

  it('notices on an open connection that the device was revoked', async () => {
    const { backend, enrolledDevice, clientOf, authorization } = await startService(name);
    const device = await enrolledDevice();
    const client = clientOf(device);
    expect((await client.send({ path: RESOURCE, headers: authorization })).status).toBe(200);
    await backend.revoke({ deviceId: device.certificate()?.deviceId });
    const answer = await client.send({ path: RESOURCE, headers: authorization });
    expect(answer).toMatchObject({ status: 403, code: 'device_suspended' });
    expect(client.connections()).toBe(1);
  });

  it.each(['/broken', '/broken-later'])('answers the error of %s without its text', async (path) => {
    const { bootstrap } = await startService(name);
    const answer = await bootstrap.send({ path });
    expect(answer).toMatchObject(internalError);
    expect(JSON.stringify(answer)).not.toContain(SECRET);
    expect(JSON.stringify(answer)).not.toContain('.ts');
  });

  it.each(['/unknown', '/device-trust/v1/unknown', '/device-trust'])('knows nothing of %s', async (path) => {
    const { bootstrap } = await startService(name);
    expect((await bootstrap.send({ path })).status).toBe(404);
    expect((await bootstrap.send({ path, body: {} })).status).toBe(404);
  });

  it('answers HEAD as GET, without a body', async () => {
    const { bootstrap, enrolledDevice, authorization } = await startService(name);
    const device = await enrolledDevice();
    const head = (path: string, headers = authorization as Record<string, string>) =>
      device.send({ method: 'HEAD', path, headers });
    expect(await head(RESOURCE)).toMatchObject({ status: 200, body: '' });
    expect(await head(RESOURCE, {})).toMatchObject({ status: 401, body: '' });
    const document = await bootstrap.send({ method: 'HEAD', path: '/device-trust/v1/openapi.yaml' });
    expect(document).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-type': 'application/yaml' },
    });
  });

  it('serves the OpenAPI document over the bootstrap certificate', async () => {
    const { bootstrap } = await startService(name);
    const answer = await bootstrap.send({ path: '/device-trust/v1/openapi.yaml' });
    expect(answer).toMatchObject({ status: 200, body: OPEN_API });
    expect(answer.headers['content-type']).toBe('application/yaml');
  });

  it('leaves the type of a body to the library', async () => {
    const { bootstrap } = await startService(name);
    const headers = { 'content-type': 'text/plain' };
    const answer = await bootstrap.send({ path: CHALLENGES, headers, body: '{"purpose":"enroll"}' });
    expect(answer).toMatchObject({ status: 415, code: 'media_type_unsupported' });
    const broken = await bootstrap.send({ path: CHALLENGES, body: '{"purpose":' });
    expect(broken).toMatchObject({ status: 400, code: 'request_malformed' });
  });

  it('refuses a body that grows above the limit without waiting for its end', async () => {
    const { openRequest } = await startService(name);
    const request = openRequest(CHALLENGES, { headers: { 'content-type': 'application/json' } });
    request.write(Buffer.alloc(64 * 1024 + 1, ' '));
    const answer = await readAnswer(request);
    expect(answer).toMatchObject({ status: 413, body: { code: 'request_too_large' } });
    expect(answer.headers.connection).toBe('close');
  });

  it('refuses a body that says it is above the limit without reading any of it', async () => {
    const { openRequest } = await startService(name);
    const headers = { 'content-type': 'application/json', 'content-length': String(64 * 1024 + 1) };
    const request = openRequest(CHALLENGES, { headers });
    request.flushHeaders();
    const answer = await readAnswer(request);
    expect(answer).toMatchObject({ status: 413, body: { code: 'request_too_large' } });
    expect(answer.headers.connection).toBe('close');
  });

  it('takes a body of just the limit', async () => {
    const { bootstrap } = await startService(name);
    const body = '{"purpose":"enroll"}'.padEnd(64 * 1024, ' ');
    expect((await bootstrap.send({ path: CHALLENGES, body })).status).toBe(201);
  });

  it('outlives a client that goes away in the middle of a body', async () => {
    const { server, bootstrap, openRequest } = await startService(name);
    const request = openRequest(CHALLENGES, { headers: { 'content-type': 'application/json' } });
    request.on('error', () => undefined);
    const arrived = once(server, 'request') as Promise<[NodeJS.EventEmitter]>;
    request.write('{"purpose"');
    const [message] = await arrived;
    message.on('error', () => undefined);
    const gone = new Promise((resolve) => message.once('close', resolve));
    request.destroy();
    await gone;
    const answer = await bootstrap.send({ path: CHALLENGES, body: { purpose: 'enroll' } });
    expect(answer.status).toBe(201);
  });
});

describe.each(['Express 5', 'Express 4', 'Fastify 5', 'Hono'] as const)('a route on %s', (name) => {
  it('that forgot its guard serves nobody', async () => {
    const { enrolledDevice, authorization } = await startService(name);
    const device = await enrolledDevice();
    const answer = await device.send({ path: '/forgotten', headers: authorization });
    expect(answer).toMatchObject(internalError);
    expect(JSON.stringify(answer)).not.toContain('requireDevice');
  });
});

describe('a route on Hono that forgot its guard', () => {
  it('does not compile, and finds no device', async () => {
    const app = new Hono<NodeEnv>();
    app.get('/forgotten', (c) => {
      // @ts-expect-error Only requireDevice gives a route this variable.
      const found: unknown = c.var.device;
      return c.json({ found: found ?? null });
    });
    expect(await (await app.request('/forgotten')).json()).toEqual({ found: null });
  });
});

describe.each(['Express 5', 'Express 4', 'Fastify 5'] as const)('the members of a request on %s', (name) => {
  it('can not be written over', async () => {
    const { bootstrap } = await startService(name);
    expect(await bootstrap.send({ path: '/overwritten' })).toMatchObject(internalError);
  });

  it('do not stand in the way of routes with bodies of their own', async () => {
    const { bootstrap } = await startService(name);
    const large = { text: 'a'.repeat(100 * 1024) };
    expect(await bootstrap.send({ path: '/echo', body: large })).toMatchObject({ status: 200, body: large });
    expect((await bootstrap.send({ path: '/echo', body: '{"text":' })).status).toBe(400);
  });
});
