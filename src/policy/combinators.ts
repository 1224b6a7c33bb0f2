// policy: imports core, contracts and this folder only.

import { ConfigurationError } from '../core/errors.js';
import type { ClientAction } from '../core/client-action.js';
import type { ReasonCode } from '../core/reason-code.js';
import type { IssuanceAction, ObservedRefusal, PolicyContext } from '../contracts/policy.js';
import { easiestAction, hardestAction } from './action-finality.js';
import { assertRule, evaluateRule } from './evaluate-rule.js';
import {
  satisfied,
  unsatisfied,
  type Rule,
  type RuleResult,
  type Satisfied,
  type Unsatisfied,
} from './rule.js';

/**
 * Holds if every rule holds. Every rule is evaluated, so that the reasons of all that do not hold are kept.
 *
 * @throws ConfigurationError if there is no rule, which would always hold
 */
export function allOf(...rules: readonly Rule[]): Rule {
  assertRules('allOf', rules);
  return {
    name: `all of (${rules.map(({ name }) => name).join(', ')})`,
    ...observesIfAny(rules),
    evaluate: (context) => {
      const results = rules.map((rule) => evaluateRule(rule, context));
      const failed = results.filter(isUnsatisfied);
      return failed.length === 0
        ? holdWith(results, collectObserved(results))
        : refuseWith(failed, hardestAction(failed.map(({ action }) => action)));
    },
  };
}

/**
 * Holds if at least one rule holds. Every rule is evaluated; if none holds, the reasons of all are kept, and the client is
 * told the easiest way out.
 *
 * @throws ConfigurationError if there is no rule
 */
export function anyOf(...rules: readonly Rule[]): Rule {
  assertRules('anyOf', rules);
  return {
    name: `any of (${rules.map(({ name }) => name).join(', ')})`,
    ...observesIfAny(rules),
    evaluate: (context) => {
      return holdWithAny(rules.map((rule) => evaluateRule(rule, context)));
    },
  };
}

/**
 * Holds if the rule does not. Take care: most rules do not hold for evidence that says nothing, and their opposite then
 * does. Use it to shut something out next to a rule that demands something. To observe, put it inside: `observe(not(...))`.
 *
 * @param reason why, where the rule holds
 * @param action what the client could do about it; default: `reattest`
 * @throws ConfigurationError if a rule inside is only observed: it would refuse whom it is to let pass
 */
export function not(rule: Rule, reason: ReasonCode, action: ClientAction = 'reattest'): Rule {
  assertRule('not', rule);
  if (rule.observes === true) {
    throw new ConfigurationError('not', { message: 'a rule inside is only observed: observe this one' });
  }
  return {
    name: `not (${rule.name})`,
    evaluate: (context) => {
      const result = evaluateRule(rule, context);
      if (!result.satisfied) return satisfied();
      if (collectObserved([result]).length > 0) throw new TypeError('a rule under "not" is only observed');
      return unsatisfied(reason, action);
    },
  };
}

/**
 * Demands a rule under a condition only; where the condition is not met it holds.
 *
 * @param name of the condition, such as `renewing`
 * @param condition must answer `true` or `false`; anything else fails the policy
 */
export function when(name: string, condition: (context: PolicyContext) => boolean, rule: Rule): Rule {
  assertRule('when', rule);
  return {
    name: `when ${name} (${rule.name})`,
    ...observesIfAny([rule]),
    evaluate: (context) => {
      const applies: unknown = condition(context);
      if (typeof applies !== 'boolean') throw new TypeError('the condition answered neither true nor false');
      return applies ? evaluateRule(rule, context) : satisfied();
    },
  };
}

/** Demands a rule for one action only; for the other it holds. */
export function forAction(action: IssuanceAction, rule: Rule): Rule {
  return when(`the action is ${action}`, (context) => context.action === action, rule);
}

/**
 * Holds if one single verdict is enough for the rule, with all others left out.
 *
 * A client may send several pieces of evidence. All are bound to the same challenge and key, yet nothing proves that they are about
 * the same device: whoever knows a public key can have evidence made for it elsewhere. Only evidence that attests the key
 * itself is about the device that holds it. Put rules that must be true of one device inside:
 * `fromOneVerdict(allOf(requireRecognizedApp(), requireDeviceIntegrity('strong')))`. Where two pieces are better than one, demand both
 * of them: `allOf(fromOneVerdict(...), requireProvider('android-key-attestation'))`.
 */
export function fromOneVerdict(rule: Rule): Rule {
  assertRule('fromOneVerdict', rule);
  return {
    name: `from one verdict (${rule.name})`,
    ...observesIfAny([rule]),
    evaluate: (context) => {
      if (context.verdicts.length === 0) return unsatisfied('evidence_missing');
      return holdWithAny(
        context.verdicts.map((verdict) => evaluateRule(rule, { ...context, verdicts: [verdict] })),
      );
    },
  };
}

/** The reasons of all results, each once, in order. */
function collectReasons(results: readonly RuleResult[]): readonly ReasonCode[] {
  return [...new Set(results.flatMap(({ reasons }) => [...reasons]))];
}

/** What is only observed of all results: each rule once, with all its reasons. */
function collectObserved(results: readonly RuleResult[]): readonly ObservedRefusal[] {
  const byRule = new Map<string, Set<ReasonCode>>();
  for (const result of results) {
    if (!result.satisfied) continue;
    for (const { by, reasons } of result.observed ?? []) {
      byRule.set(by, new Set([...(byRule.get(by) ?? []), ...reasons]));
    }
  }
  return [...byRule].map(([by, reasons]) => ({ by, reasons: [...reasons] }));
}

function observesIfAny(rules: readonly Rule[]): Pick<Rule, 'observes'> {
  return rules.some(({ observes }) => observes === true) ? { observes: true } : {};
}

/** Where one result that holds is enough. One that holds by itself makes up for those that are only observed to fail. */
function holdWithAny(results: readonly RuleResult[]): RuleResult {
  const held = results.filter((result) => result.satisfied);
  if (held.length === 0) {
    const failed = results.filter(isUnsatisfied);
    return refuseWith(failed, easiestAction(failed.map(({ action }) => action)));
  }
  const holdsByItself = held.some((result) => collectObserved([result]).length === 0);
  return holdWith(held, holdsByItself ? [] : collectObserved(held));
}

function holdWith(held: readonly RuleResult[], observed: readonly ObservedRefusal[]): Satisfied {
  const result = satisfied(...collectReasons(held));
  return observed.length === 0 ? result : { ...result, observed };
}

function isUnsatisfied(result: RuleResult): result is Unsatisfied {
  return !result.satisfied;
}

function refuseWith(failed: readonly Unsatisfied[], action: ClientAction): Unsatisfied {
  const [first, ...rest] = collectReasons(failed);
  if (first === undefined) throw new TypeError('no rule has failed');
  return { satisfied: false, reasons: [first, ...rest], action };
}

function assertRules(combinator: string, rules: readonly Rule[]): void {
  if (rules.length === 0)
    throw new ConfigurationError(combinator, { message: 'at least one rule is needed' });
  for (const [index, rule] of rules.entries()) assertRule(`${combinator}[${index}]`, rule);
}
