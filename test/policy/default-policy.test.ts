import { describe, expect, it } from 'vitest';

import { ConfigurationError } from '../../src/core/errors.js';
import { createTierScale } from '../../src/core/tier-scale.js';
import { createDefaultPolicy } from '../../src/policy/default-policy.js';
import { weakTier } from '../../src/policy/fallback.js';
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
