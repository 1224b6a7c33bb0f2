// policy: imports core, contracts and this folder only.

import type { ClientAction } from '../core/client-action.js';
import type { ReasonCode } from '../core/reason-code.js';
import type { ObservedRefusal, PolicyContext } from '../contracts/policy.js';

/** The rule holds. */
export interface Satisfied {
  readonly satisfied: true;
  /** What is worth telling the audit trail; may be empty. */
  readonly reasons: readonly ReasonCode[];
  /** What does not hold and is only observed. Default: nothing. */
  readonly observed?: readonly ObservedRefusal[];
}

/** The rule does not hold. */
export interface Unsatisfied {
  readonly satisfied: false;
  /** Why not. */
  readonly reasons: readonly [ReasonCode, ...ReasonCode[]];
  /** What the client could do about it. */
  readonly action: ClientAction;
}

export type RuleResult = Satisfied | Unsatisfied;

/**
 * One condition on a request for a certificate, as a value: it can be named, listed, combined and tested without a
 * server.
 *
 * `evaluate` is pure: same context, same result, no side effect. A rule that throws, or answers with anything but
 * a {@link RuleResult}, makes the policy fail with {@link UnavailableError} `policy_unavailable`: never an allow, not
 * even under `not` or `observe`.
 */
export interface Rule {
  /** For the person who reads a log. */
  readonly name: string;
  /** True if it may hold because a rule inside is only observed. Default `false`. */
  readonly observes?: boolean;
  readonly evaluate: (context: PolicyContext) => RuleResult;
}

/** The result of a rule that holds. */
export function satisfied(...reasons: readonly ReasonCode[]): Satisfied {
  return { satisfied: true, reasons };
}

/**
 * The result of a rule that does not hold.
 *
 * @param action what the client could do about it; default: `reattest`
 */
export function unsatisfied(reason: ReasonCode, action: ClientAction = 'reattest'): Unsatisfied {
  return { satisfied: false, reasons: [reason], action };
}
