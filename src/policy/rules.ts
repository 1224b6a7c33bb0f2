// policy: imports core, contracts and this folder only.

import { assertWholeNumber } from '../core/assert-option.js';
import { ConfigurationError } from '../core/errors.js';
import type { DeviceIntegrity, IntegrityVerdict } from '../contracts/integrity-verdict.js';
import { satisfied, unsatisfied, type Rule, type RuleResult } from './rule.js';

// How a rule reads several verdicts.
//
// What a vendor says on one point is good, bad, or nothing (`unevaluated`, or a word that we do not know). A rule holds if at least
// one verdict is good on its point and none is bad. So silence never satisfies; one vendor's silence, as of key attestation
// about the store, does not spoil what another said; and a bad word is not outweighed by a good one.
//
// An attacker decides what to send, and leaves bad evidence out. A bad word is thus a catch among honest clients; what
// counts for safety is that more evidence, or worse evidence, never makes up for a good word that is missing. Rules that must
// be true of one and the same device belong into `fromOneVerdict`.

/** The vendor recognises the app binary. `unevaluated` does not satisfy it: several kinds of attack end in it. */
export function requireRecognizedApp(): Rule {
  return evidenceRule('recognised app', (verdicts) => {
    const words = verdicts.map(({ app }) => app.recognition);
    if (words.includes('unrecognized')) return unsatisfied('app_not_recognized', 'update');
    return words.includes('recognized') ? satisfied() : unsatisfied('app_not_evaluated');
  });
}

/**
 * The user got the app from the vendor's store. Only Google says so: the rule shuts out every other provider, and
 * users who got a genuine app by another way.
 */
export function requireLicensedApp(): Rule {
  return evidenceRule('licensed app', (verdicts) => {
    const words = verdicts.map(({ app }) => app.licensing);
    if (words.includes('unlicensed')) return unsatisfied('app_not_licensed', 'update');
    return words.includes('licensed') ? satisfied() : unsatisfied('app_not_evaluated');
  });
}

/** Levels that a rule may demand, weakest first. */
const LEVELS: readonly DeviceIntegrity[] = ['basic', 'device', 'strong'];

/**
 * The device's integrity is proven to this level or a stronger one.
 *
 * A device of which a vendor reports the opposite (`failed`) does not satisfy it whatever else was said, and the client
 * is told to stop; but if that vendor did not evaluate the app either, it may have been a passing failure, and the
 * client may attest again.
 *
 * @throws ConfigurationError if the level is none of the three
 */
export function requireDeviceIntegrity(level: 'basic' | 'device' | 'strong'): Rule {
  const demanded = LEVELS.indexOf(level);
  if (demanded < 0) throw new ConfigurationError('level', { message: 'must be basic, device or strong' });
  return evidenceRule(`device integrity ${level}`, (verdicts) => {
    const failed = verdicts.filter(({ device }) => device.integrity === 'failed');
    if (failed.some(({ app }) => app.recognition !== 'unevaluated')) {
      return unsatisfied('device_reported_compromised', 'stop');
    }
    if (failed.length > 0) return unsatisfied('device_integrity_too_low');
    const proven = Math.max(...verdicts.map(({ device }) => LEVELS.indexOf(device.integrity)));
    if (proven >= demanded) return satisfied();
    return unsatisfied(proven < 0 ? 'device_not_evaluated' : 'device_integrity_too_low');
  });
}

/**
 * At least one verdict is from one of these providers.
 *
 * @throws ConfigurationError if no provider is named
 */
export function requireProvider(...names: readonly string[]): Rule {
  if (names.length === 0)
    throw new ConfigurationError('names', { message: 'at least one provider is needed' });
  const accepted = new Set(names);
  return evidenceRule(`provider ${names.join(' or ')}`, (verdicts) =>
    verdicts.some(({ provider }) => accepted.has(provider))
      ? satisfied()
      : unsatisfied('provider_not_accepted'),
  );
}

/**
 * Every verdict is from evidence that is at most this old, by the vendor's clock. Every one, so that stale evidence cannot
 * lend a good word to fresh one. Providers have a limit of their own; this one can only be stricter.
 *
 * @throws ConfigurationError unless `maxAgeSeconds` is a whole number from 1 to 86,400
 */
export function requireFreshEvidence({ maxAgeSeconds }: { readonly maxAgeSeconds: number }): Rule {
  assertWholeNumber('maxAgeSeconds', maxAgeSeconds, 1, 86_400);
  return evidenceRule(`evidence of the last ${maxAgeSeconds} seconds`, (verdicts, now) =>
    // An invalid date compares false and so is not fresh.
    verdicts.every(({ issuedAt }) => now.getTime() - issuedAt.getTime() <= maxAgeSeconds * 1000)
      ? satisfied()
      : unsatisfied('evidence_stale'),
  );
}

/** A rule about what the evidence says; without evidence it does not hold. */
function evidenceRule(
  name: string,
  judge: (verdicts: readonly IntegrityVerdict[], now: Date) => RuleResult,
): Rule {
  return {
    name,
    evaluate: ({ verdicts, now }) =>
      verdicts.length === 0 ? unsatisfied('evidence_missing') : judge(verdicts, now),
  };
}
