// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { Stores } from '../../contracts/stores.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { sampleAttestedKey } from './sample-attested-key.js';
import { afterPast, NOTHING_PRUNED, pruneRequest } from './sample-prune.js';
import { sampleUsage } from './sample-usage.js';
import type { StoreContractOptions } from './store-contract-options.js';

type Store = Pick<Stores, 'attestedKeys' | 'usageCounters' | 'retention'>;

/** The part of the contract of {@link Retention} that is about attested keys and counters of uses. */
export function retentionUsageCases({ create }: StoreContractOptions<Store>): readonly ContractCase[] {
  return [
    contractCase(
      'attested keys that were last used before the time are forgotten, and no others',
      create,
      async ({ store }) => {
        for (const [index, seconds] of [-0.001, 0, 0.001].entries())
          await registerUsed(store, index, seconds);
        const expected = { ...NOTHING_PRUNED, attestedKeys: 1 };
        assert.deepEqual(await store.retention.prune(pruneRequest()), expected);
        assert.deepEqual(await remaining(store), [1, 2]);
      },
    ),

    contractCase('it is the last use of a key that counts', create, async ({ store }) => {
      for (const index of [0, 1]) await registerUsed(store, index, -60);
      const { provider, keyId } = nameOf(1);
      const used = { provider, keyId, counter: 1, use: sampleAttestedKey().lastUse, at: afterPast(1) };
      await store.attestedKeys.useAttestedKey(used);
      const expected = { ...NOTHING_PRUNED, attestedKeys: 1 };
      assert.deepEqual(await store.retention.prune(pruneRequest()), expected);
      assert.deepEqual(await remaining(store), [1]);
    }),

    contractCase(
      'the keys that were used longest ago are forgotten first, no more than asked for',
      create,
      async ({ store }) => {
        for (const [index, seconds] of [-30, -50, -10, -40, -20].entries())
          await registerUsed(store, index, seconds);
        const prune = async () => (await store.retention.prune(pruneRequest({ limit: 2 }))).attestedKeys;
        assert.equal(await prune(), 2);
        assert.deepEqual(await remaining(store), [0, 2, 4]);
        assert.deepEqual([await prune(), await prune(), await prune()], [2, 1, 0]);
      },
    ),

    contractCase('a key that is forgotten may be registered again', create, async ({ store }) => {
      await registerUsed(store, 0, -60);
      await store.retention.prune(pruneRequest());
      const anew = { ...sampleAttestedKey({ publicKey: Uint8Array.of(1) }), ...nameOf(0) };
      const { outcome } = await store.attestedKeys.registerAttestedKey(anew);
      assert.equal(outcome, 'registered');
      assert.deepEqual(await store.attestedKeys.findAttestedKey(nameOf(0)), anew);
    }),

    contractCase(
      'keys and counters whose time is not over by the clock are kept, whatever time is given',
      create,
      async ({ store }) => {
        // A year before the time that is given, and in the future of whatever clock the suite runs by.
        const lastUsedAt = new Date('2199-01-01T00:00:00.000Z');
        await store.attestedKeys.registerAttestedKey({ ...sampleAttestedKey({ lastUsedAt }), ...nameOf(0) });
        await store.usageCounters.countUsage(sampleUsage({ expiresAt: lastUsedAt }));
        const request = pruneRequest({ before: new Date('2200-01-01T00:00:00.000Z') });
        assert.deepEqual(await store.retention.prune(request), NOTHING_PRUNED);
        assert.deepEqual(await remaining(store), [0]);
        const { total } = await store.usageCounters.countUsage(sampleUsage());
        assert.equal(total, 2);
      },
    ),

    contractCase(
      'counters that ended before the time are forgotten, and no others',
      create,
      async ({ store }) => {
        for (const seconds of [-0.001, 0, 0.001]) {
          const usage = { key: `end-${seconds}`, expiresAt: afterPast(seconds), now: afterPast(-60) };
          await store.usageCounters.countUsage(sampleUsage(usage));
        }
        const pruned = await store.retention.prune(pruneRequest());
        // A store whose server forgets by itself has nothing to count.
        assert.ok(pruned.usageCounters <= 1);
        assert.deepEqual(pruned, { ...NOTHING_PRUNED, usageCounters: pruned.usageCounters });
      },
    ),
  ];
}

async function registerUsed({ attestedKeys }: Store, index: number, seconds: number): Promise<void> {
  const key = sampleAttestedKey({ lastUsedAt: afterPast(seconds), attestedAt: afterPast(-3600) });
  await attestedKeys.registerAttestedKey({ ...key, ...nameOf(index) });
}

function nameOf(index: number): { readonly provider: string; readonly keyId: string } {
  return { provider: 'app-attest', keyId: `key-${index}` };
}

/** Numbers of the keys that are left. */
async function remaining({ attestedKeys }: Store): Promise<readonly number[]> {
  const indexes = Array.from({ length: 5 }, (_, index) => index);
  const found = await Promise.all(indexes.map((index) => attestedKeys.findAttestedKey(nameOf(index))));
  return indexes.filter((index) => found[index] !== null);
}
