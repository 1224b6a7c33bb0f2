// contracts: imports core and contracts; types only.

/** A verified access token: who the user is. It says nothing about the device. */
export interface AccessToken {
  /** The `sub` claim. */
  readonly subject: string;
  /** The `scope` claim, split; empty if there is none. */
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
  /** All claims. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Verifies access tokens. */
export interface AccessTokenVerifier {
  /**
   * Verifies one bearer token. The outcomes: **good**, resolves to what it says; **malformed, expired, forged, for
   * another audience, withdrawn**: throws {@link RejectedError} `access_token_invalid`; **could not find out**: throws
   * {@link UnavailableError} `access_token_keys_unavailable` (the keys are out of reach) or
   * `access_token_introspection_unavailable` (the authorization server could not be asked).
   */
  verify(token: string, now: Date): Promise<AccessToken>;
}
