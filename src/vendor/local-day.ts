// vendor: imports core and contracts only.

import { ConfigurationError } from '../core/errors.js';

/** A day of the calendar of a time zone. */
export interface LocalDay {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** The first moment of the next one, to the second. */
  readonly endsAt: Date;
}

/** No day of any time zone is longer; one on which clocks are set back has 25 hours. */
const LONGEST_DAY_SECONDS = 26 * 3600;

/**
 * Returns what says on which day of the calendar of a time zone a moment is.
 *
 * @param timeZone a name of the IANA time zone database, such as `America/Los_Angeles`
 * @throws ConfigurationError if the runtime does not know it
 */
export function createLocalDays(option: string, timeZone: string): (moment: Date) => LocalDay {
  const format = createFormat(option, timeZone);

  const dateAt = (moment: Date): string => {
    const parts = new Map<string, string>(
      format.formatToParts(moment).map(({ type, value }) => [type, value]),
    );
    return ['year', 'month', 'day'].map((name) => parts.get(name) ?? '').join('-');
  };

  return (moment) => {
    const date = dateAt(moment);
    const start = Math.floor(moment.getTime() / 1000);
    // The day changes once between the two; they are brought together around the change.
    let today = start;
    let later = start + LONGEST_DAY_SECONDS;
    while (later - today > 1) {
      const middle = Math.floor((today + later) / 2);
      if (dateAt(new Date(middle * 1000)) === date) today = middle;
      else later = middle;
    }
    return { date, endsAt: new Date(later * 1000) };
  };
}

function createFormat(option: string, timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'iso8601',
      numberingSystem: 'latn',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
  } catch (cause) {
    throw new ConfigurationError(option, { message: 'is not a time zone that the runtime knows', cause });
  }
}
