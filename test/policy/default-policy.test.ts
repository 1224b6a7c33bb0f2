import { describe, expect, it } from 'vitest';

import { ConfigurationError } from '../../src/core/errors.js';
import { createTierScale } from '../../src/core/tier-scale.js';
import type { Decision } from '../../src/contracts/policy.js';
import { allOf, fromOneVerdict } from '../../src/policy/combinators.js';
import { createDefaultPolicy } from '../../src/policy/default-policy.js';
import { weakTier } from '../../src/policy/fallback.js';
import { createPolicy } from '../../src/policy/rule-policy.js';
import { requireDeviceIntegrity, requireProvider, requireRecognizedApp } from '../../src/policy/rules.js';
import { thrownBy } from '../thrown-by.js';
import { context, verdict, type VerdictChange } from './verdicts.js';

const DAY = 24 * 60 * 60;
const policy = createDefaultPolicy();

function decide(...verdicts: readonly VerdictChange[]) {
  return policy.evaluate(context(...verdicts.map(verdict)));
}

const allow = (tier: string, days: number) => ({
  outcome: 'allow',
  tier,
  lifetimeSeconds: days * DAY,
  reasons: ['tier_assigned'],
});
const deny = (action: string, ...reasons: readonly string[]) => ({ outcome: 'deny', reasons, action });

