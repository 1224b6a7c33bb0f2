// stores/postgres: imports core, contracts and this folder only.

import type { ChangeFeed } from '../../contracts/change-feed.js';
import type { PostgresPool } from './postgres-pool.js';
import { describeFailure } from './store-failure.js';

const FIRST_PAUSE_MILLISECONDS = 100;
const LONGEST_PAUSE_MILLISECONDS = 30_000;

/** A connection that listens. */
interface Listening {
  close(): void;
}

/**
 * A feed by LISTEN. All who subscribe share one connection, which is taken from the pool with the first and given back
 * with the last. When it breaks, another one is taken, at once and then after pauses that double.
 */
export function createPostgresChangeFeed(pool: PostgresPool): ChangeFeed {
  const listeners = new Set<{ readonly onChange: () => void }>();
  let connection: Promise<Listening> | null = null;
  let timer: NodeJS.Timeout | undefined;

  function tellAll(): void {
    for (const { onChange } of [...listeners]) {
      try {
        onChange();
      } catch {
        // The error of one listener is not a reason to keep the news from the others, and there is no one to tell.
        continue;
      }
    }
  }

  async function listen(): Promise<Listening> {
    const client = await pool.connect();
    let open = true;
    // Closed, not given back, so that no caller of the pool gets a connection that still listens.
    const close = (): void => {
      if (open) client.release(true);
      open = false;
    };
    const onBroken = (): void => {
      if (!open) return;
      close();
      connection = null;
      listenAgain(0);
    };
    client.on('notification', tellAll);
    client.on('error', onBroken);
    client.on('end', onBroken);
    try {
      await client.query({ text: 'LISTEN device_trust_revocations' });
    } catch (error) {
      close();
      throw error;
    }
    return { close };
  }

  function listenAgain(pause: number): void {
    clearTimeout(timer);
    if (listeners.size === 0) return;
    timer = setTimeout(() => {
      if (listeners.size === 0 || connection !== null) return;
      const attempt = listen();
      connection = attempt;
      attempt.then(tellAll, () => {
        if (connection === attempt) connection = null;
        listenAgain(Math.min(Math.max(2 * pause, FIRST_PAUSE_MILLISECONDS), LONGEST_PAUSE_MILLISECONDS));
      });
    }, pause);
    timer.unref();
  }

  async function stopListening(): Promise<void> {
    clearTimeout(timer);
    const attempt = connection;
    connection = null;
    const listening = await attempt?.catch(() => null);
    listening?.close();
  }

  return {
    async subscribe(onChange) {
      const listener = { onChange };
      listeners.add(listener);
      try {
        connection ??= listen();
        await connection;
      } catch (cause) {
        listeners.delete(listener);
        if (listeners.size === 0) await stopListening();
        throw describeFailure(cause);
      }
      return async () => {
        if (listeners.delete(listener) && listeners.size === 0) await stopListening();
      };
    },
  };
}
