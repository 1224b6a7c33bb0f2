// Phones of Huawei: SysIntegrity on Android-based systems and on HarmonyOS, and keys that HarmonyOS attests.

import type { EvidenceSource, FakeHuaweiTokenRequest } from 'device-trust/testing';
import type { Stage } from './stage.js';
import { tellOfAWeakTier } from './tell-of-a-weak-tier.js';

export async function tellOfAHuaweiPhone(stage: Stage): Promise<void> {
  const { story, huawei, harmonyOs, buyPhone } = stage;
  const token = (binding: Uint8Array, request: FakeHuaweiTokenRequest) => ({
    provider: 'huawei-sysintegrity',
    token: huawei.createToken({ binding, ...request }),
  });
  const fromHuawei =
    (request: FakeHuaweiTokenRequest): EvidenceSource =>
    ({ binding }) =>
      token(binding, request);

  story.chapter('Phones of Huawei');
  const old = buyPhone(fromHuawei({ kind: 'hms' }));
  story.step(
    'HMS Core on an Android-based system',
    { status: 201 },
    await old.enroll(),
    `tier ${old.certificate()?.tier}`,
  );
  await tellOfAWeakTier(stage, old);
  const next = buyPhone(fromHuawei({ kind: 'harmonyos-enhanced' }), 'harmonyos');
  story.step(
    'The enhanced check of HarmonyOS',
    { status: 201 },
    await next.enroll(),
    `tier ${next.certificate()?.tier}`,
  );
  const both = buyPhone(
    ({ binding, publicKey, challenge }) => [
      token(binding, { kind: 'harmonyos-enhanced' }),
      { provider: 'harmonyos-key-attestation', chain: harmonyOs.attestKey({ publicKey, challenge }) },
    ],
    'harmonyos',
  );
  story.step(
    '... and a key that its keystore attests: two pieces of evidence',
    { status: 201 },
    await both.enroll(),
    `tier ${both.certificate()?.tier}`,
  );

  story.chapter('What does not count');
  story.step(
    'A phone that Huawei calls compromised',
    { status: 403, code: 'policy_denied' },
    await buyPhone(fromHuawei({ basicIntegrity: false, detail: ['root'] })).enroll(),
  );
  story.step(
    'A debug build',
    { status: 403, code: 'evidence_rejected' },
    await buyPhone(
      ({ publicKey, challenge }) => ({
        provider: 'harmonyos-key-attestation',
        chain: harmonyOs.attestKey({ publicKey, challenge, app: { appMode: 'debug' } }),
      }),
      'harmonyos',
    ).enroll(),
  );
}
