// stores/format: imports core, contracts and this folder only. What more than one store package needs.

import type { ChangeFeed } from '../../contracts/change-feed.js';

/** A feed, and the way to put something on it. */
export interface ProcessChangeFeed extends ChangeFeed {
  /** Wakes up everyone who has subscribed. */
  readonly announce: () => void;
}

/**
 * Tells of what was appended through the stores of this process. It cannot be woken up by another: what that appended is
 * found by asking the log.
 */
export function createProcessChangeFeed(): ProcessChangeFeed {
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
