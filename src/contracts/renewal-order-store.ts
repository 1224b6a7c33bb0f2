// contracts: imports core and contracts; types only.

import type { CertificateFilter } from './certificate-search.js';

/** Which certificates an order of renewal is about: those to which every member that is given applies. */
export type RenewalFilter = Pick<
  CertificateFilter,
  'tier' | 'provider' | 'appVersion' | 'bootstrapCertificateSha256' | 'enrolledFrom' | 'enrolledBefore'
> & {
  /** Lower-case hex of the issuing CA's subject key identifier. */
  readonly issuerId?: string;
};

/**
 * Tells devices to renew earlier than they would have: after an incident, or before a CA is retired. Moves the window that
 * is suggested to them (RFC 9773 section 4.2); it revokes nothing.
 */
export interface RenewalOrder {
  /** Unique; lower-case hex, 32 characters. */
  readonly id: string;
  readonly orderedAt: Date;
  readonly filter: RenewalFilter;
  /** Only certificates that were issued before this time; at the latest when the order was given. */
  readonly issuedBefore: Date;
  /** Start of the new window; in the past: now. */
  readonly renewAfter: Date;
  /** End of the new window: the renewals are spread up to here. Not before its start. */
  readonly renewBefore: Date;
  /** For the device's log; at most 200 characters. */
  readonly reason: string;
  /** When the last certificate that it can be about has ended: the store may forget it then. */
  readonly endsAt: Date;
}

/** Keeps the orders of renewal, for all replicas. */
export interface RenewalOrderStore {
  /**
   * Keeps an order, durably. One whose `id` is known already changes nothing. Throws {@link UnavailableError}
   * `store_unavailable` when it could not, {@link MalformedError} `request_malformed` when there are 1,000 already that
   * had not ended when it was given, or one of its times is none.
   */
  recordOrder(order: RenewalOrder): Promise<void>;
  /** Those that have not ended at `now`, oldest first. Throws {@link UnavailableError} `store_unavailable`. */
  listOrders(now: Date): Promise<readonly RenewalOrder[]>;
}
