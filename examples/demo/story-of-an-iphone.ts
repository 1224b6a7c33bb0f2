// An iPhone: App Attest vouches for the app, and later for each new certificate.

import type { EvidenceSource, FakeAppAttestKey } from 'device-trust/testing';
import type { UnverifiedEvidence } from 'device-trust';
import type { Stage } from './stage.js';

export async function tellOfAnIphone(stage: Stage): Promise<void> {
  const { story, apple } = stage;
  const authorization = await stage.authorize('alice');
  const refused = { status: 403, code: 'evidence_rejected' };
  const key = apple.createKey();
  let last: UnverifiedEvidence | null = null;
  const attest: EvidenceSource = ({ binding }) => attestationOf(key, binding);
  const assertion: EvidenceSource = ({ binding }) => (last = assertionOf(key, binding));

  story.chapter('An iPhone');
  const phone = stage.buyPhone(attest, 'ios');
  story.step(
    'Apple attests a key of our app, bound to the key of the CSR',
    { status: 201 },
    await phone.enroll(),
    `tier ${phone.certificate()?.tier}`,
  );
  story.step(
    'Requests',
    { status: 200 },
    await phone.send({ path: '/account/sensitive', headers: authorization }),
  );
  story.step(
    'Renewal: the attested key vouches, Apple is not asked again',
    { status: 201 },
    await phone.renew({ evidence: assertion }),
  );
  phone.createKey();
  story.step('... for a new key, too', { status: 201 }, await phone.renew({ evidence: assertion }));

  story.chapter('What does not count');
  const replayed = last;
  story.step('An assertion that was seen before', refused, await phone.renew({ evidence: () => replayed }));
  const second = stage.buyPhone(assertion, 'ios');
  story.step('One phone that vouches for another', refused, await second.enroll());
  const stranger = apple.createKey();
  story.step(
    'A key that was never attested',
    refused,
    await phone.renew({ evidence: ({ binding }) => assertionOf(stranger, binding) }),
  );
  const relayed = apple.createKey();
  story.step(
    'An attestation that was made for another key',
    refused,
    await second.enroll({ evidence: () => attestationOf(relayed, new Uint8Array(32)) }),
  );
}

function attestationOf(key: FakeAppAttestKey, binding: Uint8Array): UnverifiedEvidence {
  const attestation = Buffer.from(key.attest(binding)).toString('base64');
  return { provider: 'apple-app-attest', keyId: key.keyId, attestation };
}

function assertionOf(key: FakeAppAttestKey, binding: Uint8Array): UnverifiedEvidence {
  const assertion = Buffer.from(key.assert(binding)).toString('base64');
  return { provider: 'apple-app-attest', keyId: key.keyId, assertion };
}
