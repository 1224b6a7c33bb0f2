// contracts: imports core and contracts; types only.

import type { CrlEntry } from './crl-signer.js';

/** The certificates that one CRL speaks for. */
export interface CrlScope {
  /** Lower-case hex of the issuing CA's subject key identifier. */
  readonly issuerId: string;
  /** Number of the shard; `null` for the complete list of the issuer. */
  readonly crlShard: number | null;
}

/** A revoked certificate as a CRL needs it. */
export interface RevokedCertificate extends CrlEntry {
  readonly notAfter: Date;
  /** Its position in the revocation log. */
  readonly sequence: number;
}

/** Which revoked certificates to list. */
export interface RevokedCertificatesQuery extends CrlScope {
  /** Only certificates that end at this time or later. */
  readonly notAfterFrom: Date;
  /** Only those after this position in the log; 0 for all. */
  readonly afterSequence: number;
  /** At most this many, 1 to 10,000. */
  readonly limit: number;
}

/**
 * The certificates in the revocation log, by the CRL that they belong on.
 *
 * Every method throws {@link UnavailableError} `store_unavailable` when it could not find out.
 */
export interface RevokedCertificates {
  /** Those of one scope, in order of their sequence. Sees every `revoke` that has resolved. */
  listRevoked(query: RevokedCertificatesQuery): Promise<readonly RevokedCertificate[]>;
  /** Position of the latest entry in the log about a certificate of the scope; 0 if there is none. */
  findLastRevoked(scope: CrlScope): Promise<number>;
}
