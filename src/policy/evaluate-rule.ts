// policy: imports core, contracts and this folder only.

import { ConfigurationError, UnavailableError } from '../core/errors.js';
import type { PolicyContext } from '../contracts/policy.js';
import { isClientAction } from './action-finality.js';
import type { Rule, RuleResult } from './rule.js';

/**
 * Evaluates a rule that may come from elsewhere, and believes its answer only if it is one: `true` or a promise is not.
 *
 * @throws UnavailableError `policy_unavailable` if the rule throws or its answer is malformed; an
 *   {@link UnavailableError} of the rule stays itself
 */
export function evaluateRule(rule: Rule, context: PolicyContext): RuleResult {
  try {
    const result: unknown = rule.evaluate(context);
    if (!isRuleResult(result)) throw new TypeError('the answer is not a RuleResult');
    return result;
  } catch (cause) {
    if (cause instanceof UnavailableError) throw cause;
    throw new UnavailableError('policy_unavailable', { message: `the rule "${rule.name}" failed`, cause });
  }
}

/**
 * Checks a rule that was given as an option, for callers without types.
 *
 * @throws ConfigurationError
 */
export function assertRule(option: string, rule: Rule): void {
  const candidate: unknown = rule;
  const isRule =
    isObject(candidate) &&
    typeof candidate['name'] === 'string' &&
    typeof candidate['evaluate'] === 'function';
  if (!isRule) throw new ConfigurationError(option, { message: 'must be a rule: a name and evaluate' });
}

function isRuleResult(result: unknown): result is RuleResult {
  if (!isObject(result) || !isReasons(result['reasons'])) return false;
  if (result['satisfied'] === true) return isObserved(result['observed']);
  return result['satisfied'] === false && result['reasons'].length > 0 && isClientAction(result['action']);
}

function isReasons(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((reason) => typeof reason === 'string' && reason !== '');
}

function isObserved(value: unknown): boolean {
  if (value === undefined) return true;
  return (
    Array.isArray(value) &&
    value.every(
      (refusal) => isObject(refusal) && typeof refusal['by'] === 'string' && isReasons(refusal['reasons']),
    )
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
