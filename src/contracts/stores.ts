// contracts: imports core and contracts; types only.

import type { AttestedKeyStore } from './attested-key-store.js';
import type { AuditStore } from './audit-store.js';
import type { CertificateSearch } from './certificate-search.js';
import type { CertificateStore } from './certificate-store.js';
import type { ChangeFeed } from './change-feed.js';
import type { CrlStore } from './crl-store.js';
import type { LeaseStore } from './lease-store.js';
import type { RateLimitStore } from './rate-limit-store.js';
import type { RenewalOrderStore } from './renewal-order-store.js';
import type { ReplayStore } from './replay-store.js';
import type { Retention } from './retention.js';
import type { RevocationStore } from './revocation-store.js';
import type { RevokedCertificates } from './revoked-certificates.js';
import type { UsageCounterStore } from './usage-counter-store.js';

/**
 * Everything that is kept. Each store package makes all of it over one connection; a team that brings one store of its own
 * takes the rest from a package: `{ ...stores, replays: mine }`.
 */
export interface Stores {
  readonly certificates: CertificateStore & CertificateSearch;
  readonly revocations: RevocationStore & RevokedCertificates;
  readonly replays: ReplayStore;
  readonly audit: AuditStore;
  readonly crls: CrlStore;
  readonly leases: LeaseStore;
  readonly rateLimits: RateLimitStore;
  readonly renewalOrders: RenewalOrderStore;
  readonly attestedKeys: AttestedKeyStore;
  readonly usageCounters: UsageCounterStore;
  readonly retention: Retention;
  readonly changes: ChangeFeed;
}
