// integrity/android: imports core, contracts, vendor and this folder only.

import type { VendorProbe } from '../../contracts/vendor-probe.js';
import { assertWholeNumber } from '../../core/assert-option.js';
import { systemMonotonicClock, type MonotonicClock } from '../../core/clock.js';
import { ConfigurationError, UnavailableError } from '../../core/errors.js';
import { systemFetch, type HttpFetch } from '../../core/http-fetch.js';
import { assertSecureUrl } from '../../core/secure-url.js';
import { untilAborted } from '../../core/until-aborted.js';
import type { VendorCallOptions } from '../../vendor/vendor-call-options.js';
import { createVendorCalls, type VendorCallsState } from '../../vendor/vendor-calls.js';
import type { AttestationStatusList } from './attestation-status-list.js';
import { fetchStatusList, type FetchedStatusList, type StatusListSource } from './fetch-status-list.js';
import { ANDROID_KEY_ATTESTATION } from './key-attestation-verdict.js';
import type { AttestationStatuses } from './parse-status-list.js';
import { probeStatusList } from './probe-status-list.js';

/** Options of {@link createAttestationStatusList}. */
export interface AttestationStatusListOptions {
  /** `https:`, or `http:` on this machine. Default: `https://android.googleapis.com/attestation/status`. */
  readonly url?: string;
  /** Default: the `fetch` of the runtime. */
  readonly fetch?: HttpFetch;
  /** How long one attempt to fetch the list may take: more than 0, at most 60. Default: 5. */
  readonly timeoutSeconds?: number;
  /** How often it is attempted, and within which time. Default: as described there. */
  readonly calls?: VendorCallOptions;
  /**
   * How old the list may become while no newer one can be had; 86,400 (one day) to 2,592,000 (30 days). Default: 259,200, three
   * days: a weekend. Google lets caches keep it for one.
   */
  readonly maxStaleSeconds?: number;
  /** Default: that of the machine. */
  readonly monotonicClock?: MonotonicClock;
}

/** Google's status list, kept in memory. */
export interface RemoteStatusList extends AttestationStatusList, VendorProbe {
  readonly provider: typeof ANDROID_KEY_ATTESTATION;
  /** Seconds since the list that counts was asked for; `null` if there is none yet. For a gauge: alarm at two days. */
  ageSeconds(): number | null;
  /** What becomes of the calls to Google in this process. */
  readonly state: VendorCallsState;
}

/** Pause after a failure, in seconds. */
const RETRY_SECONDS = 60;

const GOOGLE_STATUS_URL = 'https://android.googleapis.com/attestation/status';

/**
 * Keeps Google's status list: fetched when it is first needed, and again when its `Cache-Control: max-age` is over (at least a
 * minute, at most a day; an hour if nothing is said). Nothing runs between requests; all that need the list at once share one
 * fetch.
 *
 * A fetch that fails, even after some attempts, is too large, is not in its form or brings an empty list leaves the earlier list
 * in force. It is tried again a minute later, behind the requests. When the list is `maxStaleSeconds` old, and before there is one at all, `load`
 * throws UnavailableError `provider_unavailable`: no phone is taken whose key may have leaked since.
 *
 * @throws ConfigurationError if an option is not as described
 */
export function createAttestationStatusList(options: AttestationStatusListOptions = {}): RemoteStatusList {
  const { monotonicClock = systemMonotonicClock, maxStaleSeconds = 259_200 } = options;
  const source = checkSource(options);
  assertWholeNumber('maxStaleSeconds', maxStaleSeconds, 86_400, 2_592_000);
  const calls = createVendorCalls<FetchedStatusList>({
    ...options.calls,
    timeoutSeconds: source.timeoutSeconds,
  });
  let kept: (FetchedStatusList & { readonly askedAt: number }) | null = null;
  let failure: { readonly at: number; readonly cause: unknown } | null = null;
  let pending: Promise<void> | null = null;

  const secondsSince = (moment: number): number => (monotonicClock.elapsedMilliseconds() - moment) / 1000;
  const ageSeconds = (): number | null => (kept === null ? null : secondsSince(kept.askedAt));

  /** What may be used, however old within the bounds; `null` if nothing may. */
  const usable = (): AttestationStatuses | null =>
    kept !== null && secondsSince(kept.askedAt) <= maxStaleSeconds ? kept.statuses : null;

  /** Never rejects: what came of it is in `kept` and `failure`. */
  function refresh(): Promise<void> {
    pending ??= refreshOnce().finally(() => {
      pending = null;
    });
    return pending;
  }

  async function refreshOnce(): Promise<void> {
    // As old as the question: the answer may have been on its way for long.
    const askedAt = monotonicClock.elapsedMilliseconds();
    try {
      const fetched = await calls.run({ attempt: (signal) => fetchStatusList(source, signal) });
      kept = { ...fetched, askedAt };
      failure = null;
    } catch (cause) {
      failure = { at: monotonicClock.elapsedMilliseconds(), cause };
    }
  }

  return {
    provider: ANDROID_KEY_ATTESTATION,
    ageSeconds,
    get state() {
      return calls.state;
    },
    probe: (signal) => probeStatusList(source, signal),
    async load(signal) {
      const isFresh = kept !== null && secondsSince(kept.askedAt) < kept.maxAgeSeconds;
      const isPausing = pending === null && failure !== null && secondsSince(failure.at) < RETRY_SECONDS;
      if (!isFresh && !isPausing) {
        const isFailing = failure !== null;
        const refreshed = refresh();
        if (!isFailing || usable() === null) await wait(refreshed, signal);
      }
      const statuses = usable();
      if (statuses !== null) return statuses;
      throw unavailable(failure?.cause);
    },
  };
}

async function wait(refreshed: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) await refreshed;
  else await untilAborted(() => refreshed, signal, unavailable);
}

function unavailable(cause: unknown): UnavailableError {
  return new UnavailableError('provider_unavailable', {
    message: 'there is no status list of attestation keys that is young enough',
    cause,
  });
}

function checkSource(options: AttestationStatusListOptions): StatusListSource {
  const { url = GOOGLE_STATUS_URL, fetch = systemFetch, timeoutSeconds = 5 } = options;
  if (!URL.canParse(url)) throw new ConfigurationError('url', { message: 'must be a URL' });
  assertSecureUrl('url', new URL(url));
  if (!(timeoutSeconds > 0 && timeoutSeconds <= 60)) {
    throw new ConfigurationError('timeoutSeconds', { message: 'must be more than 0 and at most 60' });
  }
  return { url, fetch, timeoutSeconds };
}
