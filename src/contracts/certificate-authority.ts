// contracts: imports core and contracts; types only.

/** A request for a device certificate in which everything has been checked already. */
export interface CertificateRequest {
  /** DER SubjectPublicKeyInfo; the client has proven that it holds the private key. */
  readonly publicKey: Uint8Array;
  /** Identity of the device: a lower-case UUID, assigned by the server. */
  readonly deviceId: string;
  /** Certificate policy OID of the tier, in dotted form. */
  readonly policyOid: string;
  /** How long the certificate should live, in seconds; the authority shortens it to its own life. */
  readonly lifetimeSeconds: number;
  readonly now: Date;
}

/**
 * A certificate that is checked, linted and ready to be signed, but not signed: what the store keeps as the intent, so
 * that a crash leaves nothing valid that the store does not know of.
 */
export interface PreparedCertificate {
  /** Issuing CA: lower-case hex of its 20-byte subject key identifier. */
  readonly issuerId: string;
  /** Lower-case hex, no leading zero octets, 16 to 20 octets. */
  readonly serialNumber: string;
  readonly deviceId: string;
  /** SHA-256 of the DER SubjectPublicKeyInfo, lower-case hex. */
  readonly publicKeySha256: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Number of the CRL shard that the certificate names in its CRL distribution point. */
  readonly crlShard: number;
  /** What will be signed, in the authority's own form (DER TBSCertificate for a local one). */
  readonly toBeSigned: Uint8Array;
}

/** A signed certificate. */
export interface IssuedCertificate {
  /** DER. */
  readonly certificate: Uint8Array;
}

/** The certificate of an issuing CA and those above it. */
export interface IssuerCertificate {
  /** Lower-case hex of the 20-byte subject key identifier. */
  readonly issuerId: string;
  /** DER of the issuing CA. */
  readonly certificate: Uint8Array;
  /** DER of the CAs above it, nearest first, the root not included. */
  readonly chain: readonly Uint8Array[];
}

/**
 * Makes certificates, in two steps, so that nothing is signed that was not checked and recorded first. It believes
 * nothing of a CSR but the key.
 */
export interface CertificateAuthority {
  /** The issuing CA that signs new certificates, and former ones whose certificates still live. Current one first. */
  readonly issuers: readonly [IssuerCertificate, ...IssuerCertificate[]];

  /**
   * Builds and lints a certificate without signing it. The outcomes:
   *
   * - **good**: resolves to what would be signed, with a new random serial number;
   * - **a key we do not certify**: throws {@link MalformedError} `csr_key_unsupported`;
   * - **could not** (issuer expired, or the lint refuses our own work): throws {@link UnavailableError}
   *   `authority_unavailable`.
   */
  prepare(request: CertificateRequest): Promise<PreparedCertificate>;

  /**
   * Signs what was prepared, once. Given the same prepared certificate again (after a crash) it may sign again: both
   * signatures are over the same bytes and serial number. The outcomes:
   *
   * - **signed**: resolves to the certificate;
   * - **not ours, or altered since**, or **could not** (key store down): throws {@link UnavailableError}
   *   `authority_unavailable`; nothing is valid.
   */
  issue(prepared: PreparedCertificate): Promise<IssuedCertificate>;
}
