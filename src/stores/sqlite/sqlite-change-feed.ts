// stores/sqlite: imports core, contracts and this folder only.

import type { ChangeFeed } from '../../contracts/change-feed.js';

/** A feed, and the way to put something on it. */
export interface SqliteChangeFeed extends ChangeFeed {
  /** Wakes up everyone who has subscribed. */
  readonly announce: () => void;
}

/**
 * Tells of what was appended through these stores. SQLite has no way to wake up another process: what that appended is
 * found by asking the log.
 */
export function createSqliteChangeFeed(): SqliteChangeFeed {
  const listeners = new Set<() => void>();
  return {
    async subscribe(onChange) {
      // A function of its own for each subscription, so that one may be subscribed twice and ended once.
      const listener = (): void => {
        onChange();
      };
      listeners.add(listener);
      return async () => {
        listeners.delete(listener);
      };
    },
    announce: () => {
      for (const listener of listeners) {
        try {
          listener();
        } catch {
          continue; // what was recorded stays recorded, whatever a listener makes of the news
        }
      }
    },
  };
}
