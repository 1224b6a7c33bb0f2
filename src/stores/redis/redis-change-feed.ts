// stores/redis: imports core, contracts and this folder only.

import type { ChangeFeed } from '../../contracts/change-feed.js';
import type { RevocationStore } from '../../contracts/revocation-store.js';
import { layOut } from './data-layout.js';
import type { RedisClient, RedisSubscriber } from './redis-client.js';
import { assertClient, assertSubscriber, parseSharedOptions } from './redis-options.js';
import { withFailures } from './store-failure.js';
import { withTimeLimit } from './time-limit.js';

export interface RedisChangeFeedOptions {
  /** A connected client, to send wake-ups with. */
  readonly client: RedisClient;
  /** A second connected client, to receive them with: `await client.duplicate().connect()`. */
  readonly subscriber: RedisSubscriber;
  /** What the channel's name begins with, in braces. Default: `device-trust`. */
  readonly keyPrefix?: string;
  /** How long a reply is waited for, in milliseconds. Default: 5,000. */
  readonly timeoutMilliseconds?: number;
}

/** Wake-ups for a revocation log that is kept elsewhere. */
export interface RedisChangeFeed extends ChangeFeed {
  /**
   * The same store, whose `revoke` sends a wake-up after each revocation that it recorded. A wake-up that could not be sent
   * is lost, which is what followers reckon with.
   */
  announce<Store extends RevocationStore>(revocations: Store): Store;
}

/**
 * Creates wake-ups over Redis, for logs whose own store has none that fits. They are kept nowhere, so nothing is demanded of
 * the server's durability.
 *
 * @throws ConfigurationError if an option is out of range
 */
export function createRedisChangeFeed(options: RedisChangeFeedOptions): RedisChangeFeed {
  const { client, subscriber } = options;
  assertClient(client);
  assertSubscriber(subscriber);
  const { keyPrefix, timeoutMilliseconds } = parseSharedOptions(options);
  const { changes } = layOut(keyPrefix);

  return {
    ...createFeed(subscriber, keyPrefix, timeoutMilliseconds),
    announce: (revocations) => ({
      ...revocations,
      revoke: async (revocation) => {
        const result = await revocations.revoke(revocation);
        if (result.recorded) {
          await withTimeLimit(timeoutMilliseconds, client.sendCommand(['PUBLISH', changes, ''])).catch(
            ignore,
          );
        }
        return result;
      },
    }),
  };
}

/** The listening half: what a store hands out whose `revoke` sends the wake-up in its script. */
export function createFeed(
  subscriber: RedisSubscriber,
  keyPrefix: string,
  timeoutMilliseconds: number,
): ChangeFeed {
  const { changes } = layOut(keyPrefix);
  return {
    subscribe: (onChange) =>
      withFailures(async () => {
        let live = true;
        // Of its own, so that who subscribes twice with one function ends one subscription at a time.
        const listener = (): void => {
          if (!live) return;
          try {
            onChange();
          } catch {
            return; // the driver would leave out the listeners after this one
          }
        };
        try {
          await withTimeLimit(timeoutMilliseconds, subscriber.subscribe(changes, listener));
        } catch (cause) {
          live = false; // the driver may subscribe yet, once it is connected
          throw cause;
        }
        // Connected anew: nobody knows what it missed.
        subscriber.on('ready', listener);
        return async () => {
          live = false;
          subscriber.off('ready', listener);
          await withFailures(() =>
            withTimeLimit(timeoutMilliseconds, subscriber.unsubscribe(changes, listener)),
          );
        };
      }),
  };
}

/** A lost wake-up delays news until the log is asked next. */
function ignore(): void {
  return;
}
