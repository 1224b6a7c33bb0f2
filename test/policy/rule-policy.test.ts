import { describe, expect, it } from 'vitest';

import { ConfigurationError, UnavailableError } from '../../src/core/errors.js';
import { createTierScale } from '../../src/core/tier-scale.js';
import { anyOf, allOf, forAction } from '../../src/policy/combinators.js';
import { anotherProvider, refuse, weakTier } from '../../src/policy/fallback.js';
import { satisfied, unsatisfied, type Rule } from '../../src/policy/rule.js';
import { createPolicy, type PolicyOptions } from '../../src/policy/rule-policy.js';
import {
  requireDeviceIntegrity,
  requireFreshEvidence,
  requireProvider,
  requireRecognizedApp,
} from '../../src/policy/rules.js';
import { thrownBy } from '../thrown-by.js';
import { context, renewal, verdict } from './verdicts.js';

const DAY = 24 * 60 * 60;
const assign = [
  { tier: 'strong', when: requireDeviceIntegrity('strong') },
  { tier: 'device', when: requireDeviceIntegrity('device'), lifetimeSeconds: 2 * DAY },
];

describe('a policy of rules', () => {
  it('gives the first tier whose rule holds, with the life of the scale or a shorter one', () => {
    const policy = createPolicy({ assign });
    expect(policy.evaluate(context(verdict()))).toEqual({
      outcome: 'allow',
      tier: 'strong',
      lifetimeSeconds: 14 * DAY,
      reasons: ['tier_assigned'],
    });
    expect(policy.evaluate(context(verdict({ integrity: 'device' })))).toMatchObject({
      tier: 'device',
      lifetimeSeconds: 2 * DAY,
    });
  });

  it('demands a recognised app unless it is told otherwise', () => {
    const unrecognized = context(verdict({ recognition: 'unrecognized' }));
    expect(createPolicy({ assign }).evaluate(unrecognized)).toEqual({
      outcome: 'deny',
      reasons: ['app_not_recognized'],
      action: 'update',
    });
    const lenient = createPolicy({ assign, require: requireProvider('play-integrity') });
    expect(lenient.evaluate(unrecognized)).toMatchObject({ outcome: 'allow' });
  });

  it('denies where no tier fits, with the reasons of all', () => {
    expect(createPolicy({ assign }).evaluate(context(verdict({ integrity: 'basic' })))).toEqual({
      outcome: 'deny',
      reasons: ['device_integrity_too_low'],
      action: 'reattest',
    });
  });

  it('names everything that stands in the way, and the hardest thing to do about it', () => {
    const bad = verdict({ recognition: 'unrecognized', integrity: 'failed' });
    expect(createPolicy({ assign }).evaluate(context(bad))).toEqual({
      outcome: 'deny',
      reasons: ['app_not_recognized', 'device_reported_compromised'],
      action: 'stop',
    });
  });

  it('keeps the reasons of the rules that hold', () => {
    const told: Rule = { name: 'told', evaluate: () => satisfied('pilot_group') };
    const policy = createPolicy({ assign, require: allOf(requireRecognizedApp(), told) });
    expect(policy.evaluate(context(verdict()))).toMatchObject({ reasons: ['pilot_group', 'tier_assigned'] });
  });

  it('may ask more at renewal than at enrolment', () => {
    const require = allOf(
      requireRecognizedApp(),
      forAction('renew', requireFreshEvidence({ maxAgeSeconds: 1 })),
    );
    const policy = createPolicy({ assign, require });
    expect(policy.evaluate(context(verdict()))).toMatchObject({ outcome: 'allow' });
    expect(policy.evaluate(renewal(verdict()))).toMatchObject({
      outcome: 'deny',
      reasons: ['evidence_stale'],
    });
  });

  it('fails, and allows nobody, when a rule fails', () => {
    const failing: Rule = {
      name: 'failing',
      evaluate: () => {
        throw new Error('a bug');
      },
    };
    for (const options of [
      { assign, require: failing },
      { assign: [{ tier: 'strong', when: failing }, ...assign.slice(1)] },
      { assign: [...assign, { tier: 'basic', when: failing }] },
    ]) {
      const error = thrownBy(() => createPolicy(options).evaluate(context(verdict())));
      expect(error).toBeInstanceOf(UnavailableError);
      expect(error).toMatchObject({ code: 'policy_unavailable' });
    }
  });

  it('fails when a rule does not stand by its answer', () => {
    let asked = 0;
    const fickle: Rule = {
      name: 'fickle',
      evaluate: () => {
        asked += 1;
        return asked === 1 ? satisfied() : unsatisfied('second_thoughts');
      },
    };
    const error = thrownBy(() =>
      createPolicy({ assign: [{ tier: 'basic', when: fickle }] }).evaluate(context(verdict())),
    );
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'policy_unavailable' });
  });

  it('works with a scale of the team', () => {
    const tiers = createTierScale([
      { name: 'bronze', oid: '1.2.3.1', lifetimeSeconds: 600 },
      { name: 'gold', oid: '1.2.3.2', lifetimeSeconds: 1200 },
    ]);
    const policy = createPolicy({ tiers, assign: [{ tier: 'gold', when: requireDeviceIntegrity('basic') }] });
    expect(policy.evaluate(context(verdict()))).toMatchObject({ tier: 'gold', lifetimeSeconds: 1200 });
  });
});

