// integrity/play: imports nothing of ours.

/** Remembers for a while what came of something that should not be done twice. */
export interface OutcomeMemory<T> {
  /**
   * Gives the outcome that is known for `key`, or that is being awaited for it; else produces it. A failure to produce
   * is shared with those who wait for it and not remembered.
   */
  once(key: string, now: Date, produce: () => Promise<T>): Promise<T>;
}

/**
 * @param limits.maxEntries the oldest entry makes room for a new one
 * @param limits.lifetimeSeconds for how long an outcome is remembered
 */
export function createOutcomeMemory<T>(limits: {
  readonly maxEntries: number;
  readonly lifetimeSeconds: number;
}): OutcomeMemory<T> {
  const entries = new Map<string, { readonly outcome: Promise<T>; readonly expiresAt: number }>();
  return {
    once(key, now, produce) {
      const known = entries.get(key);
      if (known && now.getTime() < known.expiresAt) return known.outcome;
      const entry = { outcome: produce(), expiresAt: now.getTime() + limits.lifetimeSeconds * 1000 };
      entries.delete(key);
      entries.set(key, entry);
      for (const oldest of entries.keys()) {
        if (entries.size <= limits.maxEntries) break;
        entries.delete(oldest);
      }
      entry.outcome.catch(() => {
        if (entries.get(key) === entry) entries.delete(key);
      });
      return entry.outcome;
    },
  };
}
