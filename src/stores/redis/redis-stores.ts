// stores/redis: imports core, contracts and this folder only.

import { ConfigurationError } from '../../core/errors.js';
import type { ReplayStore } from '../../contracts/replay-store.js';
import type { Stores } from '../../contracts/stores.js';
import { createRedisAttestedKeyStore } from './redis-attested-key-store.js';
import { createRedisAuditStore } from './redis-audit-store.js';
import { createRedisCertificateStore } from './redis-certificate-store.js';
import { createFeed } from './redis-change-feed.js';
import type { RedisSubscriber } from './redis-client.js';
import { createRedisCrlStore } from './redis-crl-store.js';
import { createRedisLeaseStore } from './redis-lease-store.js';
import { assertSubscriber, openChecked, parseSharedOptions, type RedisOptions } from './redis-options.js';
import { createRedisRateLimitStore } from './redis-rate-limit-store.js';
import { createRedisRenewalOrderStore } from './redis-renewal-order-store.js';
import { createReplayStore } from './redis-replay-store.js';
import { createRedisRetention } from './redis-retention.js';
import { createRedisRevocationStore } from './redis-revocation-store.js';
import { createRedisUsageCounterStore } from './redis-usage-counter-store.js';

/** What `createRedisStores` takes. */
export interface RedisStoresOptions extends RedisOptions {
  /** A second connected client, to receive wake-ups with: `await client.duplicate().connect()`. */
  readonly subscriber: RedisSubscriber;
  /**
   * Must be `true`. Better keep certificates and the log in PostgreSQL, and let {@link createRedisReplayStore} and
   * `createRedisChangeFeed` stand beside it.
   *
   * @deprecated Everything must fit into memory. Replication is asynchronous: a failover to a replica may lose revocations,
   *   consumed challenges and certificates that were acknowledged. Only a process that runs on and has seen an entry of the
   *   revocation log that is gone finds out.
   */
  readonly dangerouslyUseAsOnlyStore: true;
}

/** All stores over one Redis. */
export interface RedisStores extends Stores {
  /** The marker of the data: keep it, and pass it as `expectedInstanceId` from the second start on. */
  readonly instanceId: string;
}

/**
 * Stores over one Redis server, 6.2 or later. Each operation is one round trip, a search or clean-up one for each thousand
 * records that it looks at.
 *
 * What a method has resolved to is on the disk of the server (`appendonly yes`, `appendfsync always`; both are checked). If
 * the server loses all its data while the process runs, or entries of the revocation log that the process has seen, every
 * method throws {@link UnavailableError} `store_rolled_back` from then on.
 *
 * @throws ConfigurationError if an option is out of range, or the server is not set to keep what it has answered
 * @throws UnavailableError `store_unavailable` if the server cannot be asked; `store_rolled_back` if its data is not that of
 *   `expectedInstanceId`
 */
export async function createRedisStores(options: RedisStoresOptions): Promise<RedisStores> {
  if (!readConsent(options)) {
    throw new ConfigurationError('dangerouslyUseAsOnlyStore', {
      message: 'must be true to keep certificates and revocations in Redis only; see what that costs',
    });
  }
  assertSubscriber(options.subscriber);
  const { keyPrefix, timeoutMilliseconds } = parseSharedOptions(options);
  const connection = await openChecked(options);
  return {
    instanceId: connection.instanceId,
    certificates: createRedisCertificateStore(connection),
    revocations: createRedisRevocationStore(connection),
    replays: createReplayStore(connection),
    audit: createRedisAuditStore(connection),
    crls: createRedisCrlStore(connection),
    leases: createRedisLeaseStore(connection),
    rateLimits: createRedisRateLimitStore(connection),
    renewalOrders: createRedisRenewalOrderStore(connection),
    attestedKeys: createRedisAttestedKeyStore(connection),
    usageCounters: createRedisUsageCounterStore(connection),
    retention: createRedisRetention(connection),
    changes: createFeed(options.subscriber, keyPrefix, timeoutMilliseconds),
  };
}

/**
 * A replay store alone, for challenges beside another store's certificates. Expired ids are swept out as others are consumed.
 * It promises what {@link createRedisStores} does, and checks the same.
 *
 * @throws ConfigurationError if an option is out of range, or the server is not set to keep what it has answered
 * @throws UnavailableError `store_unavailable` if the server cannot be asked; `store_rolled_back` if its data is not that of
 *   `expectedInstanceId`
 */
export async function createRedisReplayStore(
  options: RedisOptions,
): Promise<ReplayStore & Pick<RedisStores, 'instanceId'>> {
  const connection = await openChecked(options);
  return { instanceId: connection.instanceId, ...createReplayStore(connection) };
}

/** For callers without types. */
function readConsent(options: Readonly<Record<'dangerouslyUseAsOnlyStore', unknown>>): boolean {
  return options.dangerouslyUseAsOnlyStore === true;
}
