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
  readonly entries: Iterable<CrlEntry>;
}

/** The ability of an authority to sign certificate revocation lists (RFC 5280 section 5). */
export interface CrlSigner {
  /**
   * Signs a CRL. The outcomes: **signed**, resolves to DER; **could not** (unknown issuer, key store down): throws
   * {@link UnavailableError} `authority_unavailable`.
   */
  signCrl(request: CrlRequest): Promise<Uint8Array>;
}
