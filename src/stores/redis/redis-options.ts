// stores/redis: imports core, contracts and this folder only.

import { assertWholeNumber } from '../../core/assert-option.js';
import { ConfigurationError } from '../../core/errors.js';
import { systemRandom, type Random } from '../../core/random.js';
import { assertDurability, type Appendfsync } from './durability.js';
import type { RedisClient } from './redis-client.js';
import { openConnection, type RedisConnection } from './redis-connection.js';

/** What all stores over Redis take. */
export interface RedisOptions {
  /**
   * A connected client: `await createClient({ url, disableOfflineQueue: true }).connect()` of the package `redis`, 5 or 6;
   * with the queue on, commands wait through an outage instead of failing at once. You close it when you are done. It
   * talks to one server or a primary with replicas; a client of a cluster is another kind and is not taken.
   */
  readonly client: RedisClient;
  /**
   * What the names of all keys begin with, in braces; letters, digits and `._:-`, at most 64. Default: `device-trust`.
   */
  readonly keyPrefix?: string;
  /** How long a reply is waited for, in milliseconds. Default: 5,000. */
  readonly timeoutMilliseconds?: number;
  /**
   * The `instanceId` that the stores had before. If given, the data must be there, so that a process that starts after a loss
   * finds out too; without it an empty key space is taken for a new one. Default: none.
   */
  readonly expectedInstanceId?: string;
  /** What `appendfsync` is set to, for servers that refuse CONFIG GET: it cannot be checked then. Default: it is asked. */
  readonly assertedAppendfsync?: Appendfsync;
  /**
   * Accepts `appendfsync everysec`.
   *
   * @deprecated A crash of the machine loses up to two seconds of what was acknowledged: a consumed challenge can be used
   *   again, a revocation is gone, a certificate is out that the store does not know of.
   */
  readonly dangerouslyAllowLossOfLastSecond?: boolean;
  /** Default: the random source of the operating system. */
  readonly random?: Random;
}

/** The options as the room sees them: an option that callers are warned of is read here without a warning. */
interface CheckedOptions extends Omit<RedisOptions, 'dangerouslyAllowLossOfLastSecond'> {
  readonly dangerouslyAllowLossOfLastSecond?: boolean;
}

/** Checks what concerns names and time, and fills in the defaults. */
export function parseSharedOptions(options: Pick<RedisOptions, 'keyPrefix' | 'timeoutMilliseconds'>): {
  readonly keyPrefix: string;
  readonly timeoutMilliseconds: number;
} {
  const { keyPrefix = 'device-trust', timeoutMilliseconds = 5000 } = options;
  if (!/^[A-Za-z0-9._:-]{1,64}$/.test(keyPrefix)) {
    throw new ConfigurationError('keyPrefix', { message: 'must be 1 to 64 letters, digits or `._:-`' });
  }
  assertWholeNumber('timeoutMilliseconds', timeoutMilliseconds, 1, 60_000);
  return { keyPrefix, timeoutMilliseconds };
}

/** Checks the options, then the server, then opens the key space. */
export async function openChecked(options: CheckedOptions): Promise<RedisConnection> {
  const { client, expectedInstanceId, assertedAppendfsync, random = systemRandom } = options;
  const { dangerouslyAllowLossOfLastSecond = false } = options;
  assertClient(client);
  const shared = parseSharedOptions(options);
  await assertDurability({
    client,
    timeoutMilliseconds: shared.timeoutMilliseconds,
    assertedAppendfsync,
    allowLossOfLastSecond: dangerouslyAllowLossOfLastSecond,
  });
  return openConnection({ client, ...shared, expectedInstanceId, random });
}

/** For callers without types. */
export function assertClient(client: unknown): void {
  if (!hasMethods(client, ['sendCommand'])) {
    throw new ConfigurationError('client', { message: 'must be a connected client with sendCommand' });
  }
}

/** For callers without types. */
export function assertSubscriber(subscriber: unknown): void {
  if (!hasMethods(subscriber, ['subscribe', 'unsubscribe', 'on', 'off'])) {
    throw new ConfigurationError('subscriber', {
      message: 'must be a second connected client with subscribe, unsubscribe, on and off',
    });
  }
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof Reflect.get(value, name) === 'function')
  );
}
