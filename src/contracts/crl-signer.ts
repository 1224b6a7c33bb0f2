// contracts: imports core and contracts; types only.

import type { RevocationReason } from './revocation-store.js';

/** One revoked certificate on a CRL. */
export interface CrlEntry {
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly revokedAt: Date;
  readonly reason: RevocationReason;
}

/** A CRL to sign. */
export interface CrlRequest {
  /** Issuing CA whose certificates are on the list. */
  readonly issuerId: string;
  /** Which shard; `null` for the complete list of the issuer, which carries no distribution point. */
  readonly shard: number | null;
  /** Strictly greater than the number of any earlier CRL of the same issuer and shard. */
  readonly number: bigint;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /**
   * `null` for a complete list. Otherwise it is a delta CRL (RFC 5280 section 5.2.4): the number of the complete list of the
   * same scope that the entries are to be added to; less than `number`.
   */
  readonly deltaBase: bigint | null;
  /** Whether it says where the delta CRL to it is (RFC 5280 section 5.2.6); only a complete list may. */
  readonly namesDelta: boolean;
  /** All at once, or page by page as they come from a store. Read once; a serial number must not come twice. */
  readonly entries: Iterable<CrlEntry> | AsyncIterable<Iterable<CrlEntry>>;
}

/** The ability of an authority to sign certificate revocation lists (RFC 5280 section 5). */
export interface CrlSigner {
  /**
   * Signs a CRL. The outcomes: **signed**, resolves to DER; **could not** (unknown issuer, key store down, entries that could
   * not be read to their end): throws {@link UnavailableError} `authority_unavailable`; an {@link UnavailableError} that the
   * entries threw goes on as it came.
   */
  signCrl(request: CrlRequest): Promise<Uint8Array>;
}
