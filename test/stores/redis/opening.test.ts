import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { ConfigurationError } from '../../../src/core/errors.js';
import {
  createRedisChangeFeed,
  createRedisReplayStore,
  createRedisStores,
  type RedisOptions,
  type RedisStores,
  type RedisStoresOptions,
} from '../../../src/redis.js';
import { rejectionOf, thrownBy } from '../../thrown-by.js';
import { newPrefix, ONLY_STORE } from './contract-options.js';
import { connect, hasServer, startServer, type Client, type RedisServer } from './server.js';

/** The consent that the last second may be lost. */
const LOSS = { dangerouslyAllowLossOfLastSecond: true };

describe.skipIf(!hasServer)('opening Redis stores', () => {
  let server: RedisServer;
  let client: Client;
  let subscriber: Client;

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    await server.dispose();
  });
  beforeEach(async () => {
    client = await connect(server.port);
    subscriber = await connect(server.port);
    await client.configSet({ appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' });
  });
  afterEach(() => {
    client.destroy();
    subscriber.destroy();
  });

  const openAll = (change: Partial<RedisStoresOptions> = {}): Promise<RedisStores> =>
    createRedisStores({ client, subscriber, keyPrefix: newPrefix(), ...ONLY_STORE, ...change });
  const openReplays = (change: Partial<RedisOptions> = {}) =>
    createRedisReplayStore({ client, keyPrefix: newPrefix(), ...change });

  it('refuses to be the only store without consent', async () => {
    const options: unknown = { client, subscriber, keyPrefix: newPrefix() };
    const error = await rejectionOf(createRedisStores(options as RedisStoresOptions));
    expectOption(error, 'dangerouslyUseAsOnlyStore');
  });

  it.each([
    ['appendonly', 'no', 'client', /appendonly yes/],
    ['appendfsync', 'no', 'client', /appendfsync always/],
    ['appendfsync', 'everysec', 'dangerouslyAllowLossOfLastSecond', /everysec/],
    ['maxmemory-policy', 'allkeys-lru', 'client', /noeviction/],
    ['maxmemory-policy', 'volatile-ttl', 'client', /noeviction/],
  ])('refuses a server with %s %s', async (name, value, option, message) => {
    await client.configSet(name, value);
    for (const opening of [openAll(), openReplays()]) {
      const error = await rejectionOf(opening);
      expectOption(error, option);
      expect(String(error)).toMatch(message);
    }
  });

  it('takes everysec where the loss is accepted, and nothing less', async () => {
    await client.configSet('appendfsync', 'everysec');
    await openAll(LOSS);
    await openReplays(LOSS);
    await client.configSet('appendfsync', 'no');
    expectOption(await rejectionOf(openReplays(LOSS)), 'client');
  });

  it('reads the settings over RESP2 as well as over RESP3', async () => {
    for (const RESP of [2, 3] as const) {
      const other = client.duplicate({ RESP, maintNotifications: 'disabled' });
      await other.connect();
      const stores = await createRedisReplayStore({ client: other, keyPrefix: newPrefix() });
      const request = { id: 'a', holder: 'b', expiresAt: new Date(1), now: new Date(0) };
      expect(await stores.consume(request)).toEqual({ outcome: 'consumed' });
      expect(await stores.consume(request)).toEqual({ outcome: 'already_consumed', holder: 'b' });
      other.destroy();
    }
  });

  describe('where CONFIG is refused', () => {
    beforeEach(async () => {
      await client.sendCommand(['ACL', 'SETUSER', 'app', 'on', 'nopass', '~*', '&*', '+@all', '-config']);
      await client.sendCommand(['AUTH', 'app', 'any']);
    });

    it('wants to be told what appendfsync is set to', async () => {
      expectOption(await rejectionOf(openReplays()), 'assertedAppendfsync');
      await openReplays({ assertedAppendfsync: 'always' });
      expectOption(
        await rejectionOf(openReplays({ assertedAppendfsync: 'everysec' })),
        'dangerouslyAllowLossOfLastSecond',
      );
      await openReplays({ assertedAppendfsync: 'everysec', ...LOSS });
    });

    it('still finds out whether there is a log and data may be evicted', async () => {
      await subscriber.configSet('appendonly', 'no');
      expectOption(await rejectionOf(openReplays({ assertedAppendfsync: 'always' })), 'client');
      await subscriber.configSet({ appendonly: 'yes', 'maxmemory-policy': 'allkeys-random' });
      expectOption(await rejectionOf(openReplays({ assertedAppendfsync: 'always' })), 'client');
    });
  });

  it('does not ask a client to assert what the server says itself', async () => {
    await client.configSet('appendfsync', 'everysec');
    const error = await rejectionOf(openReplays({ assertedAppendfsync: 'always' }));
    expectOption(error, 'dangerouslyAllowLossOfLastSecond');
  });

  it('reports a server that cannot be asked as unavailable', async () => {
    const closed = await connect(server.port);
    closed.destroy();
    for (const opening of [openAll({ client: closed }), openReplays({ client: closed })]) {
      expect(await rejectionOf(opening)).toMatchObject({ code: 'store_unavailable' });
    }
  });

  it.each([
    ['keyPrefix', { keyPrefix: '' }],
    ['keyPrefix', { keyPrefix: 'a}b' }],
    ['keyPrefix', { keyPrefix: 'p'.repeat(65) }],
    ['timeoutMilliseconds', { timeoutMilliseconds: 0 }],
    ['timeoutMilliseconds', { timeoutMilliseconds: 1.5 }],
  ])('refuses %s out of range: %j', async (option, change) => {
    expectOption(await rejectionOf(openAll(change)), option);
    expectOption(await rejectionOf(openReplays(change)), option);
    expectOption(
      thrownBy(() => createRedisChangeFeed({ client, subscriber, ...change })),
      option,
    );
  });

  it('refuses what is no client and no subscriber', async () => {
    const nothing: unknown = {};
    const noClient = { client: nothing as Client };
    const noSubscriber = { subscriber: nothing as Client };
    expectOption(await rejectionOf(openAll(noClient)), 'client');
    expectOption(await rejectionOf(openReplays(noClient)), 'client');
    expectOption(await rejectionOf(openAll(noSubscriber)), 'subscriber');
    expectOption(
      thrownBy(() => createRedisChangeFeed({ subscriber, ...noClient })),
      'client',
    );
    expectOption(
      thrownBy(() => createRedisChangeFeed({ client, ...noSubscriber })),
      'subscriber',
    );
  });

  it('refuses a client that gives strings as something else', async () => {
    const strange = {
      sendCommand: async (args: readonly string[]) => toBuffers(await client.sendCommand([...args])),
    };
    const error = await rejectionOf(createRedisReplayStore({ client: strange, keyPrefix: newPrefix() }));
    expectOption(error, 'client');
  });

  it('makes the marker of a new key space from the random source, and reads it afterwards', async () => {
    const keyPrefix = newPrefix();
    const first = await openAll({ keyPrefix, random: (size) => new Uint8Array(size).fill(0xab) });
    expect(first.instanceId).toBe('ab'.repeat(16));
    const second = await openAll({ keyPrefix, random: (size) => new Uint8Array(size).fill(0xcd) });
    expect(second.instanceId).toBe('ab'.repeat(16));
  });

  it('keeps key prefixes apart on one server', async () => {
    const request = { id: 'challenge:1', holder: 'alice', expiresAt: new Date(1), now: new Date(0) };
    const [here, there] = [await openReplays(), await openReplays()];
    expect(await here.consume(request)).toEqual({ outcome: 'consumed' });
    expect(await there.consume(request)).toEqual({ outcome: 'consumed' });
  });
});

function expectOption(error: unknown, option: string): void {
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error).toMatchObject({ option });
}

/** The same reply with its texts as buffers. */
function toBuffers(reply: unknown): unknown {
  return typeof reply === 'string' ? Buffer.from(reply) : reply;
}
