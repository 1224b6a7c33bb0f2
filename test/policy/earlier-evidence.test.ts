import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/core/errors.js';
import { createTierScale } from '../../src/core/tier-scale.js';
import type { PolicyContext } from '../../src/contracts/policy.js';
import { createDefaultPolicy } from '../../src/policy/default-policy.js';
import { weakTier } from '../../src/policy/fallback.js';
import { createPolicy } from '../../src/policy/rule-policy.js';
import { requireDeviceIntegrity } from '../../src/policy/rules.js';
import { thrownBy } from '../thrown-by.js';
import { context, NOW, renewal, verdict } from './verdicts.js';

const DAY = 24 * 3600;
const ages = { strong: 30 * DAY, device: 7 * DAY };
const policy = createDefaultPolicy({ maxEvidenceAgeSeconds: ages });
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);

/** A renewal without evidence, by a device whose evidence was verified that long ago. */
function resting(tier: string, ageSeconds: number, change: Partial<PolicyContext> = {}): PolicyContext {
  const history = {
    deviceId: 'd',
    tier,
    lastIssuedAt: ago(60),
    notAfter: NOW,
    evidence: {
      verifiedAt: ago(ageSeconds),
      verdicts: [
        {
          provider: 'p',
          kind: 'k',
          issuedAt: ago(0),
          deviceIntegrity: 'strong',
          appRecognition: 'recognized',
        },
      ],
    },
  };
  return { ...renewal(), history, sameKey: true, ...change };
}

const missing = { outcome: 'deny', reasons: ['evidence_missing'], action: 'reattest' };
const stale = { outcome: 'deny', reasons: ['evidence_stale'], action: 'reattest' };

describe('a renewal without evidence', () => {
  it.each([
    ['strong', 14],
    ['device', 7],
  ] as const)('gets the tier %s again while its evidence is young enough', (tier, lifeDays) => {
    const most = ages[tier];
    const allowed = {
      outcome: 'allow',
      tier,
      lifetimeSeconds: lifeDays * DAY,
      reasons: ['earlier_evidence'],
      basis: 'earlier',
    };
    for (const age of [0, 60, most]) {
      const evidenceDueAt = new Date(ago(age).getTime() + most * 1000);
      expect(policy.evaluate(resting(tier, age))).toEqual({ ...allowed, evidenceDueAt });
    }
    expect(policy.evaluate(resting(tier, most + 0.001))).toEqual(stale);
  });

  it('gets the shorter life that the team gives the tier', () => {
    const own = createPolicy({
      assign: [{ tier: 'device', when: requireDeviceIntegrity('device'), lifetimeSeconds: DAY }],
      maxEvidenceAgeSeconds: { device: 2 * DAY },
    });
    expect(own.evaluate(resting('device', 60))).toMatchObject({ tier: 'device', lifetimeSeconds: DAY });
  });

  it('with stale evidence is refused also where no evidence would do: the device could attest before', () => {
    const lenient = createDefaultPolicy({
      maxEvidenceAgeSeconds: ages,
      withoutEvidence: weakTier({ tier: 'none' }),
    });
    expect(lenient.evaluate(resting('device', 8 * DAY))).toEqual(stale);
  });

  it.each<[string, PolicyContext]>([
    ['of another key', resting('strong', 60, { sameKey: false })],
    ['that is an enrolment', resting('strong', 60, { action: 'enroll' })],
    ['of a tier without an age', resting('basic', 60)],
    ['of a tier that is no longer given', resting('gold', 60)],
    ['of a device without evidence', { ...renewal(), sameKey: true }],
    ['of a device that is new', resting('strong', 60, { history: null })],
  ])('%s takes the way without evidence', (_, request) => {
    expect(policy.evaluate(request)).toEqual(missing);
    const lenient = createDefaultPolicy({
      maxEvidenceAgeSeconds: ages,
      withoutEvidence: weakTier({ tier: 'none' }),
    });
    expect(lenient.evaluate(request)).toMatchObject({ tier: 'none', reasons: ['fallback_without_evidence'] });
    expect(lenient.evaluate(request)).not.toHaveProperty('basis');
  });

  it('whose evidence has no readable time is stale', () => {
    expect(policy.evaluate(resting('strong', NaN))).toEqual(stale);
  });

  it('needs evidence unless the team says otherwise', () => {
    expect(createDefaultPolicy().evaluate(resting('strong', 0))).toEqual(missing);
    expect(createDefaultPolicy({ maxEvidenceAgeSeconds: {} }).evaluate(resting('strong', 0))).toEqual(
      missing,
    );
  });
});

