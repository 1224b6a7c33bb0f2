// door: re-exports only. `device-trust/memory`.

export { createMemoryStores } from './stores/memory/memory-stores.js';
export type { MemoryStores, MemoryStoresOptions } from './stores/memory/memory-stores.js';
export type { MemoryReplayStoreOptions } from './stores/memory/memory-replay-store.js';
