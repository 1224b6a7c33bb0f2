import { DeviceTrustError, RejectedError } from '../../src/core/errors.js';

/** What a refusal is compared by: who must act, what happened, and why. */
export interface Refusal {
  readonly class: string;
  readonly code: string;
  readonly reasons?: readonly string[];
}

/** The typed error that the work ends in. Anything else, success included, fails the test. */
export async function refusalOf(work: () => unknown): Promise<Refusal> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DeviceTrustError)) throw error;
    const refusal = { class: error.name, code: error.code };
    return error instanceof RejectedError ? { ...refusal, reasons: error.reasons } : refusal;
  }
  throw new Error('expected a refusal');
}

/** A `RejectedError` `evidence_rejected` with exactly these reasons, in this order. */
export function rejectedFor(...reasons: readonly string[]): Refusal {
  return { class: 'RejectedError', code: 'evidence_rejected', reasons };
}

/** A `MalformedError` `evidence_malformed`. */
export const malformed: Refusal = { class: 'MalformedError', code: 'evidence_malformed' };
