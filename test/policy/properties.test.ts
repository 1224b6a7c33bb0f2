import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createTierScale } from '../../src/core/tier-scale.js';
import type { Decision, Policy, PolicyContext } from '../../src/contracts/policy.js';
import type { IntegrityVerdict } from '../../src/contracts/integrity-verdict.js';
import { allOf, anyOf, forAction, fromOneVerdict } from '../../src/policy/combinators.js';
import { createDefaultPolicy } from '../../src/policy/default-policy.js';
import { weakTier } from '../../src/policy/fallback.js';
import type { Rule } from '../../src/policy/rule.js';
import { createPolicy } from '../../src/policy/rule-policy.js';
import {
  requireDeviceIntegrity,
  requireFreshEvidence,
  requireLicensedApp,
  requireProvider,
  requireRecognizedApp,
} from '../../src/policy/rules.js';
import { context, NOW, renewal, verdict } from './verdicts.js';

const scale = createTierScale();

/** What can be said on each point, worst first. */
const RECOGNITION = ['unrecognized', 'unevaluated', 'recognized'] as const;
const LICENSING = ['unlicensed', 'unevaluated', 'licensed'] as const;
const INTEGRITY = ['failed', 'unevaluated', 'basic', 'device', 'strong'] as const;

const verdicts: fc.Arbitrary<IntegrityVerdict> = fc
  .record({
    provider: fc.constantFrom('play-integrity', 'huawei-sysintegrity', 'android-key-attestation'),
    recognition: fc.constantFrom(...RECOGNITION, 'word-of-tomorrow'),
    licensing: fc.constantFrom(...LICENSING, 'word-of-tomorrow'),
    integrity: fc.constantFrom(...INTEGRITY, 'word-of-tomorrow'),
    issuedAt: fc.integer({ min: -60, max: 600 }).map((age) => new Date(NOW.getTime() - age * 1000)),
  })
  .map(verdict);

const contexts: fc.Arbitrary<PolicyContext> = fc
  .tuple(fc.boolean(), fc.array(verdicts, { maxLength: 3 }))
  .map(([renewing, list]) => (renewing ? renewal(...list) : context(...list)));

/** Rules of which it is true that worse evidence never satisfies them more: everything but `not` and own rules. */
const { rules } = fc.letrec<{ rules: Rule }>((tie) => ({
  rules: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(
      fc.constant(requireRecognizedApp()),
      fc.constant(requireLicensedApp()),
      fc.constantFrom('basic' as const, 'device' as const, 'strong' as const).map(requireDeviceIntegrity),
      fc.constantFrom('play-integrity', 'huawei-sysintegrity').map((name) => requireProvider(name)),
      fc.integer({ min: 1, max: 500 }).map((maxAgeSeconds) => requireFreshEvidence({ maxAgeSeconds })),
    ),
    fc.array(tie('rules'), { minLength: 1, maxLength: 3 }).map((list) => allOf(...list)),
    fc.array(tie('rules'), { minLength: 1, maxLength: 3 }).map((list) => anyOf(...list)),
    tie('rules').map((rule) => fromOneVerdict(rule)),
    tie('rules').map((rule) => forAction('renew', rule)),
  ),
}));

const policies: fc.Arbitrary<Policy> = fc.oneof(
  fc.constant(createDefaultPolicy()),
  fc.constant(createDefaultPolicy({ withoutEvidence: weakTier({ tier: 'none' }) })),
  fc.tuple(rules, rules, rules, fc.boolean()).map(([require, strong, basic, lenient]) =>
    createPolicy({
      require,
      assign: [
        { tier: 'strong', when: strong },
        { tier: 'basic', when: basic },
      ],
      ...(lenient ? { withoutEvidence: weakTier({ tier: 'none' }) } : {}),
    }),
  ),
);

/** The same evidence, worse or the same on every point of one verdict. */
const weakened: fc.Arbitrary<readonly [PolicyContext, PolicyContext]> = fc
  .tuple(contexts, fc.nat(), fc.nat(4), fc.nat(4), fc.nat(4), fc.nat(600))
  .map(([before, place, ...steps]) => {
    const list = before.verdicts.map((one, index) =>
      index === place % Math.max(1, before.verdicts.length) ? worsen(one, steps) : one,
    );
    return [before, { ...before, verdicts: list }] as const;
  });

