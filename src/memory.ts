// door: re-exports only. `device-trust/memory`.

export { createMemoryStores } from './stores/memory/memory-stores.js';
export { createMemoryCertificateStore } from './stores/memory/memory-certificate-store.js';
export { createMemoryReplayStore } from './stores/memory/memory-replay-store.js';
export { createMemoryRevocationStore } from './stores/memory/memory-revocation-store.js';
export type { MemoryStores, MemoryStoresOptions } from './stores/memory/memory-stores.js';
export type { MemoryCertificateStore } from './stores/memory/memory-certificate-store.js';
export type { MemoryReplayStoreOptions } from './stores/memory/memory-replay-store.js';
