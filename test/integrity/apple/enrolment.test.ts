import { createPublicKey, type KeyObject } from 'node:crypto';
import { createAppAttestProvider } from 'device-trust/app-attest';
import { createMemoryStores } from 'device-trust/memory';
import { createFakeAppAttest, createFakeClock, type FakeAppAttestKey } from 'device-trust/testing';
import { describe, expect, it } from 'vitest';
import { createBinding } from '../../../src/enrolment/binding.js';
import { createBackend, newKey, peerFrom } from '../../backend.js';

const start = new Date('2026-06-01T12:00:00Z');
const fake = createFakeAppAttest({ clock: createFakeClock(start) });

function bindingOf(challenge: string, key: KeyObject): Uint8Array {
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return createBinding(Buffer.from(challenge, 'base64url'), publicKey).binding;
}

const evidenceOf = (appKey: FakeAppAttestKey, kind: 'attestation' | 'assertion', binding: Uint8Array) => ({
  provider: 'apple-app-attest',
  keyId: appKey.keyId,
  [kind]: Buffer.from(kind === 'attestation' ? appKey.attest(binding) : appKey.assert(binding)).toString(
    'base64',
  ),
});

async function createScene() {
  const stores = createMemoryStores();
  const { roots, receiptRoots } = fake;
  const appIds = [fake.appId];
  const provider = createAppAttestProvider({ appIds, roots, receiptRoots, keys: stores.attestedKeys });
  return createBackend({ stores }, start, [provider]);
}

describe('an iPhone', () => {
  it('enrols by an attestation, even one sent several times at once, and renews by assertions', async () => {
    const backend = await createScene();
    const challenge = await backend.challenge();
    const key = newKey();
    const appKey = fake.createKey();
    const evidence = evidenceOf(appKey, 'attestation', bindingOf(challenge, key));
    const request = { key, challenge, evidence };
    const answers = await Promise.all([request, request, request].map((same) => backend.enroll(same)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body['certificate'])).size).toBe(1);
    const [first] = answers;
    if (first === undefined) throw new Error('no answer');

    const peer = peerFrom(first);
    const again = await backend.challenge('renew', peer);
    const assertion = evidenceOf(appKey, 'assertion', bindingOf(again, key));
    const renewed = await backend.renew({ peer, key, challenge: again, evidence: assertion });
    expect(renewed).toMatchObject({
      status: 201,
      body: { deviceId: first.body['deviceId'], tier: 'device' },
    });
  });

  it('cannot vouch for a second device with the key of the first', async () => {
    const backend = await createScene();
    const appKey = fake.createKey();
    const challenge = await backend.challenge();
    const key = newKey();
    const evidence = evidenceOf(appKey, 'attestation', bindingOf(challenge, key));
    expect(await backend.enroll({ key, challenge, evidence })).toMatchObject({ status: 201 });
    const reasons = { attestation: 'counter_refused', assertion: 'attested_key_of_other_device' };
    for (const kind of ['attestation', 'assertion'] as const) {
      const other = newKey();
      const next = await backend.challenge();
      const more = evidenceOf(appKey, kind, bindingOf(next, other));
      const answer = await backend.enroll({ key: other, challenge: next, evidence: more });
      expect(answer).toMatchObject({ status: 403, body: { code: 'evidence_rejected' } });
      expect(backend.events.at(-1)).toMatchObject({ reasons: [reasons[kind]] });
    }
  });
});
