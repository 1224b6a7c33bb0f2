// stores/redis: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';

const MAX_NAME_LENGTH = 200;

/** Refuses a number that is not a whole one from `minimum` to `maximum`. */
export function assertBetween(name: string, value: number, minimum: number, maximum: number): void {
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    refuse(`the ${name} must be ${minimum} to ${maximum}`);
  }
}

/** Refuses an id, holder or name that is too long. */
export function assertName(name: string, value: string): void {
  if (value.length > MAX_NAME_LENGTH)
    refuse(`the ${name} must be at most ${MAX_NAME_LENGTH} characters long`);
}

/** The place that a cursor stands for; 0 for none. */
export function parseCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (!/^[1-9][0-9]{0,14}$/.test(cursor)) refuse('the cursor is not one that this store gave out');
  return Number(cursor);
}

function refuse(message: string): never {
  throw new MalformedError('request_malformed', { message });
}
