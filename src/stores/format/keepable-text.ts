// stores/format: imports core, contracts and this folder only. What more than one store package needs.

import { MalformedError } from '../../core/errors.js';

/** Refuses a text that is too short or too long, or that not every store can keep as it is: with a NUL, or no Unicode. */
export function assertKeepableText(what: string, text: string, minimum: number, maximum: number): void {
  if (text.length < minimum || text.length > maximum || /[\0\p{Surrogate}]/u.test(text)) {
    throw new MalformedError('request_malformed', {
      message: `the ${what} must have ${minimum} to ${maximum} characters, all of them Unicode and none NUL`,
    });
  }
}
