// stores/postgres: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';

/** Refuses a name that is too long, or has a character that PostgreSQL cannot keep in a text. */
export function assertName(what: string, value: string): void {
  if (value.length > 200 || value.includes('\0')) {
    throw new MalformedError('request_malformed', {
      message: `the ${what} must have at most 200 characters, and none of them NUL`,
    });
  }
}

/** Refuses a number that is not whole or out of bounds. */
export function assertBounds(what: string, value: number, minimum: number, maximum: number): void {
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new MalformedError('request_malformed', {
      message: `the ${what} must be ${minimum} to ${maximum}`,
    });
  }
}
