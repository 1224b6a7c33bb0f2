// vendor: imports core and contracts only.

import { assertWholeNumber } from '../core/assert-option.js';
import { ConfigurationError, UnavailableError } from '../core/errors.js';
import type { EventSink } from '../contracts/event-sink.js';
import type { IssuanceAction } from '../contracts/policy.js';
import type { UsageCounterStore } from '../contracts/usage-counter-store.js';
import { createLocalDays } from './local-day.js';

/** A call to count. */
export interface VendorSpending {
  /** What it is for; `probe`: a question of our own, whether the vendor answers; `null`: nobody said. */
  readonly purpose: IssuanceAction | 'probe' | null;
  readonly now: Date;
}

/** How many calls to a vendor we allow ourselves in a day. */
export interface VendorBudget {
  /**
   * Counts one call, before it is made; a probe once it was answered. Throws {@link UnavailableError}: `provider_budget_exhausted` if there are none left for this
   * purpose, with the seconds until the next day, an hour at
   * most; `store_unavailable` if the store could not count, `audit_unavailable` if
   * the sink did not take the alarm. The call must not be made then.
   */
  spend(spending: VendorSpending): Promise<void>;
}

/** Options of {@link createVendorBudget}. */
export interface VendorBudgetOptions {
  /** Counts for all replicas: `stores.usageCounters`. */
  readonly usageCounters: UsageCounterStore;
  /** Name of the provider that makes the calls, such as `play-integrity`; 1 to 100 characters. */
  readonly provider: string;
  /**
   * Calls in a day, 1 to 1,000,000,000. Default: 10,000, the quota of the Play Integrity API for decoding. Stay below the quota
   * that you have: what clients use up of a budget is no outage, a quota that is used up may be taken for one.
   */
  readonly perDay?: number;
  /** In which time zone a day begins at midnight. Default: `America/Los_Angeles`, where the quotas of Google begin anew. */
  readonly resetTimeZone?: string;
  /** Parts of the budget at whose use an alarm is given, each more than 0 and at most 1. Default: 0.5, 0.8 and 0.95. */
  readonly alarmAt?: readonly number[];
  /** What part of the budget is left to renewals: enrolments may not use it; 0 to 0.99. Default: 0.2. */
  readonly reserveForRenewals?: number;
  /** Who is told `vendor_budget_low`. Default: nobody. */
  readonly events?: EventSink;
}

/** A counter outlives its day by this: a replica whose clock is behind counts on in the same one. */
const KEEP_SECONDS = 24 * 3600;
/** Longest time that a client is told to wait: the budget may be raised before the day is over. */
const MAX_RETRY_SECONDS = 3600;

/**
 * Creates a budget of calls that all replicas share, exactly. Whoever floods the enrolment endpoint with evidence of its own making
 * can use up what enrolments may use, and then enrolments end in `provider_budget_exhausted`; the reserve keeps devices that have
 * a certificate going. Calls for which nobody said what they are for count as enrolments.
 *
 * Each alarm is given once a day, by the replica that made the call that reached it.
 *
 * @throws ConfigurationError if an option is not as described
 */
export function createVendorBudget(options: VendorBudgetOptions): VendorBudget {
  const { usageCounters, provider, events, perDay = 10_000, reserveForRenewals = 0.2 } = options;
  if (provider.length < 1 || provider.length > 100) {
    throw new ConfigurationError('provider', { message: 'must have 1 to 100 characters' });
  }
  assertWholeNumber('perDay', perDay, 1, 1_000_000_000);
  if (!(reserveForRenewals >= 0 && reserveForRenewals <= 0.99)) {
    throw new ConfigurationError('reserveForRenewals', { message: 'must be 0 to 0.99' });
  }
  const findDay = createLocalDays('resetTimeZone', options.resetTimeZone ?? 'America/Los_Angeles');
  const alarms = readAlarms(options.alarmAt ?? [0.5, 0.8, 0.95], perDay);
  const forEnrolments = Math.max(1, perDay - Math.round(perDay * reserveForRenewals));

  return {
    async spend({ purpose, now }) {
      const { date, endsAt } = findDay(now);
      const { counted, total } = await usageCounters.countUsage({
        key: `calls:${provider}:${date}`,
        limit: purpose === 'renew' || purpose === 'probe' ? perDay : forEnrolments,
        expiresAt: new Date(endsAt.getTime() + KEEP_SECONDS * 1000),
        now,
      });
      if (!counted) throw exhausted(now, endsAt);
      if (events && alarms.has(total)) {
        await tell(events, { type: 'vendor_budget_low', at: now, provider, used: total, budget: perDay });
      }
    },
  };
}

/** The totals at which an alarm is given. */
function readAlarms(parts: readonly number[], perDay: number): ReadonlySet<number> {
  return new Set(
    parts.map((part, index) => {
      if (part > 0 && part <= 1) return Math.ceil(perDay * part);
      throw new ConfigurationError(`alarmAt[${index}]`, { message: 'must be more than 0 and at most 1' });
    }),
  );
}

function exhausted(now: Date, endsAt: Date): UnavailableError {
  const secondsLeft = (endsAt.getTime() - now.getTime()) / 1000;
  return new UnavailableError('provider_budget_exhausted', {
    message: 'the calls to the vendor that are allowed for the day are used up',
    retryAfterSeconds: Math.min(MAX_RETRY_SECONDS, Math.max(1, Math.ceil(secondsLeft))),
  });
}

async function tell(events: EventSink, event: Parameters<EventSink['record']>[0]): Promise<void> {
  try {
    await events.record(event);
  } catch (cause) {
    throw new UnavailableError('audit_unavailable', {
      message: 'the event sink did not take the event',
      cause,
    });
  }
}
