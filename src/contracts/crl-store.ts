// contracts: imports core and contracts; types only.

import type { CrlScope } from './revoked-certificates.js';

/** The complete list that a delta CRL is the difference to (RFC 5280 section 5.2.4). */
export interface CrlBase {
  readonly number: bigint;
  readonly thisUpdate: Date;
  /** Position in the revocation log up to which it was made. */
  readonly logSequence: number;
}

/** What is known of a published list without its bytes. */
export interface CrlDescription extends CrlScope {
  /** Strictly greater than that of any list of the scope before it. */
  readonly number: bigint;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Position in the revocation log up to which it was made. */
  readonly logSequence: number;
  /** How many certificates are on it. */
  readonly entryCount: number;
  /** Size of the DER. */
  readonly bytes: number;
}

/** A published list. */
export interface StoredCrl extends CrlDescription {
  /** DER. */
  readonly crl: Uint8Array;
  /** DER of the delta CRL that was published with it, under the same number; `null` where there is none. */
  readonly deltaCrl: Uint8Array | null;
  /** What the delta CRL is the difference to, or what the next one may be. */
  readonly base: CrlBase | null;
}

/**
 * The CRLs that were published, one of each scope: the latest.
 *
 * Every method throws {@link UnavailableError} `store_unavailable` when it could not do its work.
 */
export interface CrlStore {
  /**
   * The published list of a scope, or `null` if there never was one. With `unlessNumber`, a list of just that number
   * resolves to `'unchanged'`, so that its bytes need not travel again.
   */
  findCrl(
    scope: CrlScope,
    options?: { readonly unlessNumber?: bigint },
  ): Promise<StoredCrl | 'unchanged' | null>;
  /**
   * Publishes a list, durably, if the one in its place still has the number that the caller saw (`null`: there was none):
   * compare-and-swap. Resolves to `false`, and changes nothing, if it does not or if the new number is not greater.
   */
  publishCrl(crl: StoredCrl, options: { readonly expectedNumber: bigint | null }): Promise<boolean>;
  /** All scopes, in no particular order. */
  listCrls(): Promise<readonly CrlDescription[]>;
}
