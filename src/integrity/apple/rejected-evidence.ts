// integrity/apple: imports core only.

import { RejectedError } from '../../core/errors.js';
import type { ReasonCode } from '../../core/reason-code.js';

/** What is thrown when evidence is in the wire format and no proof. */
export function rejected(what: string, reasons: readonly ReasonCode[]): RejectedError {
  const unique = [...new Set(reasons)];
  const message = `${what} is refused: ${unique.join(', ')}`;
  return new RejectedError('evidence_rejected', { message, reasons: unique });
}
