import { replayStoreContract } from 'device-trust/testing';
import { describe, test } from 'vitest';
import { createKeyValueReplayStore, type KeyValueClient } from './key-value-replay-store.js';

/** Stands in for a key-value server. One that is real forgets by its own clock; this one forgets nothing. */
function createClient(data: Map<string, string>): KeyValueClient {
  return {
    async setIfAbsent(key, value) {
      const present = data.get(key) ?? null;
      if (present === null) data.set(key, value);
      return present;
    },
  };
}

const unreachable: KeyValueClient = {
  setIfAbsent: () => Promise.reject(new Error('connection refused')),
};

describe('the replay store over a key-value store', () => {
  const cases = replayStoreContract({
    create: async () => ({ store: createKeyValueReplayStore(createClient(new Map())) }),
    createPair: async () => {
      const data = new Map<string, string>();
      return {
        stores: [
          createKeyValueReplayStore(createClient(data)),
          createKeyValueReplayStore(createClient(data)),
        ],
      };
    },
    createUnreachable: async () => ({ store: createKeyValueReplayStore(unreachable) }),
  });
  for (const { name, run } of cases) test(name, run);
});
