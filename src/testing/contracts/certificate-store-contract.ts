// testing: may import everything; nothing imports it.

import type { CertificateStore } from '../../contracts/certificate-store.js';
import { certificateIntentCases } from './certificate-intent-cases.js';
import { certificateLifeCases } from './certificate-life-cases.js';
import { certificateListCases } from './certificate-list-cases.js';
import type { ContractCase } from './contract-case.js';
import type { StoreContractOptions } from './store-contract-options.js';

/** What every {@link CertificateStore} must do. */
export function certificateStoreContract(
  options: StoreContractOptions<CertificateStore>,
): readonly ContractCase[] {
  return [
    ...certificateIntentCases(options),
    ...certificateLifeCases(options),
    ...certificateListCases(options),
  ];
}
