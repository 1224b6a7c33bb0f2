import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../src/contracts/policy.js';
import { allOf, anyOf, forAction, fromOneVerdict } from '../../src/policy/combinators.js';
import { observe } from '../../src/policy/observe.js';
import { observePolicy } from '../../src/policy/observe-policy.js';
import type { Rule } from '../../src/policy/rule.js';
import { createPolicy } from '../../src/policy/rule-policy.js';
import { requireProvider } from '../../src/policy/rules.js';
import { contexts, decide, policies, rules, simpleRules } from './arbitraries.js';

/** Builds a rule, with some of the rules inside wrapped. */
type Build = (wrap: (rule: Rule) => Rule) => Rule;

const { builds } = fc.letrec<{ builds: Build }>((tie) => {
  const several = fc.array(tie('builds'), { minLength: 1, maxLength: 3 });
  return {
    builds: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.tuple(simpleRules, fc.boolean()).map(
        ([rule, wrapped]): Build =>
          (wrap) =>
            wrapped ? wrap(rule) : rule,
      ),
      several.map(
        (list): Build =>
          (wrap) =>
            allOf(...list.map((build) => build(wrap))),
      ),
      several.map(
        (list): Build =>
          (wrap) =>
            anyOf(...list.map((build) => build(wrap))),
      ),
      tie('builds').map(
        (build): Build =>
          (wrap) =>
            fromOneVerdict(build(wrap)),
      ),
      tie('builds').map(
        (build): Build =>
          (wrap) =>
            forAction('renew', build(wrap)),
      ),
      tie('builds').map(
        (build): Build =>
          (wrap) =>
            wrap(build(wrap)),
      ),
    ),
  };
});

const percents = fc.double({ min: 0, max: 100, noNaN: true });
const bare = (rule: Rule) => rule;
const enforced = (rule: Rule) => observe(rule, { enforcePercent: 100 });
const assign = [{ tier: 'basic', when: requireProvider('play-integrity', 'huawei-sysintegrity') }];
const policyOf = (require: Rule) => createPolicy({ require, assign });

/** What a decision says, but for what was only observed. */
function essence(decision: Decision): unknown {
  return decision.outcome === 'allow'
    ? { outcome: 'allow', tier: decision.tier, lifetimeSeconds: decision.lifetimeSeconds }
    : decision;
}

describe('whatever the rules and the evidence', () => {
  it('an observed rule refuses nobody, and says so just where the rule would not hold', () => {
    fc.assert(
      fc.property(rules, contexts, (rule, request) => {
        const expected = rule.evaluate(request);
        const result = observe(rule).evaluate(request);
        expect(result.satisfied).toBe(true);
        if (expected.satisfied) expect(result).toEqual(expected);
        else
          expect(result).toMatchObject({
            observed: [{ by: `rule:${rule.name}`, reasons: expected.reasons }],
          });
      }),
    );
  });

  it('rules that are enforced in full are the rules themselves', () => {
    fc.assert(
      fc.property(builds, contexts, (build, request) => {
        expect(build(enforced).evaluate(request)).toEqual(build(bare).evaluate(request));
      }),
    );
  });

  it('what is observed is told just where the rules, all enforced, would refuse', () => {
    fc.assert(
      fc.property(builds, contexts, (build, request) => {
        const result = build((rule) => observe(rule)).evaluate(request);
        const holdsByItself = result.satisfied && result.observed === undefined;
        expect(holdsByItself).toBe(build(bare).evaluate(request).satisfied);
      }),
      { numRuns: 500 },
    );
  });

  it('observing never turns an allowance into something else, in any share', () => {
    fc.assert(
      fc.property(builds, percents, contexts, (build, enforcePercent, request) => {
        const before = decide(policyOf(build(bare)), request);
        const after = decide(policyOf(build((rule) => observe(rule, { enforcePercent }))), request);
        if (before.outcome === 'allow') expect(after).toEqual(before);
      }),
    );
  });

  it('a further rule that is only observed changes nothing but what is told', () => {
    fc.assert(
      fc.property(rules, rules, contexts, (rule, more, request) => {
        const before = decide(policyOf(rule), request);
        const after = decide(policyOf(allOf(rule, observe(more))), request);
        expect(essence(after)).toEqual(essence(before));
      }),
    );
  });

  it('an observed policy that is enforced in full is the policy itself', () => {
    fc.assert(
      fc.property(policies, contexts, (policy, request) => {
        const observed = observePolicy(policy, {
          allow: { tier: 'none', lifetimeSeconds: 60 },
          enforcePercent: 100,
        });
        expect(decide(observed, request)).toEqual(decide(policy, request));
      }),
    );
  });

  it('an observed policy refuses nobody, and leaves each allowance alone', () => {
    fc.assert(
      fc.property(policies, contexts, (policy, request) => {
        const before = decide(policy, request);
        const after = decide(
          observePolicy(policy, { allow: { tier: 'none', lifetimeSeconds: 60 } }),
          request,
        );
        expect(after.outcome).toBe('allow');
        if (before.outcome === 'allow') expect(after).toEqual(before);
        else expect(after).toMatchObject({ observed: [{ by: 'policy', reasons: before.reasons }] });
      }),
    );
  });
});
