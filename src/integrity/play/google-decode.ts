// integrity/play: imports core, contracts, vendor and this folder only.

import { sha256Hex } from '../../core/bytes.js';
import { systemClock, type Clock } from '../../core/clock.js';
import { ConfigurationError, DeviceTrustError, RejectedError, UnavailableError } from '../../core/errors.js';
import { systemFetch, type HttpFetch } from '../../core/http-fetch.js';
import { assertSecureUrl } from '../../core/secure-url.js';
import { untilAborted } from '../../core/until-aborted.js';
import type { VendorProbe, VendorState } from '../../contracts/vendor-probe.js';
import { NotProcessedError } from '../../vendor/not-processed-error.js';
import type { VendorBudget } from '../../vendor/vendor-budget.js';
import type { VendorCallOptions } from '../../vendor/vendor-call-options.js';
import { createVendorCalls, type VendorCallsState } from '../../vendor/vendor-calls.js';
import { systemTimer, withinTime } from '../../core/timer.js';
import {
  createGoogleAccessTokenSource,
  type AccessTokenSource,
  type GoogleServiceAccountKey,
} from './google-access-token.js';
import { createOutcomeMemory } from './outcome-memory.js';
import { parseDecodeAnswer, type DecodeOutcome } from './parse-decode-answer.js';
import type { DecodePlayIntegrityRequest, PlayIntegrityDecoder } from './play-integrity-decoder.js';
import { PLAY_INTEGRITY } from './play-integrity-verdict.js';
import { requestDecode, type DecodeAnswer } from './request-decode.js';

/** Options of {@link googleDecode}. */
export interface GoogleDecodeOptions {
  /** Default: Application Default Credentials, see {@link AccessTokenSource} for what they must be allowed. */
  readonly credentials?: GoogleServiceAccountKey;
  /** Instead of `credentials`: where access tokens come from. Default: `google-auth-library`. */
  readonly accessToken?: AccessTokenSource;
  /** `https:`, or `http:` on this machine. Default: `https://playintegrity.googleapis.com`. */
  readonly apiUrl?: string;
  /** Carries the calls to Google, those for access tokens included. Default: the `fetch` of the runtime. */
  readonly fetch?: HttpFetch;
  /** How long one attempt may take, access token included: more than 0, at most 60. Default: 5. */
  readonly timeoutSeconds?: number;
  /** How often and how many at once Google is asked, and when it is left alone. Default: as described there. */
  readonly calls?: VendorCallOptions;
  /** Calls in a day that all replicas share, of `createVendorBudget`. Default: `null`, as many as Google answers. */
  readonly budget?: VendorBudget | null;
  /** By which {@link VendorProbe.probe} counts in the budget. Default: the clock of the machine. */
  readonly clock?: Clock;
}

/** What {@link googleDecode} makes: a decoder, and what tells whether Google answers. */
export interface GoogleDecoder extends PlayIntegrityDecoder, VendorProbe {
  /** What becomes of the calls to Google in this process. */
  readonly state: VendorCallsState;
}

/** For how long an outcome is remembered: as long as a token is fresh by default. */
const MEMORY_SECONDS = 600;
/** With payloads of 1 to 2 KB, less than 10 MB. */
const MEMORY_ENTRIES = 4096;
/** What Google is asked by {@link VendorProbe.probe}: no token, which has dots, and never a verdict. */
const PROBE_TOKEN = 'device-trust-asks-whether-you-answer';
/** The package of the probe as long as nothing was decoded: nobody has it, and Google says so. */
const PROBE_PACKAGE = 'invalid.device.trust.probe';

/**
 * Decodes tokens of classic and standard requests by asking Google.
 *
 * **A token is decoded once.** Google empties the verdict of a standard token that it decodes again, so the outcome of a
 * token is remembered in this process for 10 minutes (by SHA-256, at most 4,096 outcomes), simultaneous requests share
 * one call, and a caller that gives up leaves the call running, for its outcome to be known when the client comes back.
 * What Google has certainly not looked at is asked again, a few times and with pauses: a connection that did not come about, and
 * 429 or 503 with a `Retry-After` that can be waited for; after 401 once more, with a new access token. After a time-out, a
 * connection that broke or another 5xx nobody knows whether Google has decoded the token: the next try is the client's, and a
 * cleared verdict then reads as not evaluated, for which the policy asks for fresh evidence.
 *
 * **Clients cannot make it look down.** After a number of outages in a row Google is asked something of our own, and left alone
 * for a while only if it does not answer that either. `probe` asks the same at any time: a fixed text that is no token, for the
 * package that was decoded for first. A probe that was answered counts as one call of the budget, if there is one left; one that
 * was not costs nothing, so that a long outage does not use up the calls of the day.
 *
 * A remembered outcome costs nothing of the budget, and neither does a further attempt of a call that was counted.
 *
 * Its refusals: `evidence_rejected` with `evidence_undecodable` where Google cannot decode the token (garbage, or made for
 * another package). Its failures: `provider_unavailable`, `provider_quota_exhausted`, `provider_misconfigured`,
 * `provider_overloaded`; with a budget also `provider_budget_exhausted`, `store_unavailable`, `audit_unavailable`.
 *
 * @throws ConfigurationError if an option is not as described
 */
