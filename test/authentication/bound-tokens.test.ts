import { createHash, createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import type { AuthenticatedRequest, PeerCertificate } from '../../src/index.js';
import { createFakePeerRequest } from '../../src/testing.js';
import { createBackend, newKey, peerFrom, type Backend } from '../backend.js';

async function present(
  { tokens, trust }: Backend,
  peer: PeerCertificate,
  claims: Record<string, unknown>,
): Promise<AuthenticatedRequest> {
  const token = await tokens.createToken({ subject: 'alice', claims });
  const headers = { authorization: `Bearer ${token}` };
  return trust.authenticator.authenticate(createFakePeerRequest({ certificate: peer.certificate, headers }));
}

const good = { accessToken: { subject: 'alice' } };
const mismatch = { code: 'access_token_binding_mismatch' };

describe('a token that is bound to a device, over a request', () => {
  it('is of no use to another device', async () => {
    const backend = await createBackend();
    const key = newKey();
    const mine = await backend.enroll({ key });
    const peer = peerFrom(mine);
    const thief = peerFrom(await backend.enroll());
    const jkt = await calculateJwkThumbprint(createPublicKey(key).export({ format: 'jwk' }));
    const x5t = createHash('sha256').update(peer.certificate).digest('base64url');
    for (const claims of [
      { cnf: { 'x5t#S256': x5t } },
      { cnf: { jkt } },
      { device_id: mine.body['deviceId'] },
    ]) {
      expect(await present(backend, peer, claims)).toMatchObject(good);
      await expect(present(backend, thief, claims)).rejects.toMatchObject(mismatch);
    }
  });

  it('lives through a renewal if it names the key or the device, and ends if it names the certificate', async () => {
    const backend = await createBackend();
    const key = newKey();
    const first = await backend.enroll({ key });
    const old = peerFrom(first);
    const renewed = peerFrom(await backend.renew({ peer: old, key }));
    const jkt = await calculateJwkThumbprint(createPublicKey(key).export({ format: 'jwk' }));
    const x5t = createHash('sha256').update(old.certificate).digest('base64url');
    expect(await present(backend, renewed, { cnf: { jkt } })).toMatchObject(good);
    expect(await present(backend, renewed, { device_id: first.body['deviceId'] })).toMatchObject(good);
    await expect(present(backend, renewed, { cnf: { 'x5t#S256': x5t } })).rejects.toMatchObject(mismatch);
  });

  it('lives through a new key only if it names the device', async () => {
    const backend = await createBackend();
    const key = newKey();
    const first = await backend.enroll({ key });
    const renewed = peerFrom(await backend.renew({ peer: peerFrom(first) }));
    const jkt = await calculateJwkThumbprint(createPublicKey(key).export({ format: 'jwk' }));
    expect(await present(backend, renewed, { device_id: first.body['deviceId'] })).toMatchObject(good);
    await expect(present(backend, renewed, { cnf: { jkt } })).rejects.toMatchObject(mismatch);
  });
});
