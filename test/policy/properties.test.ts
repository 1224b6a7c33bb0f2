import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createTierScale } from '../../src/core/tier-scale.js';
import type { Decision, PolicyContext } from '../../src/contracts/policy.js';
import type { IntegrityVerdict } from '../../src/contracts/integrity-verdict.js';
import { allOf, anyOf } from '../../src/policy/combinators.js';
import { createDefaultPolicy } from '../../src/policy/default-policy.js';
import { createPolicy } from '../../src/policy/rule-policy.js';
import { requireProvider } from '../../src/policy/rules.js';
import { contexts, decide, INTEGRITY, LICENSING, policies, RECOGNITION, rules } from './arbitraries.js';
import { verdict } from './verdicts.js';

const scale = createTierScale();

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
