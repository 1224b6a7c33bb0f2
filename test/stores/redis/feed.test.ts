import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createMemoryStores } from '../../../src/memory.js';
import { createRedisChangeFeed, createRedisStores } from '../../../src/redis.js';
import { device, revocation } from '../../../src/testing/contracts/sample-revocation.js';
import { rejectionOf } from '../../thrown-by.js';
import { newPrefix, ONLY_STORE, open } from './contract-options.js';
import { connect, hasServer, startServer, waitUntilReady, type Client, type RedisServer } from './server.js';

describe.skipIf(!hasServer)('wake-ups over Redis', () => {
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
  });
  afterEach(() => {
    client.destroy();
    subscriber.destroy();
  });

  it('go from one process to another, once for each revocation that was recorded', async () => {
    const keyPrefix = newPrefix();
    const [here, there] = [await open(server.port, keyPrefix), await open(server.port, keyPrefix)];
    const heard = new Counter();
    const end = await there.stores.changes.subscribe(heard.increase);
    await here.stores.revocations.revoke(revocation(device('banned')));
    await heard.reach(1);
    await here.stores.revocations.revoke(revocation(device('banned'))); // says nothing new
    await here.stores.revocations.revoke(revocation(device('active')));
    await heard.reach(2);
    await end();
    await here.stores.revocations.revoke(revocation(device('suspended')));
    // Published before it resolved; a message to a subscription that is still there would come before this answer.
    await there.stores.revocations.list({ afterSequence: 0, limit: 1 });
    expect(heard.count).toBe(2);
    here.close();
    there.close();
  });

  it('of a log that is kept elsewhere are sent by the store that they were put around', async () => {
    const feed = createRedisChangeFeed({ client, subscriber, keyPrefix: newPrefix() });
    const heard = new Counter();
    const end = await feed.subscribe(heard.increase);
    const revocations = feed.announce(createMemoryStores().revocations);
    expect((await revocations.revoke(revocation(device('banned')))).recorded).toBe(true);
    await heard.reach(1);
    expect(await revocations.list({ afterSequence: 0, limit: 10 })).toHaveLength(1);
    await end();
  });

  it('that cannot be sent do not undo the revocation', async () => {
    const feed = createRedisChangeFeed({ client, subscriber, keyPrefix: newPrefix() });
    const revocations = feed.announce(createMemoryStores().revocations);
    client.destroy();
    expect((await revocations.revoke(revocation(device('banned')))).recorded).toBe(true);
    client = await connect(server.port);
  });

  it('that the server does not let pass do not undo the revocation either', async () => {
    await client.sendCommand(['ACL', 'SETUSER', 'mute', 'on', 'nopass', '~*', 'resetchannels', '+@all']);
    await client.sendCommand(['AUTH', 'mute', 'any']);
    const stores = await createRedisStores({ client, subscriber, keyPrefix: newPrefix(), ...ONLY_STORE });
    expect((await stores.revocations.revoke(revocation(device('banned')))).recorded).toBe(true);
    expect(await stores.revocations.list({ afterSequence: 0, limit: 10 })).toHaveLength(1);
  });

  it('come when the connection is back, and go on', async () => {
    const feed = createRedisChangeFeed({ client, subscriber, keyPrefix: newPrefix() });
    const heard = new Counter();
    await feed.subscribe(heard.increase);
    await server.restart();
    await heard.reach(1);
    await waitUntilReady(client);
    const before = heard.count;
    await feed.announce(createMemoryStores().revocations).revoke(revocation(device('banned')));
    await heard.reach(before + 1);
  });

  it('that nobody can listen for are unavailable', async () => {
    subscriber.destroy();
    const feed = createRedisChangeFeed({ client, subscriber, timeoutMilliseconds: 100 });
    expect(await rejectionOf(feed.subscribe(() => undefined))).toMatchObject({ code: 'store_unavailable' });
    subscriber = await connect(server.port);
  });
});

/** Counts calls, and waits for them. */
class Counter {
  count = 0;

  readonly increase = (): void => {
    this.count += 1;
  };

  /** Waits until there were at least so many calls; fails if there never are. */
  async reach(count: number): Promise<void> {
    for (let attempt = 0; this.count < count && attempt < 500; attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(this.count).toBeGreaterThanOrEqual(count);
  }
}
