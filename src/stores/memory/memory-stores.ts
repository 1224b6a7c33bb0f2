// stores/memory: imports core, contracts and this folder only.

import type { ReplayStore } from '../../contracts/replay-store.js';
import type { RevocationStore } from '../../contracts/revocation-store.js';
import { createMemoryCertificateStore, type MemoryCertificateStore } from './memory-certificate-store.js';
import { createMemoryReplayStore, type MemoryReplayStoreOptions } from './memory-replay-store.js';
import { createMemoryRevocationStore } from './memory-revocation-store.js';

export type MemoryStoresOptions = MemoryReplayStoreOptions;

export interface MemoryStores {
  readonly certificates: MemoryCertificateStore;
  readonly revocations: RevocationStore;
  readonly replays: ReplayStore;
}

/**
 * Stores in the memory of one process: for tests, demonstrations, and to see what an own store has to do. Everything in
 * them, revocations included, is gone when the process ends.
 *
 * @throws ConfigurationError if an option is out of range
 */
export function createMemoryStores(options: MemoryStoresOptions = {}): MemoryStores {
  return {
    certificates: createMemoryCertificateStore(),
    revocations: createMemoryRevocationStore(),
    replays: createMemoryReplayStore(options),
  };
}
