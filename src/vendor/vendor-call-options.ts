// vendor: imports core and contracts only.

import { assertWholeNumber } from '../core/assert-option.js';
import { systemMonotonicClock, type MonotonicClock } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import { systemRandom, type Random } from '../core/random.js';
import { systemTimer, type Timer } from '../core/timer.js';

/** How a vendor is called. */
export interface VendorCallOptions {
  /** How long a call may wait for its turn, in seconds: more than 0, at most 60. Default: 5. */
  readonly maxWaitSeconds?: number;
  /**
   * How long all attempts of a call may take together, in seconds: at least the time of one, at most 120. Default: 10, or the
   * time of one if that is more.
   */
  readonly deadlineSeconds?: number;
  /** How often a call is attempted at most, 1 to 10. Only what the vendor certainly did not work on is attempted again. Default: 3. */
  readonly maxAttempts?: number;
  /** Most that is waited after the first attempt, in seconds, 0 to 60; it doubles with each further one. Default: 0.2. */
  readonly retryBaseSeconds?: number;
  /** Most that is waited after any attempt unless the vendor asks for more, in seconds, 0 to 60. Default: 2. */
  readonly retryCapSeconds?: number;
  /** How many calls may run at once in this process, 1 to 10,000. Default: 32. */
  readonly maxRunning?: number;
  /** How many calls may wait for their turn, 0 to 100,000; one more is refused with `provider_overloaded`. Default: 128. */
  readonly maxWaiting?: number;
  /** After how many outages in a row the vendor is taken to be down, 1 to 1,000. Default: 5. */
  readonly failuresToOpen?: number;
  /** How long it is then left alone, in seconds: more than 0, at most 3,600. Default: 30. */
  readonly openSeconds?: number;
  /** Default: the monotonic clock of the machine. */
  readonly monotonicClock?: MonotonicClock;
  /** Default: the random source of the operating system. */
  readonly random?: Random;
  /** Default: the timers of the runtime. */
  readonly timer?: Timer;
}

/**
 * Fills in the defaults.
 *
 * @param timeoutSeconds how long one attempt may take
 * @throws ConfigurationError if an option is out of bounds
 */
export function checkVendorCallOptions(
  options: VendorCallOptions,
  timeoutSeconds: number,
): Required<VendorCallOptions> {
  assertSeconds('timeoutSeconds', timeoutSeconds, 60);
  const checked = {
    maxWaitSeconds: options.maxWaitSeconds ?? 5,
    deadlineSeconds: options.deadlineSeconds ?? Math.max(10, timeoutSeconds),
    maxAttempts: options.maxAttempts ?? 3,
    retryBaseSeconds: options.retryBaseSeconds ?? 0.2,
    retryCapSeconds: options.retryCapSeconds ?? 2,
    maxRunning: options.maxRunning ?? 32,
    maxWaiting: options.maxWaiting ?? 128,
    failuresToOpen: options.failuresToOpen ?? 5,
    openSeconds: options.openSeconds ?? 30,
    monotonicClock: options.monotonicClock ?? systemMonotonicClock,
    random: options.random ?? systemRandom,
    timer: options.timer ?? systemTimer,
  };
  assertSeconds('maxWaitSeconds', checked.maxWaitSeconds, 60);
  assertSeconds('deadlineSeconds', checked.deadlineSeconds, 120);
  if (checked.deadlineSeconds < timeoutSeconds) {
    throw new ConfigurationError('deadlineSeconds', { message: 'is less than one attempt may take' });
  }
  assertWholeNumber('maxAttempts', checked.maxAttempts, 1, 10);
  assertDelay('retryBaseSeconds', checked.retryBaseSeconds);
  assertDelay('retryCapSeconds', checked.retryCapSeconds);
  assertWholeNumber('maxRunning', checked.maxRunning, 1, 10_000);
  assertWholeNumber('maxWaiting', checked.maxWaiting, 0, 100_000);
  assertWholeNumber('failuresToOpen', checked.failuresToOpen, 1, 1000);
  assertSeconds('openSeconds', checked.openSeconds, 3600);
  return checked;
}

/** @throws ConfigurationError unless it is more than 0 and at most the maximum */
function assertSeconds(option: string, value: number, maximum: number): void {
  if (!(value > 0 && value <= maximum)) {
    throw new ConfigurationError(option, { message: `must be more than 0 and at most ${maximum}` });
  }
}

function assertDelay(option: string, value: number): void {
  if (!(value >= 0 && value <= 60)) throw new ConfigurationError(option, { message: 'must be 0 to 60' });
}
