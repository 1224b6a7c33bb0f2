import type { KeyObject } from 'node:crypto';
import {
  createAndroidKeyAttestationProvider,
  createFixedStatusList,
} from 'device-trust/android-key-attestation';
import { createFakeAndroidKeystore, createFakeClock } from 'device-trust/testing';
import { describe, expect, it } from 'vitest';
import { createBackend, newKey, peerFrom } from '../../backend.js';

const start = new Date('2026-06-01T12:00:00Z');
const keystore = createFakeAndroidKeystore({ clock: createFakeClock(start) });
const provider = createAndroidKeyAttestationProvider({
  packageName: keystore.packageName,
  certificateSha256: [keystore.certificateSha256],
  statusList: createFixedStatusList({ entries: {} }),
  roots: keystore.roots,
});

const attest = (publicKey: KeyObject, challenge: string) =>
  keystore.attest({ publicKey, challenge: Buffer.from(challenge, 'base64url') });

describe('a phone that attests its key', () => {
  it('enrols, and renews to a new key', async () => {
    const backend = await createBackend({}, start, [provider]);
    const challenge = await backend.challenge();
    // No secure hardware takes more (AOSP, kMaximumAttestationChallengeLength).
    expect(Buffer.from(challenge, 'base64url').length).toBeLessThanOrEqual(128);
    const key = newKey();
    const first = await backend.enroll({ key, challenge, evidence: attest(key, challenge) });
    expect(first).toMatchObject({ status: 201 });
    const peer = peerFrom(first);
    const again = await backend.challenge('renew', peer);
    const next = newKey();
    const second = await backend.renew({ peer, key: next, challenge: again, evidence: attest(next, again) });
    expect(second).toMatchObject({ status: 201, body: { deviceId: first.body['deviceId'] } });
    expect(second.body['tier']).toBe(first.body['tier']);
    expect(second.body['tier']).not.toBe('none');
  });

  it('cannot renew with the attestation of the challenge before', async () => {
    const backend = await createBackend({}, start, [provider]);
    const challenge = await backend.challenge();
    const key = newKey();
    const evidence = attest(key, challenge);
    const peer = peerFrom(await backend.enroll({ key, challenge, evidence }));
    expect(await backend.renew({ peer, key, evidence })).toMatchObject({
      status: 403,
      body: { code: 'evidence_rejected' },
    });
  });

  it('cannot have another key certified', async () => {
    const backend = await createBackend({}, start, [provider]);
    const challenge = await backend.challenge();
    const evidence = attest(newKey(), challenge);
    expect(await backend.enroll({ challenge, evidence })).toMatchObject({
      status: 403,
      body: { code: 'evidence_rejected' },
    });
  });
});
