import { describe, expect, it } from 'vitest';
import { isInShare } from '../../src/core/device-share.js';
import { ConfigurationError, UnavailableError } from '../../src/core/errors.js';
import { allOf, anyOf, forAction, fromOneVerdict, not, when } from '../../src/policy/combinators.js';
import { evaluateRule } from '../../src/policy/evaluate-rule.js';
import { observe } from '../../src/policy/observe.js';
import { satisfied, unsatisfied, type Rule, type RuleResult } from '../../src/policy/rule.js';
import { createPolicy } from '../../src/policy/rule-policy.js';
import {
  requireDeviceIntegrity,
  requireFreshEvidence,
  requireLicensedApp,
  requireProvider,
  requireRecognizedApp,
} from '../../src/policy/rules.js';
import { thrownBy } from '../thrown-by.js';
import { context, verdict } from './verdicts.js';

const unlicensed = context(verdict({ licensing: 'unlicensed' }));
const REFUSED = { by: 'rule:licensed app', reasons: ['app_not_licensed'] };
const licensed = observe(requireLicensedApp());
const holds: Rule = { name: 'holds', evaluate: () => satisfied('pilot_group') };
const fails: Rule = { name: 'fails', evaluate: () => unsatisfied('no', 'stop') };

/** A device in, and one out of, the first five percent of a rule. */
const devices = Array.from({ length: 1000 }, (_, index) => `device ${index}`);
const inside = devices.find((id) => isInShare(id, 5, 'rule:licensed app')) ?? '';
const outside = devices.find((id) => !isInShare(id, 5, 'rule:licensed app')) ?? '';

describe('a rule that is only observed', () => {
  it('holds where it does not, and says what it would have refused', () => {
    expect(licensed.evaluate(unlicensed)).toEqual({ satisfied: true, reasons: [], observed: [REFUSED] });
    expect(licensed.name).toBe('observed (licensed app)');
  });

  it('answers as the bare rule where that holds', () => {
    expect(licensed.evaluate(context(verdict()))).toEqual(satisfied());
    expect(observe(holds).evaluate(unlicensed)).toEqual(satisfied('pilot_group'));
  });

  it('is the bare rule for devices in the enforced share, and for those only', () => {
    const partly = observe(requireLicensedApp(), { enforcePercent: 5 });
    expect(partly.evaluate({ ...unlicensed, deviceId: inside })).toEqual(
      unsatisfied('app_not_licensed', 'update'),
    );
    expect(partly.evaluate({ ...unlicensed, deviceId: outside })).toMatchObject({ observed: [REFUSED] });
  });

  it('is known by the name of the rule inside, whatever that is made of', () => {
    const made = fromOneVerdict(
      allOf(
        forAction('enroll', requireLicensedApp()),
        when('it rains', () => true, anyOf(fails, holds)),
      ),
    );
    expect(observe(made).evaluate(unlicensed)).toMatchObject({
      observed: [
        {
          by:
            'rule:from one verdict (all of (when the action is enroll (licensed app), ' +
            'when it rains (any of (fails, holds))))',
        },
      ],
    });
  });

  it('may be several: all of what they would have refused is kept', () => {
    const rule = allOf(licensed, holds, observe(fails));
    expect(rule.evaluate(unlicensed)).toEqual({
      satisfied: true,
      reasons: ['pilot_group'],
      observed: [REFUSED, { by: 'rule:fails', reasons: ['no'] }],
    });
  });

  it('does not hide a rule that is enforced', () => {
    expect(allOf(licensed, fails).evaluate(unlicensed)).toEqual(unsatisfied('no', 'stop'));
  });

  it.each<[string, Rule]>([
    ['fromOneVerdict', fromOneVerdict(licensed)],
    ['when', when('always', () => true, licensed)],
    ['forAction', forAction('enroll', licensed)],
    ['anyOf', anyOf(licensed, fails)],
    ['observe', observe(licensed)],
  ])('is carried through %s', (_, rule) => {
    expect(rule.observes).toBe(true);
    expect(rule.evaluate(unlicensed)).toEqual({ satisfied: true, reasons: [], observed: [REFUSED] });
  });

  it('is no news where another way holds by itself: nobody would have been refused', () => {
    expect(anyOf(licensed, holds).evaluate(unlicensed)).toEqual(satisfied('pilot_group'));
    const both = context(verdict({ licensing: 'unlicensed' }), verdict());
    expect(fromOneVerdict(licensed).evaluate(both)).toEqual(satisfied());
  });

  it('is told once, with all its reasons, however often it would have refused', () => {
    const several = context(
      verdict({ licensing: 'unlicensed' }),
      verdict({ licensing: 'unevaluated' }),
      verdict({ licensing: 'unlicensed' }),
    );
    const told = [{ by: 'rule:licensed app', reasons: ['app_not_licensed', 'app_not_evaluated'] }];
    expect(fromOneVerdict(licensed).evaluate(several)).toMatchObject({ observed: told });
    expect(allOf(licensed, licensed).evaluate(unlicensed)).toMatchObject({ observed: [REFUSED] });
  });

  it('is news of each way where none holds by itself', () => {
    expect(anyOf(licensed, observe(fails)).evaluate(unlicensed)).toMatchObject({
      observed: [REFUSED, { by: 'rule:fails', reasons: ['no'] }],
    });
  });

  it('that fails makes the policy fail, and allows nobody', () => {
    const failing: Rule = {
      name: 'failing',
      evaluate: () => {
        throw new Error('a bug');
      },
    };
    expect(thrownBy(() => observe(failing).evaluate(unlicensed))).toMatchObject({
      code: 'policy_unavailable',
    });
  });

  it('marks nothing that has none inside', () => {
    for (const rule of [allOf(holds), anyOf(holds), fromOneVerdict(holds), forAction('renew', holds)]) {
      expect('observes' in rule).toBe(false);
    }
  });
});

