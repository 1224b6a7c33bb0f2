import { afterAll, beforeAll, describe, test } from 'vitest';

import { createRedisReplayStore } from '../../../src/redis.js';
import { replayStoreContract } from '../../../src/testing/contracts/replay-store-contract.js';
import { storesContract } from '../../../src/testing/contracts/stores-contract.js';
import { contractOptions, newPrefix } from './contract-options.js';
import { connect, hasServer, startServer, type RedisServer } from './server.js';

describe.skipIf(!hasServer)('over a Redis server', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    await server.dispose();
  });

  describe('Redis stores', () => {
    const cases = storesContract({
      ...contractOptions(
        () => server,
        (stores) => stores,
      ),
      clock: 'server',
    });
    for (const check of cases) test(check.name, check.run);
  });

  describe('a Redis replay store alone', () => {
    const cases = replayStoreContract({
      create: async () => {
        const client = await connect(server.port);
        const store = await createRedisReplayStore({ client, keyPrefix: newPrefix() });
        return {
          store,
          dispose: () => {
            client.destroy();
          },
        };
      },
    });
    for (const check of cases) test(check.name, check.run);
  });
});
