// stores/sqlite: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';

/** Most characters of a name that a caller chose. */
const MAX_LENGTH = 200;

/** @throws MalformedError `request_malformed` if the text is longer than 200 characters */
export function assertLength(what: string, text: string): void {
  if (text.length > MAX_LENGTH) {
    throw new MalformedError('request_malformed', {
      message: `the ${what} has ${text.length} characters, more than ${MAX_LENGTH}`,
    });
  }
}
