// integrity/apple: imports contracts and this folder only.

import type { AttestedKeyStore } from '../../contracts/attested-key-store.js';
import type { EnrolmentReceiptRules } from './enrolment-receipt.js';
import type { AttestationRules } from './verify-attestation.js';

/** The options of the provider, checked. */
export interface ProviderRules extends AttestationRules {
  /** `null`: keys are not kept. */
  readonly keys: AttestedKeyStore | null;
  /** `null`: receipts are kept as they come. */
  readonly receipt: EnrolmentReceiptRules | null;
}
