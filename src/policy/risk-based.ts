// policy: imports core, contracts and this folder only.

import { assertWholeNumber } from '../core/assert-option.js';
import { ConfigurationError, UnavailableError } from '../core/errors.js';
import { untilAborted } from '../core/until-aborted.js';
import type { PolicyContext } from '../contracts/policy.js';

/** What a risk score may look at: everything but evidence, of which there is none. Most of it is claims of the client. */
export type RiskContext = Omit<PolicyContext, 'verdicts'>;

/** Scores below this get this tier. */
export interface RiskLevel {
  /** Above 0, at most 1. */
  readonly below: number;
  /** Name of a tier of the scale. */
  readonly tier: string;
  /** A shorter life than the tier has by itself, in seconds; never a longer one. Default: that of the tier. */
  readonly lifetimeSeconds?: number;
}

export interface RiskBasedOptions {
  /**
   * The team's own score of a client without evidence: from 0, no risk, to 1. It may ask a risk engine; the signal fires when its
   * time is over. Must not have side effects: it may be asked again for the same request.
   */
  readonly score: (context: RiskContext, signal?: AbortSignal) => Promise<number> | number;
  /** Lowest `below` and strongest tier first. A score that is below none is denied. */
  readonly levels: readonly RiskLevel[];
  /** How long the score is waited for, in seconds, 1 to 30. Default 2. */
  readonly timeoutSeconds?: number;
}

/** Made by {@link riskBased}. */
export interface RiskBasedFallback extends Required<RiskBasedOptions> {
  readonly kind: 'risk-based';
}

/**
 * Lets the team's own score decide on a client without evidence: the first level that the score is below gives the tier, with
 * the reason `risk_accepted`; a score below none is denied with `risk_too_high`, and the client may attest and come again.
 *
 * A score is a guess about what the client claims, and a client can claim anything. So each tier must be weaker than every tier
 * that evidence gives: {@link createPolicy} checks that.
 *
 * A score that is not a number from 0 to 1, that throws or that does not come in time makes the policy throw
 * {@link UnavailableError} `policy_unavailable`: never an allow.
 *
 * @throws ConfigurationError if there is no level, they are not in order, or a number is out of bounds
 */
export function riskBased(options: RiskBasedOptions): RiskBasedFallback {
  const { score, levels, timeoutSeconds = 2 } = options;
  if (typeof score !== 'function') throw new ConfigurationError('score', { message: 'must be a function' });
  if (levels.length === 0) throw new ConfigurationError('levels', { message: 'at least one is needed' });
  assertWholeNumber('timeoutSeconds', timeoutSeconds, 1, 30);
  for (const [index, { below }] of levels.entries()) {
    const least = levels[index - 1]?.below ?? 0;
    if (!(below > least && below <= 1)) {
      throw new ConfigurationError(`levels[${index}].below`, {
        message: 'must be above 0 and the one before it, and at most 1',
      });
    }
  }
  return { kind: 'risk-based', score, levels: levels.map((level) => ({ ...level })), timeoutSeconds };
}

/**
 * Asks for the score, and finds the level that it is below; `null` for none.
 *
 * @throws UnavailableError `policy_unavailable`
 */
export async function findRiskLevel(
  { score, levels, timeoutSeconds }: RiskBasedFallback,
  context: RiskContext,
): Promise<RiskLevel | null> {
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  const given: unknown = await untilAborted(() => ask(score, context, signal), signal, failed);
  // NaN compares false to everything.
  if (typeof given !== 'number' || !(given >= 0 && given <= 1)) {
    throw failed(new TypeError('the score is not a number from 0 to 1'));
  }
  return levels.find(({ below }) => given < below) ?? null;
}

/** The score may be a function of another hand: what it throws, at once or later, is not for our callers. */
async function ask(
  score: RiskBasedFallback['score'],
  context: RiskContext,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    return await score(context, signal);
  } catch (cause) {
    throw failed(cause);
  }
}

function failed(cause: unknown): UnavailableError {
  return new UnavailableError('policy_unavailable', { message: 'the risk score failed', cause });
}
