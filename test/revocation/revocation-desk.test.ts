import { describe, expect, it } from 'vitest';
import {
  createCrlPublisher,
  UnavailableError,
  type HttpRequest,
  type HttpResponse,
} from '../../src/index.js';
import { ConfigurationError } from '../../src/core/errors.js';
import { parseCertificate, parseCrl } from '../../src/x509.js';
import { parsePem } from '../../src/x509/pem.js';
import { thrownBy } from '../thrown-by.js';
import { connectionOf, createBackend, newKey, peerFrom, type Backend } from '../backend.js';

async function get(
  backend: Backend,
  url: string,
  headers: HttpRequest['headers'] = {},
): Promise<HttpResponse | null> {
  const body = (async function* () {})();
  return backend.trust.statusHandler.handle({
    method: 'GET',
    url,
    headers,
    body,
    connection: connectionOf(null),
  });
}

/** Path of the list that a certificate names. */
function crlPathOf(pem: unknown): string {
  const [der = new Uint8Array()] = parsePem(String(pem), 'CERTIFICATE');
  const [point] = parseCertificate(der).extensions.crlDistributionPoints ?? [];
  return new URL(point?.names?.uris[0] ?? '').pathname;
}

async function serialsOn(backend: Backend, path: string): Promise<readonly string[]> {
  const answer = await get(backend, path);
  if (answer?.status !== 200 || typeof answer.body === 'string') throw new Error(`no CRL at ${path}`);
  return [...parseCrl(answer.body).entries()].map(({ serialNumber }) => serialNumber);
}

const fullPath = (backend: Backend) => `/crl/${backend.pki.authority.issuers[0].issuerId}/full.crl`;

describe('the administrative endpoint', () => {
  it.each(['serialNumber', 'deviceId'])('revokes by %s once; again is no error', async (member) => {
    const backend = await createBackend();
    const { body } = await backend.enroll();
    const request = { [member]: body[member], reason: 'privilegeWithdrawn', note: 'ticket 7' };
    expect(await backend.revoke(request)).toMatchObject({ status: 200, body: { revoked: 1 } });
    expect(await backend.revoke(request)).toMatchObject({ status: 200, body: { revoked: 0 } });
    expect(backend.events.find(({ type }) => type === 'revoked')).toMatchObject({
      deviceId: body['deviceId'],
      reason: 'privilegeWithdrawn',
      note: 'ticket 7',
      actor: 'administrator',
    });
  });

  it('takes a serial number as tools print it', async () => {
    const backend = await createBackend();
    const serial = String((await backend.enroll()).body['serialNumber']);
    const printed = serial.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:');
    expect(await backend.revoke({ serialNumber: printed })).toMatchObject({ body: { revoked: 1 } });
  });

  it.each([{ serialNumber: 'abcd' }, { deviceId: '11111111-2222-4333-8444-555555555555' }])(
    'answers %j, which is unknown, with 404',
    async (target) => {
      expect(await (await createBackend()).revoke(target)).toMatchObject({
        status: 404,
        body: { code: 'subject_unknown' },
      });
    },
  );

  it.each([
    {},
    { serialNumber: 'ab', deviceId: 'x' },
    { serialNumber: 7 },
    { publicKeySha256: 'short' },
    { deviceId: 'x', state: 'active' },
    { deviceId: 'x', reason: 'toString' },
    { deviceId: 'x', reason: 'removeFromCRL' },
  ])('answers %j with 400', async (body) => {
    expect(await (await createBackend()).revoke(body)).toMatchObject({
      status: 400,
      body: { code: 'request_malformed' },
    });
  });

  it.each([
    ['no token', {}, 'access_token_missing'],
    ['another token', { authorization: 'Bearer only-administrators-know-thiz' }, 'admin_token_invalid'],
    [
      'the token under another scheme',
      { authorization: 'Basic only-administrators-know-this' },
      'admin_token_invalid',
    ],
  ])('answers %s with 401', async (_what, headers, code) => {
    const backend = await createBackend();
    const answer = await backend.send('POST', '/admin/revocations', { headers, body: { deviceId: 'x' } });
    expect(answer).toMatchObject({ status: 401, body: { code } });
  });

  it('is not there without a token', async () => {
    const { adminToken, ...options } = (await createBackend()).options;
    expect(adminToken).toBeDefined();
    const { createDeviceTrust } = await import('../../src/index.js');
    const body = (async function* () {})();
    const request = {
      method: 'POST',
      url: '/device-trust/v1/admin/revocations',
      headers: {},
      body,
      connection: connectionOf(null),
    };
    expect(await createDeviceTrust(options).handler.handle(request)).toBeNull();
  });
});

describe('a compromised key', () => {
  it.each([
    ['named by a certificate', 'serialNumber', 'key_blocked'],
    ['named by a device, which is banned', 'deviceId', 'device_banned'],
  ])('%s is never certified again', async (_what, member, code) => {
    const backend = await createBackend();
    const key = newKey();
    const { body } = await backend.enroll({ key });
    await backend.revoke({ [member]: body[member], reason: 'keyCompromise' });
    expect((await backend.enroll({ key })).body['code']).toBe(code);
    const status = await backend.stores.revocations.find({
      issuerId: '',
      serialNumber: '',
      deviceId: '',
      publicKeySha256:
        (await backend.stores.certificates.list({ limit: 1 })).records[0]?.publicKeySha256 ?? '',
    });
    expect(status.key).not.toBeNull();
  });
});

