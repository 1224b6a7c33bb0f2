// stores/memory: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';

/** @throws MalformedError `request_malformed` unless the limit is a whole number from 1 to the maximum */
export function assertLimit(limit: number, maximum: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > maximum) {
    throw new MalformedError('request_malformed', { message: `the limit must be 1 to ${maximum}` });
  }
}
