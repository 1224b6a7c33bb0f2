// policy: imports core, contracts and this folder only.

import { assertPercent, isInShare } from '../core/device-share.js';
import { assertRule, evaluateRule } from './evaluate-rule.js';
import type { Rule } from './rule.js';

/** For how many devices a rule, policy or provider counts already. */
export interface ObserveOptions {
  /**
   * The share of devices for which it is enforced, 0 to 100; which ones follows from their ids, and those that are in stay in as it
   * grows. A new device gets a new id each time that it tries, so for enrolment it is the share of tries. Default 0: it is only
   * observed.
   */
  readonly enforcePercent?: number;
}

/**
 * Tries a rule out: it is evaluated in full, and where it does not hold it refuses nobody outside of the enforced share. What it
 * would have refused is kept with the certificate, in the audit trail and in a metric, as `rule:<name>` with its reasons;
 * `device-trust observed` sums it up. Observe rules in `require`: the rules of a tier say what was proven.
 *
 * A rule that fails makes the policy fail, observed or not.
 *
 * @throws ConfigurationError unless it is a rule, and `enforcePercent` is a number from 0 to 100
 */
export function observe(rule: Rule, { enforcePercent = 0 }: ObserveOptions = {}): Rule {
  assertRule('observe', rule);
  assertPercent('enforcePercent', enforcePercent);
  const by = `rule:${rule.name}`;
  return {
    name: `observed (${rule.name})`,
    observes: true,
    evaluate: (context) => {
      const result = evaluateRule(rule, context);
      if (result.satisfied || isInShare(context.deviceId, enforcePercent, by)) return result;
      return { satisfied: true, reasons: [], observed: [{ by, reasons: result.reasons }] };
    },
  };
}
