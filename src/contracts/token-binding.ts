// contracts: imports core and contracts; types only.

import type { AccessToken } from './access-token-verifier.js';

/** The device that an access token was presented over. */
export interface TokenPresenter {
  readonly deviceId: string;
  /** DER of the device certificate. */
  readonly certificate: Uint8Array;
  /** SHA-256 of the DER SubjectPublicKeyInfo, lower-case hex. */
  readonly publicKeySha256: string;
}

/**
 * One way in which an access token names who may present it.
 *
 * `bound`: it names the presenter. `mismatch`: it names another, or names it in a way that can not be read.
 * `unbound`: it says nothing of this kind.
 */
export type TokenBindingOutcome = 'bound' | 'mismatch' | 'unbound';

/** Compares what an access token says of its presenter with the device that presents it. */
export interface TokenBinding {
  /** Name for logs, such as `x5t#S256`. */
  readonly name: string;
  /** Never throws: what can not be read is a `mismatch`. */
  evaluate(token: AccessToken, presenter: TokenPresenter): TokenBindingOutcome;
}

/** Decides whether an access token may be presented over this device. */
export interface TokenBindingPolicy {
  /**
   * The outcomes: **yes**, returns; **the token names another**, throws {@link RejectedError}
   * `access_token_binding_mismatch`; **it names nobody, and that is not enough**: `access_token_unbound`.
   */
  verify(token: AccessToken, presenter: TokenPresenter): void;
}
