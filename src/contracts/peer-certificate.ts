// contracts: imports core and contracts; types only.

/** The client certificate of a request: TLS, wherever it ended, proved that the client holds its private key. */
export interface PeerCertificate {
  /** DER of the leaf. Nothing of it has been verified but that proof. */
  readonly certificate: Uint8Array;
}

/**
 * What of a request tells whose certificate it comes with. A Node.js `IncomingMessage` is one, Express's `request` too;
 * Fastify has it as `request.raw`.
 */
export interface PeerRequest {
  /** The connection that the request came in on; `null` where the runtime shows none. */
  readonly socket: object | null;
  /** The header lines as received, names and values in turn, nothing joined and nothing dropped. */
  readonly rawHeaders: readonly string[];
}

/**
 * Where client certificates come from: the TLS connection itself, or one kind of proxy that is trusted to forward them. It is
 * chosen once, and there is no falling back from one to another.
 */
export interface PeerCertificateSource {
  /**
   * Reads the client certificate. The outcomes:
   *
   * - **there is one**: its DER, and the proof of possession that goes with it;
   * - **the client has none**: `null`;
   * - **the headers are not in the form of this proxy**: throws {@link MalformedError}
   *   `forwarded_certificate_malformed`;
   * - **not from the proxy that is trusted**: throws {@link RejectedError} `proxy_untrusted`; **the proxy did not verify
   *   the certificate**: `forwarded_certificate_unverified`; **the proxy verified one and sent none**:
   *   `forwarded_certificate_missing`.
   *
   * It is asked on each request and must not remember connections.
   */
  readPeerCertificate(request: PeerRequest): PeerCertificate | null;
  /** The client's network address, as far as this source can tell; `null` if it can not. Good for rate limits only. */
  readAddress(request: PeerRequest): string | null;
}
