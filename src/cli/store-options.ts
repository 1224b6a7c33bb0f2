// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { cwd } from 'node:process';
import type { Stores } from '../contracts/stores.js';
import type { CommandContext } from './command-context.js';
import { Misuse } from './misuse.js';

/** The options of every verb that opens the store. */
export const storeOptions = {
  store: { type: 'string' },
  'redis-as-only-store': { type: 'boolean' },
} as const;

/** Opens the store that the options or the environment name, and closes it whatever becomes of the work. */
export async function withStores(
  values: { readonly store?: string; readonly 'redis-as-only-store'?: boolean },
  context: CommandContext,
  work: (stores: Stores) => Promise<number>,
): Promise<number> {
  const url = values.store ?? context.environment['STORE_URL'] ?? '';
  if (url === '') throw new Misuse('there is no store: pass --store, or set STORE_URL');
  const redisAsOnlyStore = values['redis-as-only-store'] ?? false;
  const { stores, close } = await context.openStores({ url, redisAsOnlyStore, directory: cwd() });
  try {
    return await work(stores);
  } finally {
    await close();
  }
}
