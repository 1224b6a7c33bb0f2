// revocation: imports core, contracts, x509.

/** Does a piece of work that may not be done twice at once, and of which only the latest outcome counts. */
export interface Turns {
  /**
   * Resolves after a turn that began when this was called or later: one that is already running may have looked too early. Callers
   * that wait for the next turn share it.
   */
  take(): Promise<void>;
  /** A turn is running. */
  readonly busy: boolean;
}

export function createTurns(work: () => Promise<void>): Turns {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  function start(): Promise<void> {
    running = work().finally(() => {
      running = null;
    });
    return running;
  }

  return {
    take() {
      if (next !== null) return next;
      if (running === null) return start();
      next = running
        .catch(() => undefined)
        .then(() => {
          next = null;
          return start();
        });
      return next;
    },
    get busy() {
      return running !== null;
    },
  };
}