describe('a policy without evidence', () => {
  const always: Rule = { name: 'always', evaluate: () => satisfied() };

  it('refuses by default, even if every rule would hold', () => {
    for (const options of [{}, { withoutEvidence: refuse() }]) {
      const policy = createPolicy({
        require: always,
        assign: [{ tier: 'strong', when: always }],
        ...options,
      });
      expect(policy.evaluate(context())).toEqual({
        outcome: 'deny',
        reasons: ['evidence_missing'],
        action: 'reattest',
      });
    }
  });

  it('may give a weaker tier, for the life of the tier or a shorter one', () => {
    const policy = createPolicy({ assign, withoutEvidence: weakTier({ tier: 'none' }) });
    expect(policy.evaluate(context())).toEqual({
      outcome: 'allow',
      tier: 'none',
      lifetimeSeconds: DAY,
      reasons: ['fallback_without_evidence'],
    });
    const short = createPolicy({
      assign,
      withoutEvidence: weakTier({ tier: 'basic', lifetimeSeconds: 3600 }),
    });
    expect(short.evaluate(renewal())).toMatchObject({ tier: 'basic', lifetimeSeconds: 3600 });
  });

  it('gives the weaker tier to nobody whose evidence is bad', () => {
    const policy = createPolicy({ assign, withoutEvidence: weakTier({ tier: 'none' }) });
    expect(policy.evaluate(context(verdict({ integrity: 'failed' })))).toMatchObject({ outcome: 'deny' });
  });

  it('may name the providers that would do, and then judge their evidence', () => {
    const policy = createPolicy({
      require: anyOf(
        requireRecognizedApp(),
        allOf(requireProvider('android-key-attestation'), requireDeviceIntegrity('device')),
      ),
      assign,
      withoutEvidence: anotherProvider('android-key-attestation', 'apple-app-attest'),
    });
    expect(policy.evaluate(context())).toEqual({
      outcome: 'deny',
      reasons: ['evidence_missing', 'accepts:android-key-attestation', 'accepts:apple-app-attest'],
      action: 'reattest',
    });
    const attested = verdict({
      provider: 'android-key-attestation',
      recognition: 'unevaluated',
      integrity: 'device',
    });
    expect(policy.evaluate(context(attested))).toMatchObject({ outcome: 'allow', tier: 'device' });
  });
});

describe('a policy is refused at creation', () => {
  const rule = requireRecognizedApp();
  it.each<[string, string, PolicyOptions]>([
    ['without tiers to give', 'assign', { assign: [] }],
    ['with a tier that is not of the scale', 'assign[0].tier', { assign: [{ tier: 'gold', when: rule }] }],
    [
      'with a tier of a name that objects have',
      'assign[0].tier',
      { assign: [{ tier: 'toString', when: rule }] },
    ],
    [
      'with a stronger tier after a weaker one',
      'assign[1].tier',
      { assign: [assign[1], assign[0]].filter((a) => a !== undefined) },
    ],
    [
      'with the same tier twice',
      'assign[1].tier',
      {
        assign: [
          { tier: 'basic', when: rule },
          { tier: 'basic', when: rule },
        ],
      },
    ],
    [
      'with a longer life than the tier has',
      'assign[0].lifetimeSeconds',
      { assign: [{ tier: 'basic', when: rule, lifetimeSeconds: 3 * DAY + 1 }] },
    ],
    [
      'with a life below a minute',
      'assign[0].lifetimeSeconds',
      { assign: [{ tier: 'basic', when: rule, lifetimeSeconds: 59 }] },
    ],
    [
      'with something else than a rule',
      'assign[0].when',
      { assign: [{ tier: 'basic', when: {} as unknown as Rule }] },
    ],
    ['with something else than a rule for everyone', 'require', { assign, require: {} as unknown as Rule }],
    [
      'with a fallback tier that is not of the scale',
      'withoutEvidence.tier',
      { assign, withoutEvidence: weakTier({ tier: 'gold' }) },
    ],
    [
      'with a fallback that gives as much as evidence',
      'withoutEvidence.tier',
      { assign, withoutEvidence: weakTier({ tier: 'device' }) },
    ],
    [
      'with a fallback that gives more than evidence',
      'withoutEvidence.tier',
      { assign, withoutEvidence: weakTier({ tier: 'strong' }) },
    ],
    [
      'with a longer life without evidence than the tier has',
      'withoutEvidence.lifetimeSeconds',
      { assign, withoutEvidence: weakTier({ tier: 'none', lifetimeSeconds: DAY + 1 }) },
    ],
  ])('%s', (_, option, options) => {
    expectConfigurationError(() => createPolicy(options), option);
  });

  it('with another provider that is not named', () => {
    expectConfigurationError(() => anotherProvider(), 'providers');
  });
});

function expectConfigurationError(create: () => unknown, option: string): void {
  const error = thrownBy(create);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error).toMatchObject({ code: 'configuration_invalid', option });
}
