import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemResponse, type HttpRequest } from '../../src/index.js';
import { connectionOf, createBackend, newKey, peerFrom } from '../backend.js';

const KIB = 1024;

function requestTo(url: string, method = 'GET', body: Iterable<Uint8Array> = []): HttpRequest {
  return {
    method,
    url,
    headers: { 'content-type': 'application/json' },
    body: (async function* () {
      yield* body;
    })(),
    connection: connectionOf(null),
  };
}

describe('the handler for devices', () => {
  it('leaves paths that are not its own to others', async () => {
    const { trust } = await createBackend();
    for (const url of [
      '/',
      '/device-trust/v1',
      '/device-trust/v1/certificates/',
      '/device-trust/v2/device',
      '/DEVICE-TRUST/v1/device',
    ]) {
      expect(await trust.handler.handle(requestTo(url))).toBeNull();
    }
  });

  it('passes over a query', async () => {
    const { trust } = await createBackend();
    expect(await trust.handler.handle(requestTo('/device-trust/v1/device?x=1'))).toMatchObject({
      status: 403,
    });
  });

  it('answers a method that an endpoint does not take with 405 and the one it takes', async () => {
    const backend = await createBackend();
    expect(await backend.send('DELETE', '/certificates')).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
      body: { code: 'method_not_allowed' },
    });
  });

  it('answers HEAD as GET, without a body', async () => {
    const backend = await createBackend();
    const peer = peerFrom(await backend.enroll());
    expect(await backend.send('HEAD', '/device', { peer })).toMatchObject({ status: 200, body: null });
  });

  it('tells a device about itself', async () => {
    const backend = await createBackend();
    const enrolled = await backend.enroll();
    const { deviceId, tier, serialNumber, notAfter, renewal } = enrolled.body;
    const answer = await backend.send('GET', '/device', { peer: peerFrom(enrolled) });
    expect(answer).toMatchObject({ status: 200, body: { deviceId, tier, serialNumber, notAfter, renewal } });
  });

  it.each([
    ['POST', '/challenges'],
    ['POST', '/certificates'],
    ['POST', '/certificates/renew'],
    ['GET', '/device'],
  ])('answers %s %s without a client certificate with 403', async (method, path) => {
    const backend = await createBackend();
    expect(await backend.send(method, path, { peer: null })).toMatchObject({
      status: 403,
      body: { code: 'client_certificate_required', action: 'reenroll' },
    });
  });

  it.each([
    ['text that is no JSON', '{"purpose":', 400, 'request_malformed'],
    ['a list', '[]', 400, 'request_malformed'],
    ['null', 'null', 400, 'request_malformed'],
    ['nothing', '', 400, 'request_malformed'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 400, 'request_malformed'],
    ['a purpose that does not exist', '{"purpose":"fun"}', 400, 'request_malformed'],
    [
      'a body of 64 KiB and one byte',
      `{"purpose":"enroll"}${' '.repeat(64 * KIB - 19)}`,
      413,
      'request_too_large',
    ],
  ])('answers %s with a problem', async (_what, body, status, code) => {
    expect(await (await createBackend()).send('POST', '/challenges', { body })).toMatchObject({
      status,
      body: { code },
    });
  });

  it('takes a body of exactly 64 KiB', async () => {
    const body = `{"purpose":"enroll"}${' '.repeat(64 * KIB - 20)}`;
    expect(body).toHaveLength(64 * KIB);
    expect(await (await createBackend()).send('POST', '/challenges', { body })).toMatchObject({
      status: 201,
    });
  });

  it('does not read a body to its end that says how long it is', async () => {
    const backend = await createBackend();
    const headers = { 'content-length': String(64 * KIB + 1) };
    const answer = await backend.send('POST', '/challenges', { body: '{}', headers });
    expect(answer).toMatchObject({ status: 413 });
  });

  it.each(['text/plain', 'application/jsonp', 'multipart/form-data; boundary=application/json', ''])(
    'answers a body of type "%s" with 415',
    async (type) => {
      const backend = await createBackend();
      const answer = await backend.send('POST', '/challenges', {
        body: '{"purpose":"enroll"}',
        headers: { 'content-type': type },
      });
      expect(answer).toMatchObject({ status: 415, body: { code: 'media_type_unsupported' } });
    },
  );

  it('takes parameters of the media type, and members that it does not know', async () => {
    const backend = await createBackend();
    const headers = { 'content-type': 'Application/JSON; charset=utf-8' };
    const body = { purpose: 'enroll', extra: { deep: [1] } };
    expect(await backend.send('POST', '/challenges', { body, headers })).toMatchObject({ status: 201 });
  });

  it.each([
    ['csr', { csr: 7 }],
    ['csr', { csr: '' }],
    ['challenge', { challenge: null }],
    ['evidence', { evidence: [null] }],
    ['evidence', { evidence: { token: 'x' } }],
    ['device', { device: 'x' }],
    ['device.model', { device: { model: 7 } }],
    ['device.model', { device: { model: 'x'.repeat(201) } }],
  ])('answers a request whose %s is not in form with 400', async (_member, change) => {
    const backend = await createBackend();
    const body = { csr: 'x', challenge: 'x', evidence: null, ...change };
    expect(await backend.send('POST', '/certificates', { body })).toMatchObject({
      status: 400,
      body: { code: 'request_malformed' },
    });
  });

  it('says why only if it is told to', async () => {
    const closed = await (await createBackend()).enroll({ play: { labels: [] } });
    expect(closed.body).not.toHaveProperty('reasons');
    const open = await (await createBackend({ exposeReasons: true })).enroll({ play: { labels: [] } });
    expect(open.body).toMatchObject({ code: 'policy_denied', reasons: ['device_reported_compromised'] });
  });

  it('answers whatever comes with JSON of ours, never with the text of an error', async () => {
    const backend = await createBackend();
    await fc.assert(
      fc.asyncProperty(
        fc.json(),
        fc.constantFrom('/challenges', '/certificates', '/certificates/renew'),
        async (body, path) => {
          const answer = await backend.send('POST', path, { body });
          expect([201, 400, 403]).toContain(answer.status);
          expect(JSON.stringify(answer.body)).not.toMatch(/ at |node:|\.ts|Error:/);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('puts no token, key or stack into a refusal or an event', async () => {
    const backend = await createBackend({ exposeReasons: true });
    const key = newKey();
    const challenge = await backend.challenge();
    const evidence = backend.evidenceFor(challenge, key, { labels: [] });
    const answer = await backend.enroll({ key, challenge, evidence });
    const told = JSON.stringify([answer, backend.events]);
    expect(told).not.toContain(evidence['token']);
    expect(told).not.toContain('PRIVATE');
    expect(told).not.toMatch(/ at .+:\d+:\d+/);
  });
});

describe('problem details', () => {
  it('of an error that is not ours say nothing of it', () => {
    const answer = problemResponse(new Error('password=hunter2'));
    expect(answer).toMatchObject({ status: 500, headers: { 'content-type': 'application/problem+json' } });
    expect(answer.body.toString()).not.toContain('hunter2');
  });

  it('of a missing and of a bad access token carry the right challenge (RFC 6750)', async () => {
    const backend = await createBackend();
    const peer = peerFrom(await backend.enroll());
    const answers = await Promise.all(
      [undefined, 'Bearer x'].map((authorization) =>
        backend.trust.authenticator
          .authenticate(connectionOf(peer, authorization === undefined ? {} : { authorization }))
          .catch((error: unknown) => problemResponse(error)),
      ),
    );
    expect(answers).toMatchObject([
      { status: 401, headers: { 'www-authenticate': 'Bearer' } },
      { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } },
    ]);
  });

  it('are errors of the library, each with a type, a title and an action', async () => {
    const backend = await createBackend();
    const { body } = await backend.send('GET', '/device', { peer: null });
    expect(body).toEqual({
      type: 'urn:device-trust:problem:client_certificate_required',
      title: 'The connection carries no client certificate.',
      status: 403,
      code: 'client_certificate_required',
      action: 'reenroll',
    });
  });
});

describe('the OpenAPI document', () => {
  it('is served if there is one, over any certificate of ours or none at all, as YAML', async () => {
    const request = requestTo('/device-trust/v1/openapi.yaml');
    const backend = await createBackend({ openApi: 'openapi: 3.1.0\n' });
    expect(await backend.trust.handler.handle(request)).toEqual({
      status: 200,
      headers: { 'content-type': 'application/yaml' },
      body: 'openapi: 3.1.0\n',
    });
    expect(await (await createBackend()).trust.handler.handle(request)).toBeNull();
  });
});
