// contracts: imports core and contracts; types only.

/** Names a key that a vendor attested. */
export interface AttestedKeyName {
  /** Name of the provider; 1 to 100 characters. */
  readonly provider: string;
  /** What the vendor calls the key; 1 to 200 characters. */
  readonly keyId: string;
}

/** A key that vouches for others: attested once, it signs later evidence (App Attest assertions). */
export interface AttestedKey extends AttestedKeyName {
  /** DER SubjectPublicKeyInfo, 1 to 2,048 octets. */
  readonly publicKey: Uint8Array;
  /** The device that it speaks for, 1 to 200 characters; `null` if nobody said. */
  readonly deviceId: string | null;
  /** What the provider wants to know again, such as the environment: JSON text, at most 8,192 characters. */
  readonly details: string;
  /** What the vendor takes for a newer judgement of the device (an App Attest receipt), 1 to 65,536 octets; `null` for none. */
  readonly receipt: Uint8Array | null;
  readonly attestedAt: Date;
  /** Counter of the last signature that was used, at most 4,294,967,295; 0 after the attestation. */
  readonly counter: number;
  /** What the last use was for: SHA-256, lower-case hex. The same use again is no replay. */
  readonly lastUse: string;
  readonly lastUsedAt: Date;
}

/** How {@link AttestedKeyStore.registerAttestedKey} ended. */
export type RegisterAttestedKeyOutcome =
  | { readonly outcome: 'registered' }
  /** The key was registered for another use; nothing was changed. */
  | { readonly outcome: 'exists' };

/** One use of a registered key. */
export interface UseAttestedKeyRequest extends AttestedKeyName {
  /** As signed, 1 to 4,294,967,295. */
  readonly counter: number;
  /** What it is for: SHA-256, lower-case hex. */
  readonly use: string;
  readonly at: Date;
}

/** How {@link AttestedKeyStore.useAttestedKey} ended; only `used` changes anything. */
export type UseAttestedKeyOutcome =
  | { readonly outcome: 'used' }
  /** The counter is not above the last one, and the use is another. */
  | { readonly outcome: 'counter_not_higher' }
  | { readonly outcome: 'unknown' };

/**
 * Keys that vouch for others, with counters that only rise. Every method throws {@link UnavailableError} `store_unavailable` when
 * it could not do its work, {@link MalformedError} `request_malformed` for what is out of bounds.
 */
export interface AttestedKeyStore {
  /**
   * Registers a key, durably and atomically, unless one of this name is there. If that one has the same `publicKey`, the same
   * `lastUse` and was never used since (counter 0), it is the same request again: its `deviceId` becomes the one given, and the
   * outcome is `registered`.
   */
  registerAttestedKey(key: AttestedKey): Promise<RegisterAttestedKeyOutcome>;
  /** The key, or `null`. */
  findAttestedKey(name: AttestedKeyName): Promise<AttestedKey | null>;
  /**
   * Records a use, durably and atomically, if its counter is above the last one; or, changing nothing, if counter and use are those
   * of the last one. Of any number of callers with one counter and different uses, exactly one is told `used`.
   */
  useAttestedKey(request: UseAttestedKeyRequest): Promise<UseAttestedKeyOutcome>;
  /** Keeps a newer receipt; resolves to `false` if there is no such key. */
  replaceReceipt(request: AttestedKeyName & { readonly receipt: Uint8Array }): Promise<boolean>;
}
