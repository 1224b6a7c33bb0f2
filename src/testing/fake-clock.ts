// testing: may import everything; nothing imports it.

import type { Clock } from '../core/clock.js';
import { refuseProduction } from './refuse-production.js';

/** A clock that stands still until it is told otherwise. */
export interface FakeClock extends Clock {
  /** Moves on, or back with a negative number. */
  advance(seconds: number): void;
  set(time: Date): void;
}

/**
 * @param start default 2026-01-01T00:00:00Z
 * @throws ConfigurationError in production
 */
export function createFakeClock(start = new Date('2026-01-01T00:00:00Z')): FakeClock {
  refuseProduction('createFakeClock');
  let time = start.getTime();
  return {
    now: () => new Date(time),
    advance(seconds) {
      time += seconds * 1000;
    },
    set(moment) {
      time = moment.getTime();
    },
  };
}
