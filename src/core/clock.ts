// core: imports nothing of ours. The only file that reads the time of day.

import { performance } from 'node:perf_hooks';

/** Tells the time. Everything that needs the time is handed one, so that a test may hold it. */
export interface Clock {
  now(): Date;
}

/** The clock of the machine. */
export const systemClock: Clock = { now: () => new Date(Date.now()) };

/**
 * Tells how much time has passed. Unlike the time of day it never goes back and is never set: what is to be at most five
 * seconds old must not become young again because a clock was corrected.
 */
export interface MonotonicClock {
  /** Milliseconds since some moment in the past. */
  elapsedMilliseconds(): number;
}

/** The monotonic clock of the machine. */
export const systemMonotonicClock: MonotonicClock = { elapsedMilliseconds: () => performance.now() };
