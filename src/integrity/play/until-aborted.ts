// integrity/play: imports core only.

import { UnavailableError } from '../../core/errors.js';

/**
 * Starts work and waits for it, but not longer than until the signal fires. The work is not started if the signal has
 * fired already, and what comes of it later is not looked at.
 *
 * @param message why nobody waits any longer
 * @throws UnavailableError `provider_unavailable` if the signal fires first
 */
export async function untilAborted<T>(
  start: () => Promise<T>,
  signal: AbortSignal,
  message: string,
): Promise<T> {
  const gaveUp = (): UnavailableError =>
    new UnavailableError('provider_unavailable', { message, cause: signal.reason });
  if (signal.aborted) throw gaveUp();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(gaveUp());
    };
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([aborted, start()]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
