// testing: may import everything; nothing imports it.

import type { Clock, MonotonicClock } from '../core/clock.js';
import { refuseProduction } from './refuse-production.js';

/** A clock that stands still until it is told otherwise, the time of day and the time that passes alike. */
export interface FakeClock extends Clock, MonotonicClock {
  /** Moves on; with a negative number the time of day is set back, and no time passes. */
  advance(seconds: number): void;
  /** Sets the time of day; no time passes. */
  set(time: Date): void;
}

/**
 * @param start default 2026-01-01T00:00:00Z
 * @throws ConfigurationError in production
 */
export function createFakeClock(start = new Date('2026-01-01T00:00:00Z')): FakeClock {
  refuseProduction('createFakeClock');
  let time = start.getTime();
  let elapsed = 0;
  return {
    now: () => new Date(time),
    elapsedMilliseconds: () => elapsed,
    advance(seconds) {
      time += seconds * 1000;
      elapsed += Math.max(0, seconds) * 1000;
    },
    set(moment) {
      time = moment.getTime();
    },
  };
}
