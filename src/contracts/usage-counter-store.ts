// contracts: imports core and contracts; types only.

/** One use to count. */
export interface CountUsageRequest {
  /** Names the counter and its window, such as `decodes:play-integrity:2026-03-01`; 1 to 200 characters. */
  readonly key: string;
  /** The use is counted only while fewer than so many are; 1 to 1,000,000,000. */
  readonly limit: number;
  /** When the store may forget the counter. It must keep it at least until then. A later time given with a later use counts. */
  readonly expiresAt: Date;
  /** The caller's time. A store whose server has a clock goes by that one instead. */
  readonly now: Date;
}

/** How it ended. */
export interface CountUsageOutcome {
  /** Whether this use was counted; `false`: the limit had been reached, nothing was changed. */
  readonly counted: boolean;
  /** How many uses are counted now, this one included if it was. */
  readonly total: number;
}

/** Counts uses that all replicas share, exactly. */
export interface UsageCounterStore {
  /**
   * Counts one use, atomically: of any number of callers in any number of processes, each is told another `total`, and no more than
   * `limit` are counted. A counter whose time is over starts anew. Throws {@link UnavailableError} `store_unavailable` when it could
   * not find out, {@link MalformedError} `request_malformed` for a request out of bounds.
   */
  countUsage(request: CountUsageRequest): Promise<CountUsageOutcome>;
}
