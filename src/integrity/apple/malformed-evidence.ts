// integrity/apple: imports core only.

import { MalformedError } from '../../core/errors.js';

/** The error of every parser of this room for what is not in the wire format of App Attest. */
export function malformed(message: string, cause?: unknown): MalformedError {
  return new MalformedError('evidence_malformed', cause === undefined ? { message } : { message, cause });
}