export function googleDecode(options: GoogleDecodeOptions = {}): GoogleDecoder {
  const settings = checkOptions(options);
  const { timeoutSeconds, budget, clock } = settings;
  const { timer = systemTimer } = options.calls ?? {};
  const memory = createOutcomeMemory<DecodeOutcome>({
    maxEntries: MEMORY_ENTRIES,
    lifetimeSeconds: MEMORY_SECONDS,
  });
  let probePackage: string | null = null;

  /** Counts a question that was answered. Nobody waits for it: whether Google answers does not hang on a store of ours. */
  async function countProbe(): Promise<void> {
    try {
      await budget?.spend({ purpose: 'probe', now: clock.now() });
    } catch {
      return;
    }
  }

  async function probe(signal: AbortSignal): Promise<VendorState> {
    const state = await askWhetherItAnswers(signal);
    if (state !== 'unanswered') void countProbe();
    return state;
  }

  async function askWhetherItAnswers(signal: AbortSignal): Promise<VendorState> {
    const ended = new AbortController();
    const over = (): never => {
      ended.abort();
      throw unavailable('Google did not answer in time')(null);
    };
    const question = { token: PROBE_TOKEN, packageName: probePackage ?? PROBE_PACKAGE };
    const ask = () =>
      withinTime(
        { timer, milliseconds: timeoutSeconds * 1000, over },
        callGoogle(settings, question, AbortSignal.any([signal, ended.signal])),
      );
    try {
      return readVendorState(await untilAborted(ask, signal, unavailable('nobody waits for the answer')));
    } catch (error) {
      return error instanceof UnavailableError && error.code === 'provider_misconfigured'
        ? 'answered'
        : 'unanswered';
    }
  }

  const calls = createVendorCalls<DecodeOutcome>({ ...options.calls, timeoutSeconds, probe });

  const decodeOnce = (request: DecodePlayIntegrityRequest): Promise<DecodeOutcome> =>
    calls.run({
      before: async () => budget?.spend({ purpose: request.action ?? null, now: request.now }),
      attempt: async (signal) => readAnswer(await callGoogle(settings, request, signal), request.now),
    });

  return {
    provider: PLAY_INTEGRITY,
    probe,
    get state() {
      return calls.state;
    },
    async decode(request) {
      probePackage ??= request.packageName;
      const key = sha256Hex(Buffer.from(`${request.packageName} ${request.token}`));
      const ask = () => memory.once(key, request.now, () => decodeOnce(request));
      const outcome = await (request.signal
        ? untilAborted(
            ask,
            request.signal,
            unavailable('the caller no longer waits for Google to decode the token'),
          )
        : ask());
      if (outcome.payload !== null) return outcome.payload;
      throw new RejectedError('evidence_rejected', {
        message: 'Google cannot decode the token: it is garbage, or it was made for another package',
        reasons: ['evidence_undecodable'],
      });
    },
  };
}

interface Settings {
  readonly accessToken: AccessTokenSource;
  readonly apiUrl: string;
  readonly fetch: HttpFetch;
  readonly timeoutSeconds: number;
  readonly budget: VendorBudget | null;
  readonly clock: Clock;
}

async function callGoogle(
  { accessToken, apiUrl, fetch }: Settings,
  { packageName, token }: Pick<DecodePlayIntegrityRequest, 'packageName' | 'token'>,
  signal: AbortSignal,
): Promise<DecodeAnswer> {
  const first = await getAccessToken(accessToken, null);
  const answer = await requestDecode({ fetch, apiUrl, packageName, token, accessToken: first, signal });
  if (answer.status !== 401) return answer;
  const second = await getAccessToken(accessToken, first);
  if (second === first) return answer;
  return requestDecode({ fetch, apiUrl, packageName, token, accessToken: second, signal });
}

/** An answer that says when to come back was given without looking at the token. */
function readAnswer(answer: DecodeAnswer, now: Date): DecodeOutcome {
  try {
    return parseDecodeAnswer(answer, now);
  } catch (error) {
    const turnedAway = (answer.status === 429 || answer.status === 503) && answer.retryAfter !== null;
    if (!turnedAway || !(error instanceof UnavailableError)) throw error;
    throw new NotProcessedError(error, error.retryAfterSeconds);
  }
}

function readVendorState({ status }: DecodeAnswer): VendorState {
  if (status === 429) return 'quota';
  return status === 408 || status >= 500 ? 'unanswered' : 'answered';
}

async function getAccessToken(source: AccessTokenSource, refused: string | null): Promise<string> {
  try {
    return await source({ refused });
  } catch (cause) {
    if (cause instanceof DeviceTrustError) throw cause;
    throw unavailable('there is no access token for Google')(cause);
  }
}

function unavailable(message: string): (cause: unknown) => UnavailableError {
  return (cause) => new UnavailableError('provider_unavailable', { message, cause });
}

function checkOptions(options: GoogleDecodeOptions): Settings {
  const {
    credentials,
    fetch = systemFetch,
    timeoutSeconds = 5,
    budget = null,
    clock = systemClock,
  } = options;
  if (credentials && options.accessToken) {
    throw new ConfigurationError('accessToken', { message: 'cannot go with credentials: choose one' });
  }
  if (!(timeoutSeconds > 0 && timeoutSeconds <= 60)) {
    throw new ConfigurationError('timeoutSeconds', { message: 'must be more than 0 and at most 60' });
  }
  return {
    accessToken:
      options.accessToken ?? createGoogleAccessTokenSource({ ...(credentials && { credentials }), fetch }),
    apiUrl: checkApiUrl(options.apiUrl ?? 'https://playintegrity.googleapis.com'),
    fetch,
    timeoutSeconds,
    budget,
    clock,
  };
}

/** An access token must not cross a network in clear. */
function checkApiUrl(text: string): string {
  if (!URL.canParse(text)) throw new ConfigurationError('apiUrl', { message: 'must be a URL' });
  const url = new URL(text);
  assertSecureUrl('apiUrl', url);
  if (url.search !== '') throw new ConfigurationError('apiUrl', { message: 'must be without a query' });
  return url.href.replace(/\/+$/, '');
}
