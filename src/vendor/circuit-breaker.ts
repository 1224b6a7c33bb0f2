// vendor: imports core and contracts only.

import type { MonotonicClock } from '../core/clock.js';
import { UnavailableError } from '../core/errors.js';
import type { VendorState } from '../contracts/vendor-probe.js';

/** `closed`: calls go through; `open`: none does; `half-open`: the next one tries whether the vendor is back. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** How a call ended, as far as the vendor is concerned. `nothing`: it says nothing about the vendor. */
export type CallEnding = 'answer' | 'outage' | 'nothing';

/** Keeps calls from a vendor that does not answer. */
export interface CircuitBreaker {
  readonly state: BreakerState;
  /** Refuses at once what {@link enter} would refuse. */
  assertMayEnter(): void;
  /**
   * Lets a call through, and gives what it must be told when the call has ended.
   *
   * @throws UnavailableError `provider_unavailable` while it is open
   */
  enter(): Promise<(ending: CallEnding) => void>;
}

export interface CircuitBreakerOptions {
  readonly failuresToOpen: number;
  readonly openSeconds: number;
  /** Asks the vendor something of our own; `null` if there is no such thing. */
  readonly ask: (() => Promise<VendorState>) | null;
  readonly monotonicClock: MonotonicClock;
}

/**
 * Creates a breaker. It opens after so many outages in a row, and after its time one call finds out whether it may close.
 *
 * What a client sends can make a vendor fail: one token on which it answers 500, sent again and again, looks like an outage. So with
 * a question of our own (`ask`), outages only give cause to ask: the breaker opens if that is not answered either, and it is
 * that question, not the evidence of some client, that closes it. It is asked at most once in `openSeconds`.
 */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { failuresToOpen, openSeconds, ask, monotonicClock } = options;
  let failures = 0;
  /** Milliseconds; `null` while it is closed. */
  let openedAt: number | null = null;
  /** Somebody is finding out whether it may close. */
  let trying = false;
  let mayAskAt = -Infinity;

  const now = (): number => monotonicClock.elapsedMilliseconds();

  function secondsLeft(): number {
    return openedAt === null ? 0 : Math.max(0, openSeconds - (now() - openedAt) / 1000);
  }

  function open(): void {
    openedAt = now();
  }

  function close(): void {
    openedAt = null;
    failures = 0;
  }

  function refusal(): UnavailableError {
    return new UnavailableError('provider_unavailable', {
      message: 'the vendor did not answer lately, and is not asked for a while',
      retryAfterSeconds: Math.max(1, Math.ceil(secondsLeft())),
    });
  }

  async function askOnce(question: () => Promise<VendorState>): Promise<void> {
    const state = await question();
    if (state !== 'unanswered') close();
    // An answer may have come in the meantime.
    else if (openedAt !== null || failures >= failuresToOpen) open();
  }

  function count(ending: CallEnding): void {
    if (openedAt !== null || ending === 'nothing') return;
    failures = ending === 'outage' ? failures + 1 : 0;
    if (failures < failuresToOpen) return;
    if (ask === null) {
      open();
    } else if (now() >= mayAskAt) {
      mayAskAt = now() + openSeconds * 1000;
      void askOnce(ask);
    }
  }

  function endTrial(ending: CallEnding): void {
    trying = false;
    if (ending === 'answer') close();
    if (ending === 'outage') open();
  }

  function assertMayEnter(): void {
    if (openedAt !== null && (trying || secondsLeft() > 0)) throw refusal();
  }

  return {
    get state() {
      if (openedAt === null) return 'closed';
      return secondsLeft() > 0 ? 'open' : 'half-open';
    },

    assertMayEnter,

    async enter() {
      assertMayEnter();
      if (openedAt === null) return count;
      trying = true;
      if (ask === null) return endTrial;
      await askOnce(ask);
      trying = false;
      assertMayEnter();
      return count;
    },
  };
}