describe('the default policy', () => {
  it.each<[string, readonly VerdictChange[], unknown]>([
    ['a recognised app on a strong device', [{}], allow('strong', 14)],
    ['a recognised app on a certified device', [{ integrity: 'device' }], allow('device', 7)],
    ['a recognised app on an uncertified device', [{ integrity: 'basic' }], allow('basic', 3)],
    ['an app without a licence', [{ licensing: 'unlicensed' }], allow('strong', 14)],
    ['an app of which the licence was not judged', [{ licensing: 'unevaluated' }], allow('strong', 14)],
    ['an unrecognised app', [{ recognition: 'unrecognized' }], deny('update', 'app_not_recognized')],
    ['an app that was not judged', [{ recognition: 'unevaluated' }], deny('reattest', 'app_not_evaluated')],
    ['a compromised device', [{ integrity: 'failed' }], deny('stop', 'device_reported_compromised')],
    [
      'a device that was not judged',
      [{ integrity: 'unevaluated' }],
      deny('reattest', 'device_not_evaluated'),
    ],
    [
      'neither app nor device judged',
      [{ recognition: 'unevaluated', integrity: 'unevaluated' }],
      deny('reattest', 'app_not_evaluated', 'device_not_evaluated'),
    ],
    [
      'a replayed standard token of Google: app not judged, no label',
      [{ recognition: 'unevaluated', integrity: 'failed' }],
      deny('reattest', 'app_not_evaluated', 'device_integrity_too_low'),
    ],
    ['words of tomorrow', [{ integrity: 'ultra' }], deny('reattest', 'device_not_evaluated')],
    ['no evidence', [], deny('reattest', 'evidence_missing')],
    ['two good verdicts', [{ integrity: 'basic' }, { integrity: 'device' }], allow('device', 7)],
    [
      'a good and a silent verdict',
      [{}, { recognition: 'unevaluated', integrity: 'unevaluated' }],
      allow('strong', 14),
    ],
    [
      'a good verdict and a compromised one',
      [{}, { integrity: 'failed' }],
      deny('stop', 'device_reported_compromised'),
    ],
    [
      'a good verdict and an unrecognised app',
      [{}, { recognition: 'unrecognized' }],
      deny('update', 'app_not_recognized'),
    ],
    [
      'the app from one verdict, the device from another',
      [{ integrity: 'basic' }, { recognition: 'unevaluated', integrity: 'strong' }],
      allow('basic', 3),
    ],
    [
      'the app from one verdict that has no device, the device from another',
      [{ integrity: 'unevaluated' }, { recognition: 'unevaluated', integrity: 'strong' }],
      deny('reattest', 'device_not_evaluated', 'app_not_evaluated'),
    ],
  ])('%s', (_, verdicts, expected) => {
    expect(decide(...verdicts)).toEqual(expected);
  });

  describe('with several pieces of evidence', () => {
    const attested = { provider: 'android-key-attestation', licensing: 'unevaluated' };
    it.each<[string, readonly VerdictChange[], unknown]>([
      ['an attested key alone', [{ ...attested, integrity: 'strong' }], allow('strong', 14)],
      [
        'an attested key raises what a store proves',
        [{ integrity: 'basic' }, { ...attested, integrity: 'device' }],
        allow('device', 7),
      ],
      [
        'a store raises what an attested key proves',
        [{ integrity: 'strong' }, { ...attested, integrity: 'device' }],
        allow('strong', 14),
      ],
      [
        'the app of a store and the hardware of an attested key do not add up',
        [{ integrity: 'basic' }, { ...attested, recognition: 'unevaluated', integrity: 'strong' }],
        allow('basic', 3),
      ],
      [
        'nor do they where the store says nothing of the device',
        [{ integrity: 'unevaluated' }, { ...attested, recognition: 'unevaluated', integrity: 'strong' }],
        deny('reattest', 'device_not_evaluated', 'app_not_evaluated'),
      ],
      [
        'a bad word of the store is not outweighed by an attested key',
        [{ recognition: 'unrecognized' }, { ...attested, integrity: 'strong' }],
        deny('update', 'app_not_recognized'),
      ],
    ])('%s', (_, verdicts, expected) => {
      expect(decide(...verdicts)).toEqual(expected);
      expect(decide(...[...verdicts].reverse())).toMatchObject({ outcome: (expected as Decision).outcome });
    });

    it('a team may demand two for its best tier, of which one must carry all words', () => {
      const good = fromOneVerdict(allOf(requireRecognizedApp(), requireDeviceIntegrity('device')));
      const both = allOf(good, requireProvider('play-integrity'), requireProvider('android-key-attestation'));
      const own = createPolicy({
        assign: [
          { tier: 'strong', when: both },
          { tier: 'device', when: good },
        ],
      });
      const tierOf = (...changes: readonly VerdictChange[]) => own.evaluate(context(...changes.map(verdict)));
      expect(tierOf({}, attested)).toMatchObject({ tier: 'strong' });
      expect(tierOf({})).toMatchObject({ tier: 'device' });
      expect(tierOf(attested)).toMatchObject({ tier: 'device' });
      expect(tierOf({ integrity: 'basic' }, { ...attested, recognition: 'unevaluated' })).toMatchObject({
        outcome: 'deny',
      });
    });
  });

  it('takes the fallback and the scale of the team', () => {
    const tiers = createTierScale([
      { name: 'guest', oid: '1.2.3.0', lifetimeSeconds: 60 },
      { name: 'basic', oid: '1.2.3.1', lifetimeSeconds: 120 },
      { name: 'device', oid: '1.2.3.2', lifetimeSeconds: 180 },
      { name: 'strong', oid: '1.2.3.3', lifetimeSeconds: 240 },
    ]);
    const own = createDefaultPolicy({ tiers, withoutEvidence: weakTier({ tier: 'guest' }) });
    expect(own.evaluate(context())).toMatchObject({ outcome: 'allow', tier: 'guest', lifetimeSeconds: 60 });
    expect(own.evaluate(context(verdict()))).toMatchObject({ tier: 'strong', lifetimeSeconds: 240 });
  });

  it('refuses a scale that lacks one of its tiers', () => {
    const tiers = createTierScale([{ name: 'strong', oid: '1.2.3.3', lifetimeSeconds: 240 }]);
    const error = thrownBy(() => createDefaultPolicy({ tiers }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ code: 'configuration_invalid', option: 'assign[1].tier' });
  });
});
