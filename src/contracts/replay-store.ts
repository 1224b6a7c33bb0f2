// contracts: imports core and contracts; types only.

/** Something that may be used once. */
export interface ConsumeRequest {
  /** What is consumed, such as `challenge:<hex>`; at most 200 characters. */
  readonly id: string;
  /** Who consumes it: the same holder asking again is told so. At most 200 characters. */
  readonly holder: string;
  /** When the store may forget it. It must remember it at least until then. */
  readonly expiresAt: Date;
  readonly now: Date;
}

/** How it ended; `holder` is the one who was first. */
export type ConsumeOutcome =
  { readonly outcome: 'consumed' } | { readonly outcome: 'already_consumed'; readonly holder: string };

/** Remembers what has been used, across processes. */
export interface ReplayStore {
  /**
   * Consumes an id, atomically and durably: of any number of callers in any number of processes, exactly one is told
   * `consumed`; all others learn who was first. Throws {@link UnavailableError} `store_unavailable` when it could not
   * find out.
   */
  consume(request: ConsumeRequest): Promise<ConsumeOutcome>;
}