describe('evidence that is sent', () => {
  it.each([
    ['strong', 30 * DAY],
    ['device', 7 * DAY],
  ])('for %s is due again after the age of that tier', (integrity, age) => {
    for (const request of [context(verdict({ integrity })), renewal(verdict({ integrity }))]) {
      const decision = policy.evaluate(request);
      expect(decision).toMatchObject({
        tier: integrity,
        evidenceDueAt: new Date(NOW.getTime() + age * 1000),
      });
      expect(decision).not.toHaveProperty('basis');
    }
  });

  it('for a tier without an age is due each time', () => {
    expect(policy.evaluate(context(verdict({ integrity: 'basic' })))).not.toHaveProperty('evidenceDueAt');
    expect(createDefaultPolicy().evaluate(context(verdict()))).not.toHaveProperty('evidenceDueAt');
  });

  it('is judged, however young the earlier one is: a bad word is not made up for', () => {
    const request = resting('strong', 60, { verdicts: [verdict({ integrity: 'failed' })] });
    expect(policy.evaluate(request)).toMatchObject({ outcome: 'deny' });
    const weaker = resting('strong', 60, { verdicts: [verdict({ integrity: 'basic' })] });
    expect(policy.evaluate(weaker)).toMatchObject({ outcome: 'allow', tier: 'basic' });
  });
});

describe('who leaves evidence out', () => {
  it('never gets another tier than was proven, nor for longer than its age', () => {
    const scale = createTierScale();
    const age = fc.integer({ min: 60, max: 365 * DAY });
    const options = fc.record({ strong: age, device: age, basic: age }, { requiredKeys: [] });
    const tier = fc.constantFrom('none', 'basic', 'device', 'strong', 'gold');
    fc.assert(
      fc.property(options, tier, fc.nat(400 * DAY), fc.boolean(), (maxima, last, old, sameKey) => {
        const lenient = createDefaultPolicy({
          maxEvidenceAgeSeconds: maxima,
          withoutEvidence: weakTier({ tier: 'none' }),
        });
        const decision = lenient.evaluate(resting(last, old, { sameKey }));
        if (decision instanceof Promise || decision.outcome === 'deny' || decision.tier === 'none') return;
        expect(decision.tier).toBe(last);
        expect(sameKey).toBe(true);
        expect(decision.basis).toBe('earlier');
        const most = maxima[last as keyof typeof maxima] ?? 0;
        expect(old).toBeLessThanOrEqual(most);
        expect(decision.evidenceDueAt).toEqual(new Date(ago(old).getTime() + most * 1000));
        expect(decision.lifetimeSeconds).toBeLessThanOrEqual(scale.find(last)?.lifetimeSeconds ?? 0);
      }),
    );
  });
});

describe('an age of evidence is refused at creation', () => {
  it.each<[string, string, Readonly<Record<string, number>>]>([
    ['for a tier that there is not', 'maxEvidenceAgeSeconds.gold', { gold: 60 }],
    ['for a tier that evidence does not give', 'maxEvidenceAgeSeconds.none', { none: 60 }],
    ['below a minute', 'maxEvidenceAgeSeconds.device', { device: 59 }],
    ['above a year', 'maxEvidenceAgeSeconds.device', { device: 365 * DAY + 1 }],
    ['that is no number', 'maxEvidenceAgeSeconds.device', { device: NaN }],
  ])('%s', (_, option, maxEvidenceAgeSeconds) => {
    const error = thrownBy(() => createDefaultPolicy({ maxEvidenceAgeSeconds }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });
});
