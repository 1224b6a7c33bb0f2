// testing: may import everything; nothing imports it.

import type { Stores } from '../../contracts/stores.js';
import { attestedKeyStoreContract } from './attested-key-store-contract.js';
import { auditStoreContract } from './audit-store-contract.js';
import { certificateSearchContract } from './certificate-search-contract.js';
import { certificateStoreContract } from './certificate-store-contract.js';
import { changeFeedContract } from './change-feed-contract.js';
import type { ContractCase } from './contract-case.js';
import { crlStoreContract } from './crl-store-contract.js';
import { leaseStoreContract, type LeaseStoreContractOptions } from './lease-store-contract.js';
import { rateLimitStoreContract } from './rate-limit-store-contract.js';
import { renewalOrderStoreContract } from './renewal-order-store-contract.js';
import { replayStoreContract } from './replay-store-contract.js';
import { retentionContract } from './retention-contract.js';
import { revocationStoreContract } from './revocation-store-contract.js';
import { revokedCertificatesContract } from './revoked-certificates-contract.js';
import type { StoreContractOptions } from './store-contract-options.js';
import { usageCounterStoreContract } from './usage-counter-store-contract.js';

/** How the contract suite of a whole package of stores gets at it. */
export interface StoresContractOptions extends StoreContractOptions<Stores> {
  /** By whose clock leases end and buckets of rate limits fill. */
  readonly clock: LeaseStoreContractOptions['clock'];
  /** True if a revocation in one process wakes up who subscribed in another. Default: false. */
  readonly wakesOtherProcesses?: boolean;
}

/** What every package of stores must do: the suites of all its abilities, each case named after its suite. */
export function storesContract(options: StoresContractOptions): readonly ContractCase[] {
  const { create, clock, wakesOtherProcesses = false } = options;
  return [
    ...named('certificates', certificateStoreContract(choose(options, ({ certificates }) => certificates))),
    ...named('search', certificateSearchContract(choose(options, ({ certificates }) => certificates))),
    ...named('revocations', revocationStoreContract(choose(options, ({ revocations }) => revocations))),
    ...named('revoked', revokedCertificatesContract(choose(options, ({ revocations }) => revocations))),
    ...named('replays', replayStoreContract(choose(options, ({ replays }) => replays))),
    ...named('audit', auditStoreContract(choose(options, ({ audit }) => audit))),
    ...named('crls', crlStoreContract(choose(options, ({ crls }) => crls))),
    ...named('leases', leaseStoreContract({ ...choose(options, ({ leases }) => leases), clock })),
    ...named('limits', rateLimitStoreContract({ ...choose(options, ({ rateLimits }) => rateLimits), clock })),
    ...named('orders', renewalOrderStoreContract(choose(options, ({ renewalOrders }) => renewalOrders))),
    ...named('attested', attestedKeyStoreContract(choose(options, ({ attestedKeys }) => attestedKeys))),
    ...named('usage', usageCounterStoreContract(choose(options, ({ usageCounters }) => usageCounters))),
    ...named('retention', retentionContract(options)),
    ...named('changes', changeFeedContract(wakesOtherProcesses ? options : { create })),
  ];
}

function named(suite: string, cases: readonly ContractCase[]): readonly ContractCase[] {
  return cases.map(({ name, run }) => ({ name: `${suite}: ${name}`, run }));
}

/** The options of one store, from those of the whole package. */
function choose<Store>(
  { create, createPair, createUnreachable }: StoreContractOptions<Stores>,
  pick: (stores: Stores) => Store,
): StoreContractOptions<Store> {
  const one = (make: typeof create) => async () => {
    const made = await make();
    return { store: pick(made.store), dispose: () => made.dispose?.() };
  };
  return {
    create: one(create),
    ...(createPair && {
      createPair: async () => {
        const made = await createPair();
        const [here, there] = made.stores;
        return { stores: [pick(here), pick(there)] as const, dispose: () => made.dispose?.() };
      },
    }),
    ...(createUnreachable && { createUnreachable: one(createUnreachable) }),
  };
}
