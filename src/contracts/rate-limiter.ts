// contracts: imports core and contracts; types only.

/** Whom an enrolment endpoint is asked by, as far as it is known at that moment. */
export interface RateLimitSubject {
  readonly endpoint: 'challenges' | 'certificates' | 'renewals';
  /** Network address of the client; `null` if it is not known. */
  readonly address: string | null;
  /** SHA-256 of the bootstrap certificate, lower-case hex: one for all installs of a release; `null` for a device. */
  readonly bootstrapCertificateSha256: string | null;
  /** The device that proved itself; `null` for a bootstrap certificate. */
  readonly deviceId: string | null;
  /** SHA-256 of the public key to be certified, lower-case hex; `null` as long as the body was not read. */
  readonly publicKeySha256: string | null;
}

/**
 * Bounds how often the enrolment endpoints are asked. Each request asks at most twice: before its body is read
 * (`publicKeySha256` is `null`), and once the proof of possession in its CSR has been verified.
 */
export interface RateLimiter {
  /**
   * Lets one request through. The outcomes: **admitted**, resolves; **too often**, throws {@link RejectedError}
   * `rate_limited` with `retryAfterSeconds`; **could not find out**, throws {@link UnavailableError}, and the request is
   * refused.
   */
  admit(subject: RateLimitSubject, now: Date): Promise<void>;
}
