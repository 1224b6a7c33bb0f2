import { describe, expect, it } from 'vitest';
import { parseCrl } from '../../src/x509.js';
import { connectionOf, createBackend } from '../backend.js';

describe('the status listener', () => {
  it('serves a delta CRL beside a list that has one, and none beside one that has not', async () => {
    const backend = await createBackend({ crls: { deltas: true } });
    const issuer = backend.pki.authority.issuers[0].issuerId;
    const get = (path: string) =>
      backend.trust.statusHandler.handle({
        method: 'GET',
        url: `/crl/${issuer}/${path}`,
        headers: {},
        body: (async function* () {})(),
        connection: connectionOf(null),
      });
    expect(await get('full.delta.crl')).toMatchObject({ status: 404 });
    const { body } = await backend.enroll();
    await backend.revoke({ deviceId: body['deviceId'] });
    backend.clock.advance(5);
    const list = await get('full.crl');
    const delta = await get('full.delta.crl');
    expect(delta).toMatchObject({ status: 200, headers: { 'content-type': 'application/pkix-crl' } });
    const parsed = parseCrl(delta?.body as Uint8Array);
    expect(parsed.number).toBe(parseCrl(list?.body as Uint8Array).number);
    expect([...parsed.entries()].map(({ serialNumber }) => serialNumber)).toEqual([body['serialNumber']]);
    expect(delta?.headers['etag']).not.toBe(list?.headers['etag']);
  });
});
