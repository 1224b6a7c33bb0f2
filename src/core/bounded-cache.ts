// core: imports nothing.

/** A bounded map that forgets what was not asked for longest. */
export interface BoundedCache<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
}

/**
 * Creates a cache of at most `capacity` entries in two generations: when the young one is full, the old one is dropped as
 * a whole. A hit costs one look-up, and what is in use moves on; no list has to be kept in order.
 */
export function createBoundedCache<T>(capacity: number): BoundedCache<T> {
  const generationSize = Math.max(1, Math.floor(capacity / 2));
  let young = new Map<string, T>();
  let old = new Map<string, T>();

  function set(key: string, value: T): void {
    if (young.size >= generationSize) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  }

  return {
    get(key) {
      const value = young.get(key);
      if (value !== undefined) return value;
      const aged = old.get(key);
      if (aged !== undefined) set(key, aged);
      return aged;
    },
    set,
  };
}
