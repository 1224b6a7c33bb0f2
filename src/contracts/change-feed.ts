// contracts: imports core and contracts; types only.

/**
 * Wakes up who follows the revocation log. A wake-up may be lost, come late or come twice: it makes news travel faster and
 * nothing depends on it, for the log itself is asked all the same.
 */
export interface ChangeFeed {
  /**
   * Calls `onChange` when something was appended to the revocation log, by this process or, where the store can tell, by
   * another. Resolves to a function that ends it. Throws {@link UnavailableError} `store_unavailable` if it cannot listen;
   * a feed that breaks later listens anew by itself, and calls `onChange` when it does.
   */
  subscribe(onChange: () => void): Promise<() => Promise<void>>;
}