describe('the published CRL', () => {
  it('names what is revoked, in the shard of the certificate and in the full list', async () => {
    const backend = await createBackend();
    const { body } = await backend.enroll();
    const path = crlPathOf(body['certificate']);
    expect(await serialsOn(backend, path)).toEqual([]);
    await backend.revoke({ serialNumber: body['serialNumber'] });
    backend.clock.advance(5);
    expect(await serialsOn(backend, path)).toEqual([body['serialNumber']]);
    expect(await serialsOn(backend, fullPath(backend))).toEqual([body['serialNumber']]);
  });

  it('names every living certificate of a banned device and of a blocked key', async () => {
    const backend = await createBackend();
    const key = newKey();
    const first = await backend.enroll({ key });
    const second = await backend.renew({ peer: peerFrom(first) });
    const other = await backend.enroll();
    await backend.revoke({ deviceId: first.body['deviceId'], state: 'banned' });
    const { device } = await backend.authenticate(peerFrom(other));
    await backend.revoke({ publicKeySha256: device.publicKeySha256 });
    backend.clock.advance(5);
    const serials = [first, second, other].map(({ body }) => body['serialNumber']);
    expect([...(await serialsOn(backend, fullPath(backend)))].sort()).toEqual(serials.sort());
  });

  it('keeps the certificates of a device that is reinstated, for they stay revoked', async () => {
    const backend = await createBackend();
    const { body } = await backend.enroll();
    await backend.revoke({ deviceId: body['deviceId'] });
    await backend.administer('POST', `/admin/devices/${String(body['deviceId'])}/reinstate`);
    backend.clock.advance(5);
    expect(await serialsOn(backend, fullPath(backend))).toEqual([body['serialNumber']]);
  });

  it('drops a certificate that has ended, once it was on a list made after its end', async () => {
    const backend = await createBackend();
    const { body } = await backend.enroll({ evidence: null });
    await backend.revoke({ serialNumber: body['serialNumber'] });
    expect(await serialsOn(backend, fullPath(backend))).toHaveLength(1);
    backend.clock.advance(2 * 24 * 3600);
    expect(await serialsOn(backend, fullPath(backend))).toHaveLength(1);
    backend.clock.advance(2 * 3600);
    expect(await serialsOn(backend, fullPath(backend))).toEqual([]);
  });

  it('keeps its number while nothing changes, and only ever counts up', async () => {
    const backend = await createBackend();
    const numbers: bigint[] = [];
    for (let index = 0; index < 3; index++) {
      const answer = await get(backend, fullPath(backend));
      numbers.push(parseCrl(answer?.body as Uint8Array).number ?? 0n);
      backend.clock.advance(index === 0 ? 60 : 1800);
    }
    expect(numbers[1]).toBe(numbers[0]);
    expect(numbers[2]).toBeGreaterThan(numbers[1] ?? 0n);
    backend.clock.advance(-3600 * 24);
    const { body } = await backend.enroll();
    await backend.revoke({ deviceId: body['deviceId'] });
    backend.clock.advance(3600 * 24 + 3600);
    const answer = await get(backend, fullPath(backend));
    expect(parseCrl(answer?.body as Uint8Array).number).toBeGreaterThan(numbers[2] ?? 0n);
  });

  it('carries what caches need, and answers 304 to who has it', async () => {
    const backend = await createBackend();
    const answer = await get(backend, fullPath(backend));
    expect(answer?.headers).toMatchObject({
      'content-type': 'application/pkix-crl',
      'cache-control': 'public, max-age=5, must-revalidate',
      'last-modified': 'Mon, 01 Jun 2026 12:00:00 GMT',
    });
    const again = await get(backend, fullPath(backend), { 'if-none-match': answer?.headers['etag'] });
    expect(again).toMatchObject({ status: 304, body: '' });
  });

  it.each([
    '/crl/0000000000000000000000000000000000000000/0.crl',
    '/issuers/0000000000000000000000000000000000000000.cer',
  ])('is not there for an issuer that is not ours: %s', async (path) => {
    expect(await get(await createBackend(), path)).toMatchObject({ status: 404 });
  });

  it('is not there for a shard beyond the last', async () => {
    const backend = await createBackend();
    const issuer = backend.pki.authority.issuers[0].issuerId;
    expect(await get(backend, `/crl/${issuer}/127.crl`)).toMatchObject({ status: 200 });
    expect(await get(backend, `/crl/${issuer}/128.crl`)).toMatchObject({ status: 404 });
    expect(await get(backend, `/crl/${issuer}/007.crl`)).toBeNull();
  });

  it('serves the issuing CA', async () => {
    const backend = await createBackend();
    const [issuer] = backend.pki.authority.issuers;
    const answer = await get(backend, `/issuers/${issuer.issuerId}.cer`);
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/pkix-cert' } });
    expect(answer?.body).toEqual(issuer.certificate);
  });

  it('is 503 while the log cannot be read, and never an empty list', async () => {
    const { stores, pki, options } = await createBackend();
    const failing = {
      ...stores.revocations,
      listRevoked: async () => {
        throw new UnavailableError('store_unavailable', { message: 'down' });
      },
    };
    const backend = await createBackend({ ...options, stores: { ...stores, revocations: failing } });
    expect(await get(backend, `/crl/${pki.authority.issuers[0].issuerId}/full.crl`)).toMatchObject({
      status: 503,
    });
  });
});

describe('the publisher', () => {
  it.each([
    { shards: 0 },
    { refreshSeconds: 0 },
    { lifetimeSeconds: 59 },
    { refreshSeconds: 40, lifetimeSeconds: 80 },
  ])('refuses %j at creation', async (change) => {
    const { pki, stores } = await createBackend();
    const options = { authority: pki.authority, ...stores, shards: 1, ...change };
    expect(thrownBy(() => createCrlPublisher(options))).toBeInstanceOf(ConfigurationError);
  });
});
