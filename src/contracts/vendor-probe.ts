// contracts: imports core and contracts; types only.

/** What came of asking a vendor. `answered`: it said something, whatever that was; `quota`: it said that our quota is used up. */
export type VendorState = 'answered' | 'quota' | 'unanswered';

/**
 * Asks the vendor of a provider something of our own. An outage that a client's evidence ran into may be of the client's making (a
 * token on which the vendor stumbles); one that our own question runs into is not.
 */
export interface VendorProbe {
  /** Name of the provider that asks this vendor. */
  readonly provider: string;
  /**
   * Asks once. Nothing that a client sent goes into the question, nor into whether it is asked. Resolves to `unanswered` if there
   * was no answer in time, or one that says the vendor cannot work (408, 5xx); never rejects.
   *
   * @param signal aborted when the caller no longer waits; it then resolves to `unanswered`, and the caller looks no further
   */
  probe(signal: AbortSignal): Promise<VendorState>;
}
