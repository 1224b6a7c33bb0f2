// contracts: imports core and contracts; types only.

/**
 * Remembers how far something has got, outside of the store that it is about: who restores that store from a backup must not
 * restore this with it.
 *
 * Both methods throw {@link UnavailableError} `store_unavailable` when they could not do their work.
 */
export interface HighWaterMark {
  /** The highest value that `raise` was given for the name; `null` if there was none. */
  read(name: string): Promise<bigint | null>;
  /** Remembers the value, durably, if it is higher than what is remembered. */
  raise(name: string, value: bigint): Promise<void>;
}
