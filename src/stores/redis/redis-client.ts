// stores/redis: imports core, contracts and this folder only; types only here.

/**
 * A connected Redis client, as far as these stores use it: what `createClient()` of the package `redis` (5 or 6) makes, or
 * anything else of this shape. It must give strings as strings, which is the default.
 */
export interface RedisClient {
  /** Sends one command and resolves to its reply, or rejects with an error whose message is that of the server. */
  sendCommand(args: readonly string[]): Promise<unknown>;
}

/**
 * A second connected client, for listening only: `client.duplicate()` of the package `redis`. It must connect anew by
 * itself, subscribe anew when it has, and then emit `ready`.
 */
export interface RedisSubscriber {
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  on(event: 'ready', listener: () => void): unknown;
  off(event: 'ready', listener: () => void): unknown;
}
