import type { DeviceTrustError } from '../../src/core/errors.js';
import { UnavailableError } from '../../src/core/errors.js';
import type { VendorState } from '../../src/contracts/vendor-probe.js';
import { NotProcessedError } from '../../src/vendor/not-processed-error.js';
import {
  createVendorCalls,
  type CreateVendorCallsOptions,
  type VendorCall,
} from '../../src/vendor/vendor-calls.js';
import { createManualTimer } from './manual-timer.js';

export const outage = () => new UnavailableError('provider_unavailable', { message: 'the vendor broke' });

/** What an attempt throws on which the vendor has certainly not worked. */
export const turnedAway = (retryAfterSeconds: number | null = null) =>
  new NotProcessedError(
    new UnavailableError('provider_unavailable', { message: 'turned away', retryAfterSeconds: 7 }),
    retryAfterSeconds,
  );

/** Calls with time and chance in our hands, to a vendor that answers what the test says. */
export function createCalling(options: Partial<CreateVendorCallsOptions> = {}) {
  const timer = createManualTimer();
  const calls = createVendorCalls<string>({
    timeoutSeconds: 5,
    timer,
    monotonicClock: timer.clock,
    random: () => Uint8Array.of(0x80, 0, 0, 0),
    ...options,
  });
  return {
    timer,
    calls,
    run: (attempt: VendorCall<string>['attempt'], call: Partial<VendorCall<string>> = {}) =>
      watch(calls.run({ ...call, attempt })),
  };
}

/** A promise, and how it ended. */
export interface Watched {
  readonly promise: Promise<string>;
  /** The value, the code of the error, or `null` while it is under way. */
  readonly ending: string | null;
  readonly error: DeviceTrustError | null;
}

export function watch(promise: Promise<string>): Watched {
  let ending: string | null = null;
  let failure: DeviceTrustError | null = null;
  promise.then(
    (value) => {
      ending = value;
    },
    (error: unknown) => {
      failure = error as DeviceTrustError;
      ending = failure.code;
    },
  );
  return {
    promise,
    get ending() {
      return ending;
    },
    get error() {
      return failure;
    },
  };
}

/** A probe that answers what it is told, and counts how often it was asked. */
export function createProbe(first: VendorState) {
  const probe = {
    state: first,
    asked: 0,
    probe: async (): Promise<VendorState> => {
      probe.asked += 1;
      return probe.state;
    },
  };
  return probe;
}
