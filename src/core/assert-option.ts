// core: imports core only.

import { ConfigurationError } from './errors.js';

/**
 * Checks a number option at creation.
 *
 * @throws ConfigurationError unless it is a whole number from `minimum` to `maximum`
 */
export function assertWholeNumber(option: string, value: number, minimum: number, maximum: number): void {
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new ConfigurationError(option, { message: `must be a whole number from ${minimum} to ${maximum}` });
  }
}
