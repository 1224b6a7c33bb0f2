// contracts: imports core and contracts; types only.

import type { RevocationReason } from './revocation-store.js';

/** What an OCSP answer says of one certificate; `unknown` for one that was never issued. */
export type OcspStatus =
  | { readonly status: 'good' }
  | { readonly status: 'revoked'; readonly revokedAt: Date; readonly reason: RevocationReason }
  | { readonly status: 'unknown' };

/** What is said of one certificate. */
export interface OcspSingleResponse {
  /** DER of the CertID of the question: it goes into the answer as it came. */
  readonly certId: Uint8Array;
  readonly status: OcspStatus;
  /** When this was known to be so. */
  readonly thisUpdate: Date;
  /** When there will be news at the latest. */
  readonly nextUpdate: Date;
}

/** An OCSP answer to sign (RFC 6960 section 4.2). */
export interface OcspRequest {
  /** Issuing CA of all certificates asked about. */
  readonly issuerId: string;
  /** One for each question, in order; at least one. */
  readonly responses: readonly OcspSingleResponse[];
  readonly producedAt: Date;
  /** Nonce of the question (RFC 9654), 1 to 128 octets; `null` for an answer that may be cached. */
  readonly nonce: Uint8Array | null;
}

/** The ability of an authority to sign OCSP answers. */
export interface OcspSigner {
  /**
   * Signs an answer. The outcomes: **signed**, resolves to the DER OCSPResponse; **could not** (unknown issuer, key
   * store down): throws {@link UnavailableError} `authority_unavailable`.
   */
  signOcsp(request: OcspRequest): Promise<Uint8Array>;
}
