import fc from 'fast-check';
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

/** What can be said on each point, worst first. */
export const RECOGNITION = ['unrecognized', 'unevaluated', 'recognized'] as const;
export const LICENSING = ['unlicensed', 'unevaluated', 'licensed'] as const;
export const INTEGRITY = ['failed', 'unevaluated', 'basic', 'device', 'strong'] as const;

const verdicts: fc.Arbitrary<IntegrityVerdict> = fc
  .record({
    provider: fc.constantFrom('play-integrity', 'huawei-sysintegrity', 'android-key-attestation'),
    recognition: fc.constantFrom(...RECOGNITION, 'word-of-tomorrow'),
    licensing: fc.constantFrom(...LICENSING, 'word-of-tomorrow'),
    integrity: fc.constantFrom(...INTEGRITY, 'word-of-tomorrow'),
    issuedAt: fc.integer({ min: -60, max: 600 }).map((age) => new Date(NOW.getTime() - age * 1000)),
  })
  .map(verdict);

export const contexts: fc.Arbitrary<PolicyContext> = fc
  .tuple(fc.boolean(), fc.array(verdicts, { maxLength: 3 }))
  .map(([renewing, list]) => (renewing ? renewal(...list) : context(...list)));

/** Rules about evidence, alone. */
export const simpleRules: fc.Arbitrary<Rule> = fc.oneof(
  fc.constant(requireRecognizedApp()),
  fc.constant(requireLicensedApp()),
  fc.constantFrom('basic' as const, 'device' as const, 'strong' as const).map(requireDeviceIntegrity),
  fc.constantFrom('play-integrity', 'huawei-sysintegrity').map((name) => requireProvider(name)),
  fc.integer({ min: 1, max: 500 }).map((maxAgeSeconds) => requireFreshEvidence({ maxAgeSeconds })),
);

/** Rules of which it is true that worse evidence never satisfies them more: everything but `not` and own rules. */
export const { rules } = fc.letrec<{ rules: Rule }>((tie) => ({
  rules: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    simpleRules,
    fc.array(tie('rules'), { minLength: 1, maxLength: 3 }).map((list) => allOf(...list)),
    fc.array(tie('rules'), { minLength: 1, maxLength: 3 }).map((list) => anyOf(...list)),
    tie('rules').map((rule) => fromOneVerdict(rule)),
    tie('rules').map((rule) => forAction('renew', rule)),
  ),
}));

export const policies: fc.Arbitrary<Policy> = fc.oneof(
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

/** The decision of a policy of rules, which is synchronous. */
export function decide(policy: Policy, request: PolicyContext): Decision {
  const decision = policy.evaluate(request);
  if (decision instanceof Promise) throw new Error('a policy of rules is synchronous');
  return decision;
}
