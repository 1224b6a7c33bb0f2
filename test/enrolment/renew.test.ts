import { describe, expect, it } from 'vitest';
import { rejectionOf } from '../thrown-by.js';
import { createBackend, newKey, peerFrom } from '../backend.js';

describe('renewal', () => {
  it.each(['the same key', 'a new key'])('gives the same device a new certificate for %s', async (which) => {
    const backend = await createBackend();
    const key = newKey();
    const first = await backend.enroll({ key });
    const second = await backend.renew({
      peer: peerFrom(first),
      key: which === 'the same key' ? key : newKey(),
    });
    expect(second).toMatchObject({ status: 201, body: { deviceId: first.body['deviceId'] } });
    expect(second.body['serialNumber']).not.toBe(first.body['serialNumber']);
    expect(backend.events.at(-1)).toMatchObject({ type: 'certificate_issued', action: 'renew' });
  });

  it('leaves the old certificate working until the new one is first used', async () => {
    const backend = await createBackend();
    const first = await backend.enroll();
    const second = await backend.renew({ peer: peerFrom(first) });
    await backend.authenticate(peerFrom(first));
    await backend.authenticate(peerFrom(second));
    await backend.authenticate(peerFrom(second));
    const error = await rejectionOf(backend.authenticate(peerFrom(first)));
    expect(error).toMatchObject({ code: 'certificate_superseded' });
    expect(await backend.send('GET', '/device', { peer: peerFrom(first) })).toMatchObject({
      status: 403,
      body: { code: 'certificate_superseded', action: 'reenroll' },
    });
  });

  it('counts a look at the device as a use', async () => {
    const backend = await createBackend();
    const first = await backend.enroll();
    const second = await backend.renew({ peer: peerFrom(first) });
    expect(await backend.send('GET', '/device', { peer: peerFrom(second) })).toMatchObject({ status: 200 });
    expect(await rejectionOf(backend.authenticate(peerFrom(first)))).toMatchObject({
      code: 'certificate_superseded',
    });
  });

  it('needs a device certificate: a bootstrap certificate is not enough', async () => {
    const backend = await createBackend();
    const challenge = await backend.challenge('renew');
    expect(await backend.renew({ peer: backend.bootstrap, challenge })).toMatchObject({
      status: 403,
      body: { code: 'device_certificate_required', action: 'reenroll' },
    });
  });

  it('works with a certificate that has expired, until the grace has passed', async () => {
    const backend = await createBackend({ graceSeconds: 1000 });
    const peer = peerFrom(await backend.enroll());
    const { body } = await backend.send('GET', '/device', { peer });
    const secondsToEnd =
      (new Date(String(body['notAfter'])).getTime() - backend.clock.now().getTime()) / 1000;
    backend.clock.advance(secondsToEnd + 1);
    expect(await rejectionOf(backend.authenticate(peer))).toMatchObject({ code: 'certificate_expired' });
    expect(await backend.send('GET', '/device', { peer })).toMatchObject({
      status: 403,
      body: { code: 'certificate_expired', action: 'renew' },
    });
    backend.clock.advance(999);
    expect(await backend.renew({ peer })).toMatchObject({ status: 201 });
    backend.clock.advance(1);
    expect(await backend.send('POST', '/challenges', { peer, body: { purpose: 'renew' } })).toMatchObject({
      status: 403,
      body: { code: 'certificate_expired', action: 'reenroll' },
    });
  });

  it('does not take the key of another device', async () => {
    const backend = await createBackend();
    const key = newKey();
    await backend.enroll({ key });
    const peer = peerFrom(await backend.enroll());
    expect(await backend.renew({ peer, key })).toMatchObject({ status: 403, body: { code: 'key_in_use' } });
  });

  it.each([
    ['evidence of a compromised device', 'policy_denied', { labels: [] }],
    ['no fresh evidence', 'evidence_rejected', { issuedAt: new Date('2026-06-01T11:00:00Z') }],
  ])('is refused with %s, and the old certificate goes on', async (_what, code, play) => {
    const backend = await createBackend();
    const peer = peerFrom(await backend.enroll());
    expect(await backend.renew({ peer, play })).toMatchObject({ status: 403, body: { code } });
    await backend.authenticate(peer);
  });

  it.each([
    [
      'revoked',
      'certificate_revoked',
      (id: { serialNumber: unknown }) => ({ serialNumber: id.serialNumber }),
    ],
    ['of a suspended device', 'device_suspended', (id: { deviceId: unknown }) => ({ deviceId: id.deviceId })],
  ])('is refused with a certificate that is %s', async (_what, code, target) => {
    const backend = await createBackend();
    const first = await backend.enroll();
    const { deviceId, serialNumber } = first.body;
    const challenge = await backend.challenge('renew', peerFrom(first));
    await backend.revoke({ ...target({ deviceId, serialNumber }), reason: 'unspecified' });
    expect(await backend.renew({ peer: peerFrom(first), challenge })).toMatchObject({
      status: 403,
      body: { code },
    });
  });

  it('answers the same request with the same certificate', async () => {
    const backend = await createBackend();
    const peer = peerFrom(await backend.enroll());
    const request = { peer, key: newKey(), challenge: await backend.challenge('renew', peer) };
    const answer = await backend.renew(request);
    expect(await backend.renew(request)).toEqual(answer);
  });

  it('is due after two thirds of the life of a certificate', async () => {
    const backend = await createBackend();
    const { body } = await backend.enroll();
    const start = backend.clock.now().getTime();
    const end = new Date(String(body['notAfter'])).getTime();
    const renewAfter = new Date((body['renewal'] as { renewAfter: string }).renewAfter).getTime();
    expect(Math.abs(renewAfter - (start + ((end - start) * 2) / 3))).toBeLessThan(1000);
  });

  it('lets a device that lost its certificate come back through the bootstrap certificate, and retires the lost one', async () => {
    const backend = await createBackend();
    const key = newKey();
    const lost = await backend.enroll({ key });
    const found = await backend.enroll({ key });
    expect(found.body['deviceId']).toBe(lost.body['deviceId']);
    await backend.authenticate(peerFrom(found));
    expect(await rejectionOf(backend.authenticate(peerFrom(lost)))).toMatchObject({
      code: 'certificate_superseded',
    });
  });
});
