// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import { UnavailableError } from '../../core/errors.js';
import type { Disposable } from './contract-case.js';

/** How the contract suite of a store gets at stores. */
export interface StoreContractOptions<Store> {
  /** A new store with nothing in it. */
  readonly create: () => Promise<Disposable & { readonly store: Store }>;
  /**
   * Two stores over the same new, empty data, as two processes would have them. Leave it out for a store that only one
   * process has; then the checks about two are not in the list.
   */
  readonly createPair?: () => Promise<Disposable & { readonly stores: readonly [Store, Store] }>;
  /**
   * A store that cannot reach its data: closed, or the network cut. Leave it out if there is no such thing; then the
   * checks about it are not in the list.
   */
  readonly createUnreachable?: () => Promise<Disposable & { readonly store: Store }>;
}

/** Checks that a call ends in `store_unavailable`, and in nothing else. */
export async function assertUnavailable(call: () => Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof UnavailableError, `expected an UnavailableError, got ${String(error)}`);
    assert.equal(error.code, 'store_unavailable');
    return true;
  });
}
