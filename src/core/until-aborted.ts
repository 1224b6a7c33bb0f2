// core: imports nothing.

/**
 * Starts work and waits for it, but not longer than until the signal fires. The work is not started if the signal has
 * fired already, and what comes of it later is not looked at.
 *
 * @param gaveUp makes what is thrown if the signal fires first, of the signal's reason
 */
export async function untilAborted<T>(
  start: () => Promise<T>,
  signal: AbortSignal,
  gaveUp: (reason: unknown) => Error,
): Promise<T> {
  if (signal.aborted) throw gaveUp(signal.reason);
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(gaveUp(signal.reason));
    };
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([aborted, start()]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
