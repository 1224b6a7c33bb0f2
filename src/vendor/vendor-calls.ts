// vendor: imports core and contracts only.

import { DeviceTrustError, UnavailableError } from '../core/errors.js';
import { untilAborted } from '../core/until-aborted.js';
import type { VendorProbe, VendorState } from '../contracts/vendor-probe.js';
import { callerHasGone } from './caller-has-gone.js';
import { createCallSlots } from './call-slots.js';
import { createCircuitBreaker, type BreakerState, type CallEnding } from './circuit-breaker.js';
import { NotProcessedError } from './not-processed-error.js';
import { chooseRetryDelay } from './retry-delay.js';
import { checkVendorCallOptions, type VendorCallOptions } from './vendor-call-options.js';
import { withinTime } from '../core/timer.js';

/** One call to a vendor. */
export interface VendorCall<T> {
  /**
   * Asks the vendor once. The signal fires when its time is over; what comes of it then is not looked at. It throws
   * {@link NotProcessedError} where asking again can do no harm, {@link UnavailableError} `provider_unavailable` where there
   * was no answer, and anything else where there was one.
   */
  readonly attempt: (signal: AbortSignal) => Promise<T>;
  /** Done once the call has its turn, before the first attempt, such as counting it; what it throws ends the call. */
  readonly before?: () => Promise<void>;
  /** Calls of one key that come while one is under way share its end. Default: each call is one of its own. */
  readonly key?: string;
  /** Fires when the caller no longer waits. A call without a key is then broken off, one with a key goes on. */
  readonly signal?: AbortSignal;
}

/** What becomes of the calls to a vendor in this process. */
export interface VendorCallsState {
  readonly breaker: BreakerState;
  readonly running: number;
  readonly waiting: number;
}

/** Calls one vendor for one kind of thing. */
export interface VendorCalls<T> {
  /**
   * Runs one call, within all bounds. Throws what the last attempt threw, or {@link UnavailableError}: `provider_unavailable` if
   * there was no answer in time, the vendor is taken to be down or the caller no longer waits; `provider_overloaded` if too many
   * calls are waiting.
   */
  run(call: VendorCall<T>): Promise<T>;
  readonly state: VendorCallsState;
}

/** What {@link createVendorCalls} takes. */
export interface CreateVendorCallsOptions extends VendorCallOptions {
  /** How long one attempt may take, in seconds: more than 0, at most 60. */
  readonly timeoutSeconds: number;
  /** By which an outage is confirmed before the vendor is taken to be down. Default: nothing confirms it. */
  readonly probe?: VendorProbe['probe'];
}

/**
 * Creates the one way to call a vendor: with a time limit for each attempt and one for all, further attempts with jitter for what
 * was not processed, a bound of calls at once, and a breaker that leaves a vendor alone that is down.
 *
 * Nothing that clients send can open the breaker as long as there is a `probe` that the vendor answers. A caller that
 * gives up, a full queue and whatever `before` throws say nothing about the vendor.
 *
 * @throws ConfigurationError if an option is out of bounds
 */
export function createVendorCalls<T>(options: CreateVendorCallsOptions): VendorCalls<T> {
  const { timeoutSeconds, probe } = options;
  const settings = checkVendorCallOptions(options, timeoutSeconds);
  const { timer, monotonicClock, random, maxWaitSeconds, deadlineSeconds, maxAttempts } = settings;
  const delays = { baseSeconds: settings.retryBaseSeconds, capSeconds: settings.retryCapSeconds };
  const slots = createCallSlots(settings);
  const breaker = createCircuitBreaker({ ...settings, ask: probe ? () => ask(probe) : null });
  const underWay = new Map<string, Promise<T>>();

  const now = (): number => monotonicClock.elapsedMilliseconds();

  /** Attempts once; the signal fires when the time is over or the caller has gone. */
  function limit<Value>(
    work: (signal: AbortSignal) => Promise<Value>,
    milliseconds: number,
    over: () => Value,
    gone: AbortSignal | undefined,
  ): Promise<Value> {
    const ended = new AbortController();
    const signal = gone ? AbortSignal.any([ended.signal, gone]) : ended.signal;
    const end = (): Value => {
      ended.abort();
      return over();
    };
    return withinTime({ timer, milliseconds, over: end }, work(signal));
  }

  /** A probe that breaks its contract and rejects confirms nothing. */
  async function ask(question: VendorProbe['probe']): Promise<VendorState> {
    try {
      return await limit(question, timeoutSeconds * 1000, () => 'unanswered', undefined);
    } catch {
      return 'answered';
    }
  }

  async function attemptUntilDone(
    attempt: VendorCall<T>['attempt'],
    gone: AbortSignal | undefined,
  ): Promise<T> {
    const endsAt = now() + deadlineSeconds * 1000;
    for (let count = 0; ; count += 1) {
      try {
        return await limit(attempt, Math.min(timeoutSeconds * 1000, endsAt - now()), noAnswer, gone);
      } catch (error) {
        if (!(error instanceof NotProcessedError)) throw error;
        const delay = chooseRetryDelay(delays, count, error.retryAfterSeconds, random);
        if (count + 1 >= maxAttempts || now() + delay >= endsAt) throw error.failure;
        await timer.wait(delay, gone ?? new AbortController().signal);
      }
    }
  }

  async function runAlone({ attempt, before }: VendorCall<T>, gone: AbortSignal | undefined): Promise<T> {
    breaker.assertMayEnter();
    const release = await slots.acquire(maxWaitSeconds * 1000, gone);
    try {
      const tell = await breaker.enter();
      let ending: CallEnding = 'nothing';
      try {
        await before?.();
        ending = 'answer';
        const work = () => attemptUntilDone(attempt, gone);
        return await (gone ? untilAborted(work, gone, callerHasGone) : work());
      } catch (error) {
        if (ending === 'answer') ending = judge(error, gone);
        throw error;
      } finally {
        tell(ending);
      }
    } finally {
      release();
    }
  }

  function share(key: string, call: VendorCall<T>): Promise<T> {
    const known = underWay.get(key);
    if (known) return known;
    const started = runAlone(call, undefined).finally(() => underWay.delete(key));
    underWay.set(key, started);
    return started;
  }

  return {
    async run(call) {
      const { key, signal } = call;
      if (key === undefined) return runAlone(call, signal);
      return signal ? untilAborted(() => share(key, call), signal, callerHasGone) : share(key, call);
    },
    get state() {
      return { breaker: breaker.state, running: slots.running, waiting: slots.waiting };
    },
  };
}

function noAnswer(): never {
  throw new UnavailableError('provider_unavailable', { message: 'the vendor did not answer in time' });
}

/** What a failed attempt says about the vendor. */
function judge(error: unknown, gone: AbortSignal | undefined): CallEnding {
  if (gone?.aborted || !(error instanceof DeviceTrustError)) return 'nothing';
  return error.code === 'provider_unavailable' ? 'outage' : 'answer';
}
