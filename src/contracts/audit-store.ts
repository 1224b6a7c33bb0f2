// contracts: imports core and contracts; types only.

/** One entry of the audit trail. */
export interface AuditEntry {
  /** 1 for the first entry, then one more each time, without a gap. */
  readonly sequence: number;
  /** The event, as JSON text: exactly the text that is hashed. */
  readonly body: string;
  /** The device that it is about; `null` for none. */
  readonly deviceId: string | null;
  /** `hash` of the entry before, lower-case hex; 64 zeros for the first. */
  readonly previousHash: string;
  /** SHA-256 of the 32 bytes of `previousHash` followed by the UTF-8 bytes of `body`, lower-case hex. */
  readonly hash: string;
}

/** Which part of the trail to list. */
export interface AuditListQuery {
  /** Only entries after this position; 0 for all. */
  readonly afterSequence: number;
  /** Only entries about this device. Default: all. */
  readonly deviceId?: string;
  /** At most this many, 1 to 1,000. */
  readonly limit: number;
}

/**
 * The audit trail: append-only, each entry chained to the one before by its hash. The caller makes the hashes; the store
 * makes sure that there is one chain.
 *
 * Every method throws {@link UnavailableError} `store_unavailable` when it could not do its work.
 */
export interface AuditStore {
  /**
   * Appends entries that follow each other, durably and all or none, if the first one follows the last entry of the trail.
   * Resolves to `false`, and changes nothing, if another process appended meanwhile.
   */
  appendAudit(entries: readonly AuditEntry[]): Promise<boolean>;
  /** The last entry, or `null` of an empty trail. */
  findAuditHead(): Promise<AuditEntry | null>;
  /** Entries in order of their sequence. */
  listAudit(query: AuditListQuery): Promise<readonly AuditEntry[]>;
}
