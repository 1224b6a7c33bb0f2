// stores/redis: imports core, contracts and this folder only.

import { ConfigurationError } from '../../core/errors.js';
import type { RedisClient } from './redis-client.js';
import { isObject, toText } from './reply.js';
import { withFailures } from './store-failure.js';
import { withTimeLimit } from './time-limit.js';

/** When the server writes its log to the disk. */
export type Appendfsync = 'always' | 'everysec';

/** What is demanded of a server. */
export interface DurabilityOptions {
  readonly client: RedisClient;
  readonly timeoutMilliseconds: number;
  readonly assertedAppendfsync: Appendfsync | undefined;
  readonly allowLossOfLastSecond: boolean;
}

/** What a server is set to; `null` where it does not say. */
interface Settings {
  readonly appendonly: string | null;
  readonly appendfsync: string | null;
  readonly maxmemoryPolicy: string | null;
}

/**
 * Demands that the server keeps what it has answered (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/):
 *
 * - `appendonly yes`: there is a log of what was written;
 * - `appendfsync always`: it is on the disk before the answer goes out. With `everysec` a power cut loses up to two seconds;
 * - `maxmemory-policy noeviction`: when memory is full, writes fail. Every other policy drops data to make room.
 *
 * @throws ConfigurationError if the server is set otherwise, or does not say and nobody has said for it
 */
export async function assertDurability(options: DurabilityOptions): Promise<void> {
  const { assertedAppendfsync, allowLossOfLastSecond } = options;
  const settings = await withFailures(() => readSettings(options));
  if (settings.appendonly !== 'yes') {
    throw new ConfigurationError('client', { message: 'the server must be set to `appendonly yes`' });
  }
  if (settings.maxmemoryPolicy !== 'noeviction') {
    throw new ConfigurationError('client', {
      message: 'the server must be set to `maxmemory-policy noeviction`',
    });
  }
  const appendfsync = settings.appendfsync ?? assertedAppendfsync;
  if (appendfsync === undefined) {
    throw new ConfigurationError('assertedAppendfsync', {
      message: 'the server refuses CONFIG GET, so that you must say what `appendfsync` is set to',
    });
  }
  if (appendfsync === 'everysec' && !allowLossOfLastSecond) {
    throw new ConfigurationError('dangerouslyAllowLossOfLastSecond', {
      message: 'the server is set to `appendfsync everysec`; set it to `always`, or accept the loss',
    });
  }
  if (appendfsync !== 'everysec' && appendfsync !== 'always') {
    throw new ConfigurationError('client', { message: 'the server must be set to `appendfsync always`' });
  }
}

/** Asks CONFIG; a managed server may refuse it and tells most by INFO. */
async function readSettings({ client, timeoutMilliseconds }: DurabilityOptions): Promise<Settings> {
  const send = (...args: readonly string[]): Promise<unknown> =>
    withTimeLimit(timeoutMilliseconds, client.sendCommand(args));
  try {
    return {
      appendonly: readSetting(await send('CONFIG', 'GET', 'appendonly'), 'appendonly'),
      appendfsync: readSetting(await send('CONFIG', 'GET', 'appendfsync'), 'appendfsync'),
      maxmemoryPolicy: readSetting(await send('CONFIG', 'GET', 'maxmemory-policy'), 'maxmemory-policy'),
    };
  } catch (error) {
    if (!(error instanceof Error) || !/^(NOPERM|ERR unknown)/.test(error.message)) throw error;
  }
  const persistence = toText(await send('INFO', 'persistence'));
  const memory = toText(await send('INFO', 'memory'));
  return {
    appendonly: /^aof_enabled:1\r?$/m.test(persistence) ? 'yes' : 'no',
    appendfsync: null,
    maxmemoryPolicy: /^maxmemory_policy:([a-z-]+)\r?$/m.exec(memory)?.[1] ?? null,
  };
}

/** The value in a reply of CONFIG GET: a list of name and value in RESP2, a map of them in RESP3. */
function readSetting(reply: unknown, name: string): string {
  if (reply instanceof Map) return toText(reply.get(name));
  if (isObject(reply)) return toText(reply[name]);
  return toText(Array.isArray(reply) ? reply[1] : reply);
}
