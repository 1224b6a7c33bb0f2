// contracts: imports core and contracts; types only.

/**
 * One piece of integrity evidence (RFC 9334) as it came from a client: nothing in it is verified. `provider` says which
 * provider can read it; the other members are that provider's wire format, such as `token`.
 */
export interface UnverifiedEvidence {
  readonly provider: string;
  readonly [member: string]: unknown;
}

/** What evidence must be bound to, to count for this request. */
export interface ExpectedBinding {
  /** The bytes of the challenge that the server gave out. */
  readonly challenge: Uint8Array;
  /** DER SubjectPublicKeyInfo of the key in the certification request. */
  readonly publicKey: Uint8Array;
  /**
   * The 32 bytes that bind evidence to challenge and key:
   * `SHA-256("device-trust/v1" || 0x00 || SHA-256(challenge) || SHA-256(publicKey))`; in the weaker challenge-only form
   * (for apps already in the field) `SHA-256(challenge)`.
   */
  readonly binding: Uint8Array;
}
