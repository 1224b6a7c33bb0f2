// enrolment: imports core, contracts, x509.

import { assertWholeNumber } from '../core/assert-option.js';
import { systemMonotonicClock, type MonotonicClock } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import { createTierScale, type TierScale } from '../core/tier-scale.js';
import type { AllowDecision, PolicyContext } from '../contracts/policy.js';
import type { UsageCounterStore } from '../contracts/usage-counter-store.js';
import type { VendorProbe, VendorState } from '../contracts/vendor-probe.js';
import { mayRestOnEarlierEvidence } from './appraisal-summary.js';
import { createProbeMemory } from './probe-memory.js';

/** Which renewals are allowed while the vendor cannot be asked. */
export interface OutageRenewals {
  /** Tiers of the latest certificate, by name. Default: every tier that rests on evidence. */
  readonly tiers?: readonly string[];
  /** How old the last evidence may be, in seconds, 60 to 90 days. Default: 21 days. */
  readonly maxEvidenceAgeSeconds?: number;
  /** Only a certificate that ends within so many seconds, or has ended, is extended; the others wait. 0 to 7 days. Default: 1 day. */
  readonly endsWithinSeconds?: number;
  /**
   * Life of the new certificate, in seconds: at least 60 and `endsWithinSeconds`, at most 7 days, and never longer than the tier
   * has. Default: 1 day.
   */
  readonly extensionSeconds?: number;
  /** How many extensions a device gets until it shows fresh evidence, 1 to 30. Default: 2. */
  readonly maxPerDevice?: number;
}

/** What an enrolment gets while the vendor cannot be asked: as much as one without evidence, no more. */
export interface OutageEnrolments {
  readonly tier: string;
  /** 60 seconds to 7 days, never longer than the tier has. */
  readonly lifetimeSeconds: number;
}

export interface OutagePolicyOptions {
  /** Counts for all replicas: `stores.usageCounters`. */
  readonly usageCounters: UsageCounterStore;
  /** One for each provider whose outage counts; without its probe, no outage of a provider takes this path. At least one. */
  readonly probes: readonly VendorProbe[];
  /** Default: all defaults of {@link OutageRenewals}; `null`: renewals wait. */
  readonly renewals?: OutageRenewals | null;
  /** Default: `null`, enrolments wait. */
  readonly enrolments?: OutageEnrolments | null;
  /**
   * How many renewals of all devices, and how many enrolments, on one day (UTC); 1 to 1,000,000 of each. Apart, since anyone with the
   * bootstrap certificate can use up the enrolments. Default: 1,000.
   */
  readonly maxPerDay?: number;
  /**
   * What counts as an outage. `quota` is the vendor's own word that our quota is used up: who floods us with made-up tokens can
   * bring that about, unless a budget of our own refuses first. Default: both.
   */
  readonly causes?: readonly Exclude<VendorState, 'answered'>[];
  /** How long one probe may take, in seconds, above 0, at most 60. Default: 5. */
  readonly probeTimeoutSeconds?: number;
  /** For how long the answer to a probe is believed, in seconds, 1 to 60. Default: 10. */
  readonly probeMemorySeconds?: number;
  /** Must be the scale that the policy was made with. Default: the default tiers. */
  readonly tiers?: TierScale;
  readonly monotonicClock?: MonotonicClock;
}

/** Decides on requests whose evidence nobody could judge. */
export interface OutagePolicy {
  /**
   * The outcomes: **allow**; **`null`**: the request waits, and is answered like any outage; **could not find out** (the counters
   * cannot be asked): throws {@link UnavailableError}. To be asked only if every piece of evidence was either verified or met with an
   * outage, and the client still waits.
   *
   * @param providers names of those whose vendor could not be asked; at least one
   */
  evaluate(context: PolicyContext, providers: readonly string[]): Promise<AllowDecision | null>;
}

const DAY_SECONDS = 24 * 60 * 60;
const WEEK_SECONDS = 7 * DAY_SECONDS;

/**
 * Creates the one way in which a certificate is issued although a vendor could not be asked. Whoever wants to profit from an
 * outage must not be able to make one, so:
 *
 * - a failure that a client's evidence ran into counts for nothing; a probe of ours must run into it too, for every provider
 *   concerned;
 * - a device is extended only on the strength of its own last evidence, of the same providers, if that is young enough, for the
 *   same key, and only when its certificate is about to end;
 * - extensions are counted for each device and in total, across replicas, and apart from enrolments.
 *
 * What was allowed is in the audit trail (`outage` names the provider, the reason is `vendor_outage`), and fresh evidence is due at
 * once.
 *
 * @throws ConfigurationError if an option is out of bounds, no probe is given, two are of one provider, or a tier is none of
 *   the scale
 */
