// stores/redis: imports core, contracts and this folder only.

import { ConfigurationError, UnavailableError } from '../../core/errors.js';
import { encodeHex } from '../../core/bytes.js';
import type { Random } from '../../core/random.js';
import { layOut } from './data-layout.js';
import type { RedisClient } from './redis-client.js';
import type { RedisScript } from './redis-script.js';
import { withFailures } from './store-failure.js';
import { withTimeLimit } from './time-limit.js';

/** A key space whose marker this process has seen. */
export interface RedisConnection {
  /** The marker. */
  readonly instanceId: string;
  /**
   * Runs a script, in one round trip. Rejects with `store_rolled_back` if the marker is not there or another one, or the
   * revocation log does not go as far as it did, and with `store_unavailable` for every other failure.
   */
  run(script: RedisScript, ...args: readonly (string | number)[]): Promise<unknown>;
  /** Notes that the revocation log has an entry at this place. */
  saw(sequence: number): void;
}

/** What it takes to open one; everything is checked already. */
export interface RedisConnectionOptions {
  readonly client: RedisClient;
  readonly keyPrefix: string;
  readonly timeoutMilliseconds: number;
  readonly expectedInstanceId: string | undefined;
  readonly random: Random;
}

const INSTANCE_ID_BYTES = 16;

/**
 * Opens a key space: reads its marker, or makes it where there is none. With `expectedInstanceId` a marker is never made: a
 * key space that has none, or another, has lost its data.
 */
export async function openConnection(options: RedisConnectionOptions): Promise<RedisConnection> {
  const { client, keyPrefix, timeoutMilliseconds, expectedInstanceId, random } = options;
  const { instance } = layOut(keyPrefix);
  const send = (...args: readonly string[]): Promise<unknown> =>
    withTimeLimit(timeoutMilliseconds, client.sendCommand(args));

  const instanceId = await withFailures(async () => {
    if (expectedInstanceId === undefined) {
      await send('SET', instance, encodeHex(random(INSTANCE_ID_BYTES)), 'NX');
    }
    return send('GET', instance);
  });
  if (expectedInstanceId !== undefined && instanceId !== expectedInstanceId) {
    throw new UnavailableError('store_rolled_back', {
      message: 'the data in Redis is not that of expectedInstanceId',
    });
  }
  if (typeof instanceId !== 'string') {
    throw new ConfigurationError('client', {
      message: 'must give strings as strings, and keep what it was told',
    });
  }

  let seen = 0;
  return {
    instanceId,
    saw: (sequence) => {
      seen = Math.max(seen, sequence);
    },
    run: (script, ...args) =>
      withFailures(async () => {
        const rest = ['1', instance, `${seen}:${instanceId}`, ...args.map(String)];
        try {
          return await send('EVALSHA', script.sha1, ...rest);
        } catch (error) {
          // The server forgets its scripts when it starts.
          if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
          return await send('EVAL', script.text, ...rest);
        }
      }),
  };
}
