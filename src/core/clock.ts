// core: imports nothing. The only file that reads the time of day.

/** Tells the time. Everything that needs the time is handed one, so that a test may hold it. */
export interface Clock {
  now(): Date;
}

/** The clock of the machine. */
export const systemClock: Clock = { now: () => new Date(Date.now()) };
