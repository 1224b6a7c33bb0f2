// contracts: imports core and contracts; types only.

/** A lease to take. */
export interface LeaseRequest {
  /** What only one may do at a time, such as `crl/<issuer>/7`; at most 200 characters. */
  readonly name: string;
  /** Who wants it; unique to the process. At most 200 characters. */
  readonly holder: string;
  /** After how many seconds it ends by itself, 1 to 3,600. */
  readonly lifetimeSeconds: number;
  /** The caller's time. A store whose server has a clock goes by that one instead. */
  readonly now: Date;
}

/**
 * Lets one of several processes do something. It saves work; it proves nothing, because a process may sleep through the
 * end of its lease: what must not happen twice is guarded where it happens.
 *
 * Every method throws {@link UnavailableError} `store_unavailable` when it could not find out.
 */
export interface LeaseStore {
  /** Takes the lease, or prolongs it for the same holder. Resolves to `false` if another holds it. */
  acquireLease(request: LeaseRequest): Promise<boolean>;
  /** Gives it back, if the holder still has it. */
  releaseLease(lease: Pick<LeaseRequest, 'name' | 'holder'>): Promise<void>;
}
