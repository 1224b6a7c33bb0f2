// authentication: imports core, contracts, x509.

/** One header of a format. */
export interface ForwardedHeader {
  /** Lower-case. */
  readonly name: string;
  /** The header is a list (RFC 9110 section 5.3): it may come on several lines, which are joined by `, `. Default: one line only. */
  readonly isList?: boolean;
}

/**
 * How one kind of proxy forwards a client certificate: which headers it sets, and what they say. Create one by
 * {@link nginx}, {@link haproxy}, {@link apache}, {@link envoy}, {@link rfc9440} and their like.
 */
export interface ForwardedFormat {
  /** The headers that the proxy sets or removes on every request. */
  readonly headers: readonly ForwardedHeader[];
  /**
   * Reads the certificate out of the values of these headers, which have come from the trusted proxy.
   *
   * @param values in the order of `headers`; `undefined` where a header is absent, and at most 16 KiB each
   * @returns the DER of the leaf, or `null` if the proxy says that the client has none
   * @throws MalformedError `forwarded_certificate_malformed`
   * @throws RejectedError `forwarded_certificate_unverified`, `forwarded_certificate_missing`
   */
  readCertificate(values: readonly (string | undefined)[]): Uint8Array | null;
}
