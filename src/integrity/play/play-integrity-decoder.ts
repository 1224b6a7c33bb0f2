// integrity/play: imports core and contracts only; types only.

import type { IssuanceAction } from '../../contracts/policy.js';

/** A token to decode. */
export interface DecodePlayIntegrityRequest {
  /** 1 to 16,384 visible ASCII characters; nothing else is known of it. */
  readonly token: string;
  /** The package of our app. */
  readonly packageName: string;
  readonly now: Date;
  readonly signal?: AbortSignal;
  /** What the evidence is for, if somebody said: a budget of calls may leave a part to renewals. */
  readonly action?: IssuanceAction;
}

/** Turns a Play Integrity token into its payload: with keys of our own, or by asking Google. */
export interface PlayIntegrityDecoder {
  /**
   * Decodes one token. The outcomes:
   *
   * - **authentic**: resolves to the payload, a JSON value whose members are not checked yet;
   * - **not a token of ours**: throws {@link MalformedError} `evidence_malformed` or {@link RejectedError}
   *   `evidence_rejected` with reasons;
   * - **could not find out**: throws {@link UnavailableError}.
   */
  decode(request: DecodePlayIntegrityRequest): Promise<unknown>;
}