describe('a policy with a rule that is only observed', () => {
  const assign = [{ tier: 'basic', when: requireDeviceIntegrity('basic') }];
  const policy = createPolicy({
    require: allOf(requireRecognizedApp(), licensed, observe(requireFreshEvidence({ maxAgeSeconds: 1 }))),
    assign,
    maxEvidenceAgeSeconds: { basic: 3600 },
  });
  const old = { by: 'rule:evidence of the last 1 seconds', reasons: ['evidence_stale'] };

  it('allows, with what would have been refused, and with nothing to rest on later', () => {
    expect(policy.evaluate(unlicensed)).toEqual({
      outcome: 'allow',
      tier: 'basic',
      lifetimeSeconds: 3 * 24 * 3600,
      reasons: ['tier_assigned'],
      observed: [REFUSED, old],
    });
  });

  it('says nothing where nothing would have been refused', () => {
    const decision = policy.evaluate(context(verdict({ issuedAt: unlicensed.now })));
    expect(decision).toMatchObject({ outcome: 'allow', evidenceDueAt: expect.any(Date) as Date });
    expect(decision).not.toHaveProperty('observed');
  });

  it('denies for the rules that are enforced, with their reasons alone', () => {
    expect(
      policy.evaluate(context(verdict({ licensing: 'unlicensed', recognition: 'unrecognized' }))),
    ).toEqual({ outcome: 'deny', reasons: ['app_not_recognized'], action: 'update' });
  });

  it('gives no tier for a rule of another hand that hides that it only observes', () => {
    const hiding: Rule = { name: 'hiding', evaluate: (request) => licensed.evaluate(request) };
    const hidden = (...more: (typeof assign)[number][]) =>
      createPolicy({ assign: [{ tier: 'strong', when: hiding }, ...more] });
    const error = thrownBy(() => hidden().evaluate(unlicensed));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'policy_unavailable' });
    expect(hidden(...assign).evaluate(unlicensed)).toMatchObject({ outcome: 'allow', tier: 'basic' });
  });
});

describe('what only observes is refused at creation', () => {
  const notRecognized = () => not(licensed, 'no');
  it.each<[string, string, () => unknown]>([
    ['under not', 'not', notRecognized],
    ['under not, deep inside', 'not', () => not(allOf(holds, forAction('renew', anyOf(licensed))), 'no')],
    [
      'as what a tier takes',
      'assign[0].when',
      () => createPolicy({ assign: [{ tier: 'basic', when: licensed }] }),
    ],
    [
      'inside of what a tier takes',
      'assign[0].when',
      () =>
        createPolicy({
          assign: [{ tier: 'basic', when: fromOneVerdict(allOf(requireProvider('p'), licensed)) }],
        }),
    ],
    ['if it is no rule', 'observe', () => observe({} as unknown as Rule)],
    ['if the share is none', 'enforcePercent', () => observe(holds, { enforcePercent: 101 })],
    ['if the share is no number', 'enforcePercent', () => observe(holds, { enforcePercent: NaN })],
  ])('%s', (_, option, create) => {
    const error = thrownBy(create);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });

  it('under not, at the latest when it is evaluated', () => {
    const hiding: Rule = { name: 'hiding', evaluate: (request) => licensed.evaluate(request) };
    const rule = not(hiding, 'no');
    expect(thrownBy(() => evaluateRule(rule, unlicensed))).toMatchObject({ code: 'policy_unavailable' });
    expect(rule.evaluate(context(verdict()))).toEqual(unsatisfied('no'));
  });
});

describe('an answer of a rule of another hand', () => {
  it.each<[string, unknown]>([
    ['no list', {}],
    ['no refusals', [null]],
    ['nobody', [{ reasons: ['no'] }]],
    ['no reasons', [{ by: 'rule:x' }]],
    ['reasons that are no text', [{ by: 'rule:x', reasons: [1] }]],
    ['an empty reason', [{ by: 'rule:x', reasons: [''] }]],
    ['one refusal that is none', [{ by: 'rule:x', reasons: ['no'] }, {}]],
  ])('is not believed with %s in observed', (_, observed) => {
    const odd: Rule = {
      name: 'odd',
      evaluate: () => ({ satisfied: true, reasons: [], observed }) as RuleResult,
    };
    expect(thrownBy(() => evaluateRule(odd, unlicensed))).toMatchObject({ code: 'policy_unavailable' });
  });
});
