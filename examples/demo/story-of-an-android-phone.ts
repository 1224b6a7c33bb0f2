// A phone without Google services, or one that does not want them: its own hardware attests the key.

import type { EvidenceSource, FakeAttestationRequest, FakeKeyDescription } from 'device-trust/testing';
import { TRUSTED_BOOT_KEY, type Stage } from './stage.js';

type Boot = NonNullable<FakeKeyDescription['hardwareEnforced']['rootOfTrust']>;

export async function tellOfAnAndroidPhone(stage: Stage): Promise<void> {
  const { story, android, buyPhone } = stage;
  const authorization = await stage.authorize('alice');
  const attested =
    (changes: Partial<FakeAttestationRequest> = {}): EvidenceSource =>
    ({ publicKey, challenge }) =>
      android.attest({ publicKey, challenge, ...changes });
  const booted = (boot: Partial<Boot>): EvidenceSource =>
    attested({
      change: (honest) => {
        const { rootOfTrust } = honest.hardwareEnforced;
        if (!rootOfTrust) throw new Error('the fake says nothing of the boot');
        return {
          ...honest,
          hardwareEnforced: { ...honest.hardwareEnforced, rootOfTrust: { ...rootOfTrust, ...boot } },
        };
      },
    });
  const refused = { status: 403, code: 'evidence_rejected' };

  story.chapter('A phone whose hardware attests its keys');
  const phone = buyPhone(attested());
  story.step(
    'The key was made in its secure hardware, by our app',
    { status: 201 },
    await phone.enroll(),
    `tier ${phone.certificate()?.tier}`,
  );
  story.step(
    'It may see what is sensitive',
    { status: 200 },
    await phone.send({ path: '/account/sensitive', headers: authorization }),
  );
  phone.createKey();
  story.step(
    'Renewal: a new key for a new challenge',
    { status: 201 },
    await phone.renew(),
    `tier ${phone.certificate()?.tier}`,
  );
  const factory = buyPhone(attested({ shape: 'factory' }));
  story.step(
    'An older phone, with attestation keys from the factory',
    { status: 201 },
    await factory.enroll(),
    `tier ${factory.certificate()?.tier}`,
  );

  story.chapter('GrapheneOS');
  const graphene = buyPhone(booted({ verifiedBootState: 'self-signed', verifiedBootKey: TRUSTED_BOOT_KEY }));
  story.step(
    'A system that is not of the maker, with a boot key on our list',
    { status: 201 },
    await graphene.enroll(),
    `tier ${graphene.certificate()?.tier}`,
  );
  story.step(
    '... with another boot key',
    refused,
    await buyPhone(booted({ verifiedBootState: 'self-signed', verifiedBootKey: 'cd'.repeat(32) })).enroll(),
  );

  story.chapter('What does not count');
  story.step(
    'An emulator: its root key is public',
    refused,
    await buyPhone(attested({ shape: 'software' })).enroll(),
  );
  story.step(
    'An unlocked bootloader',
    refused,
    await buyPhone(booted({ deviceLocked: false, verifiedBootState: 'unverified' })).enroll(),
  );
  story.step(
    'A chain that an app went on with its own key',
    refused,
    await buyPhone(attested({ forge: (honest) => honest })).enroll(),
  );
  const other = buyPhone(attested()).createKey();
  story.step(
    'The attestation of another key',
    refused,
    await buyPhone(attested({ publicKey: other })).enroll(),
  );
  story.step(
    '... and for another challenge',
    refused,
    await buyPhone(attested({ challenge: new Uint8Array(48) })).enroll(),
  );
}
