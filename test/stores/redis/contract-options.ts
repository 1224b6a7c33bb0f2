import type { Disposable } from '../../../src/testing/contracts/contract-case.js';
import { createRedisStores, type RedisStores } from '../../../src/redis.js';
import { connect, type RedisServer } from './server.js';

/** Stores over a connection of their own. */
interface Opened {
  readonly stores: RedisStores;
  readonly close: () => void;
}

/** The consent that Redis may be the only store. */
export const ONLY_STORE = { dangerouslyUseAsOnlyStore: true } as const;

let prefixes = 0;

/** A key prefix that no test has used yet. */
export function newPrefix(): string {
  prefixes += 1;
  return `test-${prefixes}`;
}

/** Opens all stores over two connections of their own. */
export async function open(port: number, keyPrefix: string): Promise<Opened> {
  const client = await connect(port);
  const subscriber = await connect(port);
  const stores = await createRedisStores({
    client,
    subscriber,
    keyPrefix,
    ...ONLY_STORE,
  });
  return {
    stores,
    close: () => {
      if (client.isOpen) client.destroy();
      if (subscriber.isOpen) subscriber.destroy();
    },
  };
}

/** How a contract suite gets at one of the stores; every check has a key prefix of its own. */
export function contractOptions<Store>(server: () => RedisServer, choose: (stores: RedisStores) => Store) {
  return {
    create: async (): Promise<Disposable & { readonly store: Store }> => {
      const { stores, close } = await open(server().port, newPrefix());
      return { store: choose(stores), dispose: close };
    },
    createPair: async (): Promise<Disposable & { readonly stores: readonly [Store, Store] }> => {
      const keyPrefix = newPrefix();
      const first = await open(server().port, keyPrefix);
      const second = await open(server().port, keyPrefix);
      return {
        stores: [choose(first.stores), choose(second.stores)],
        dispose: () => {
          first.close();
          second.close();
        },
      };
    },
    createUnreachable: async (): Promise<Disposable & { readonly store: Store }> => {
      const { stores, close } = await open(server().port, newPrefix());
      close();
      return { store: choose(stores) };
    },
  };
}
