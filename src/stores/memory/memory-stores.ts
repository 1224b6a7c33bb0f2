// stores/memory: imports core, contracts, stores/format and this folder only.

import { systemClock, type Clock } from '../../core/clock.js';
import type { Stores } from '../../contracts/stores.js';
import { createMemoryAttestedKeyStore } from './memory-attested-key-store.js';
import { createMemoryAuditStore } from './memory-audit-store.js';
import { createMemoryCertificateStore } from './memory-certificate-store.js';
import { createProcessChangeFeed } from '../format/process-change-feed.js';
import { createMemoryCrlStore } from './memory-crl-store.js';
import { createMemoryLeaseStore } from './memory-lease-store.js';
import { createMemoryRateLimitStore, type MemoryRateLimitStoreOptions } from './memory-rate-limit-store.js';
import { createMemoryRenewalOrderStore } from './memory-renewal-order-store.js';
import { createMemoryReplayStore, type MemoryReplayStoreOptions } from './memory-replay-store.js';
import { createMemoryRetention } from './memory-retention.js';
import { createMemoryRevocationStore } from './memory-revocation-store.js';
import { createMemoryUsageCounterStore } from './memory-usage-counter-store.js';

export interface MemoryStoresOptions extends MemoryReplayStoreOptions, MemoryRateLimitStoreOptions {
  /** By which retention sees that something is over. Default: the clock of the machine. */
  readonly clock?: Clock;
}

/** What {@link createMemoryStores} makes. */
export type MemoryStores = Stores;

/**
 * Stores in the memory of one process: for tests, demonstrations, and to see what an own store has to do. Everything in
 * them, revocations included, is gone when the process ends, and two processes know nothing of each other. A challenge
 * that was used shortly before a restart could be used again after it.
 *
 * @throws ConfigurationError if an option is out of range
 */
export function createMemoryStores(options: MemoryStoresOptions = {}): MemoryStores {
  const { clock = systemClock } = options;
  const changes = createProcessChangeFeed();
  const certificates = createMemoryCertificateStore();
  const revocations = createMemoryRevocationStore(changes.announce);
  const replays = createMemoryReplayStore(options);
  const rateLimits = createMemoryRateLimitStore(options);
  const renewalOrders = createMemoryRenewalOrderStore();
  const attestedKeys = createMemoryAttestedKeyStore();
  const usageCounters = createMemoryUsageCounterStore();
  return {
    certificates,
    revocations,
    replays,
    audit: createMemoryAuditStore(),
    crls: createMemoryCrlStore(),
    leases: createMemoryLeaseStore(),
    rateLimits,
    renewalOrders,
    attestedKeys,
    usageCounters,
    retention: createMemoryRetention(
      { certificates, revocations, replays, renewalOrders, attestedKeys, usageCounters, rateLimits },
      clock,
    ),
    changes,
  };
}