export function createOutagePolicy(options: OutagePolicyOptions): OutagePolicy {
  const { usageCounters, maxPerDay = 1000, tiers = createTierScale() } = options;
  const { causes = ['unanswered', 'quota'], monotonicClock = systemMonotonicClock } = options;
  const renewals = options.renewals === null ? null : checkRenewals(options.renewals ?? {}, tiers);
  const enrolments = checkEnrolments(options.enrolments ?? null, tiers);
  assertWholeNumber('maxPerDay', maxPerDay, 1, 1_000_000);
  if (causes.length === 0) throw new ConfigurationError('causes', { message: 'at least one is needed' });
  const probes = createProbeMemory({ ...options, monotonicClock });

  /** Counts one certificate; `false` if the cap is reached. */
  async function count(name: string, limit: number, seconds: number, now: Date): Promise<boolean> {
    const expiresAt = new Date(now.getTime() + seconds * 1000);
    const { counted } = await usageCounters.countUsage({ key: `outage:${name}`, limit, expiresAt, now });
    return counted;
  }

  function countInTotal({ action, now }: PolicyContext): Promise<boolean> {
    return count(`${action}:${now.toISOString().slice(0, 10)}`, maxPerDay, 2 * DAY_SECONDS, now);
  }

  async function isOutage(providers: readonly string[]): Promise<boolean> {
    const states = await Promise.all(providers.map((provider) => probes.find(provider)));
    return states.every((state) => state !== 'answered' && causes.includes(state));
  }

  async function extend(context: PolicyContext, providers: readonly string[]): Promise<AllowDecision | null> {
    const { history, now } = context;
    const evidence = history?.evidence ?? null;
    const tier = history && tiers.find(history.tier);
    if (renewals === null || evidence === null || !history || !tier) return null;
    if (!mayRestOnEarlierEvidence(context)) return null;
    if (renewals.tiers !== null && !renewals.tiers.includes(tier.name)) return null;
    const ageSeconds = (now.getTime() - evidence.verifiedAt.getTime()) / 1000;
    const leftSeconds = (history.notAfter.getTime() - now.getTime()) / 1000;
    // Written so that a time that is no time refuses.
    if (!(ageSeconds <= renewals.maxEvidenceAgeSeconds && leftSeconds <= renewals.endsWithinSeconds))
      return null;
    const known = new Set(evidence.verdicts.map(({ provider }) => provider));
    if (!providers.every((provider) => known.has(provider))) return null;
    if (!(await isOutage(providers))) return null;
    const device = `device:${history.deviceId}:${evidence.verifiedAt.getTime()}`;
    const keptSeconds = renewals.maxEvidenceAgeSeconds + WEEK_SECONDS;
    if (!(await count(device, renewals.maxPerDevice, keptSeconds, now))) return null;
    if (!(await countInTotal(context))) return null;
    return {
      outcome: 'allow',
      tier: tier.name,
      lifetimeSeconds: Math.min(renewals.extensionSeconds, tier.lifetimeSeconds),
      reasons: ['vendor_outage'],
      basis: 'earlier',
      evidenceDueAt: now,
    };
  }

  async function admit(context: PolicyContext, providers: readonly string[]): Promise<AllowDecision | null> {
    if (enrolments === null || !(await isOutage(providers)) || !(await countInTotal(context))) return null;
    return { outcome: 'allow', ...enrolments, reasons: ['vendor_outage'], evidenceDueAt: context.now };
  }

  return {
    evaluate: (context, providers) =>
      context.action === 'renew' ? extend(context, providers) : admit(context, providers),
  };
}

interface RenewalRules extends Required<Omit<OutageRenewals, 'tiers'>> {
  readonly tiers: readonly string[] | null;
}

function checkRenewals(options: OutageRenewals, scale: TierScale): RenewalRules {
  const { tiers = null, maxEvidenceAgeSeconds = 21 * DAY_SECONDS, endsWithinSeconds = DAY_SECONDS } = options;
  const { extensionSeconds = DAY_SECONDS, maxPerDevice = 2 } = options;
  for (const tier of tiers ?? []) assertTier('renewals.tiers', tier, scale);
  assertWholeNumber('renewals.maxEvidenceAgeSeconds', maxEvidenceAgeSeconds, 60, 90 * DAY_SECONDS);
  assertWholeNumber('renewals.endsWithinSeconds', endsWithinSeconds, 0, WEEK_SECONDS);
  // A certificate that ends sooner than the one that it supersedes would be a loss.
  assertWholeNumber(
    'renewals.extensionSeconds',
    extensionSeconds,
    Math.max(60, endsWithinSeconds),
    WEEK_SECONDS,
  );
  assertWholeNumber('renewals.maxPerDevice', maxPerDevice, 1, 30);
  return { tiers, maxEvidenceAgeSeconds, endsWithinSeconds, extensionSeconds, maxPerDevice };
}

function checkEnrolments(options: OutageEnrolments | null, scale: TierScale): OutageEnrolments | null {
  if (options === null) return null;
  const { tier, lifetimeSeconds } = options;
  const longest = Math.min(WEEK_SECONDS, assertTier('enrolments.tier', tier, scale));
  assertWholeNumber('enrolments.lifetimeSeconds', lifetimeSeconds, 60, longest);
  return { tier, lifetimeSeconds };
}

/** @returns how long a certificate of the tier lives, in seconds */
function assertTier(option: string, name: string, scale: TierScale): number {
  const tier = scale.find(name);
  if (tier === undefined)
    throw new ConfigurationError(option, { message: `${name} is no tier of the scale` });
  return tier.lifetimeSeconds;
}
