// contracts: imports core and contracts; types only.

/** What to forget. */
export interface PruneRequest {
  /**
   * Certificates that ended before this time are forgotten, the entries of the revocation log that name them, orders of
   * renewal and counters that ended before it, and attested keys that were last used before it: a device that comes back with
   * one has to have a new one attested. Keep certificates for longer than the grace of renewal and than a CRL lives. At the
   * latest the time of the store's own clock.
   */
  readonly before: Date;
  /** At most so many records of each kind, 1 to 10,000. */
  readonly limit: number;
}

/** How many records of each kind were forgotten. */
export interface Pruned {
  readonly certificates: number;
  /** Entries of the revocation log about certificates. Those about devices and keys are kept for ever. */
  readonly revocations: number;
  /** Challenges whose time was over before `before`. */
  readonly replays: number;
  /** Orders of renewal that ended before `before`. */
  readonly renewalOrders: number;
  /** Attested keys that were last used before `before`. */
  readonly attestedKeys: number;
  /** Counters of uses that ended before `before`; 0 where the server forgets them by itself. */
  readonly usageCounters: number;
  /** Buckets of rate limits that are full again, whatever `before` is; 0 where the server forgets them by itself. */
  readonly rateLimits: number;
}

/** Forgets in batches, so that no single call takes long. */
export interface Retention {
  /**
   * Forgets. The newest entry of the revocation log stays, whatever it names: followers know their place by it. Throws
   * {@link UnavailableError} `store_unavailable` when it could not.
   */
  prune(request: PruneRequest): Promise<Pruned>;
}