describe('whatever the rules and the evidence', () => {
  it('a decision is well formed, and a denial has reasons', () => {
    fc.assert(
      fc.property(policies, contexts, (policy, request) => {
        const decision = decide(policy, request);
        if (decision.outcome === 'deny') {
          expect(decision.reasons.length).toBeGreaterThan(0);
          expect(new Set(decision.reasons).size).toBe(decision.reasons.length);
        } else {
          const tier = scale.find(decision.tier);
          expect(decision.lifetimeSeconds).toBeLessThanOrEqual(tier?.lifetimeSeconds ?? 0);
          expect(decision.lifetimeSeconds).toBeGreaterThanOrEqual(60);
        }
      }),
    );
  });

  it('the same request gets the same decision', () => {
    fc.assert(
      fc.property(policies, contexts, (policy, request) => {
        expect(decide(policy, request)).toEqual(decide(policy, structuredClone(request)));
      }),
    );
  });

  it('worse evidence never gets a stronger tier', () => {
    fc.assert(
      fc.property(policies, weakened, (policy, [before, after]) => {
        expect(strength(decide(policy, after))).toBeLessThanOrEqual(strength(decide(policy, before)));
      }),
      { numRuns: 500 },
    );
  });

  it('one more condition never turns a denial into an allowance', () => {
    fc.assert(
      fc.property(rules, rules, contexts, (rule, more, request) => {
        const assign = [{ tier: 'basic', when: requireProvider('play-integrity', 'huawei-sysintegrity') }];
        const before = decide(createPolicy({ require: rule, assign }), request);
        const after = decide(createPolicy({ require: allOf(rule, more), assign }), request);
        if (before.outcome === 'deny') expect(after.outcome).toBe('deny');
        if (before.outcome === 'deny' && after.outcome === 'deny') {
          expect(after.reasons).toEqual(expect.arrayContaining([...before.reasons]));
        }
      }),
    );
  });

  it('one more way in never turns an allowance into a denial', () => {
    fc.assert(
      fc.property(rules, rules, contexts, (rule, more, request) => {
        const before = rule.evaluate(request).satisfied;
        if (before) expect(anyOf(rule, more).evaluate(request).satisfied).toBe(true);
      }),
    );
  });

  it('a bad verdict next to what was there never turns a denial into an allowance', () => {
    const bad = verdict({
      recognition: 'unrecognized',
      licensing: 'unlicensed',
      integrity: 'failed',
      provider: 'play-integrity',
    });
    fc.assert(
      fc.property(contexts, (request) => {
        const policy = createDefaultPolicy();
        expect(decide(policy, { ...request, verdicts: [...request.verdicts, bad] }).outcome).toBe('deny');
      }),
    );
  });

  it('the default policy never gives a tier that no single verdict proves', () => {
    fc.assert(
      fc.property(contexts, (request) => {
        const policy = createDefaultPolicy();
        const alone = request.verdicts.map((one) =>
          strength(decide(policy, { ...request, verdicts: [one] })),
        );
        expect(strength(decide(policy, request))).toBeLessThanOrEqual(Math.max(-1, ...alone));
      }),
    );
  });

  it('the order of the verdicts does not matter to what is decided', () => {
    fc.assert(
      fc.property(policies, contexts, (policy, request) => {
        const turned = decide(policy, { ...request, verdicts: [...request.verdicts].reverse() });
        const decision = decide(policy, request);
        expect(strength(turned)).toBe(strength(decision));
        expect([...turned.reasons].sort()).toEqual([...decision.reasons].sort());
      }),
    );
  });
});

function decide(policy: Policy, request: PolicyContext): Decision {
  const decision = policy.evaluate(request);
  if (decision instanceof Promise) throw new Error('a policy of rules is synchronous');
  return decision;
}

/** Denied is -1, then the tiers from the weakest. */
function strength(decision: Decision): number {
  return decision.outcome === 'deny' ? -1 : scale.tiers.findIndex(({ name }) => name === decision.tier);
}

/** Goes down some steps on each point; a word that is unknown becomes the worst. */
function worsen(
  one: IntegrityVerdict,
  [app = 0, licence = 0, device = 0, age = 0]: readonly number[],
): IntegrityVerdict {
  return verdict({
    provider: one.provider,
    recognition: down(RECOGNITION, one.app.recognition, app),
    licensing: down(LICENSING, one.app.licensing, licence),
    integrity: down(INTEGRITY, one.device.integrity, device),
    issuedAt: new Date(one.issuedAt.getTime() - age * 1000),
  });
}

function down(words: readonly string[], word: string, steps: number): string {
  return words[Math.max(0, words.indexOf(word) - steps)] ?? 'unevaluated';
}
