// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Revocation } from '../../contracts/revocation-store.js';
import type { Stores } from '../../contracts/stores.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { certificate, device, revocation } from './sample-revocation.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

type Store = Pick<Stores, 'revocations' | 'changes'>;

/** How the contract suite of a change feed gets at stores. */
export interface ChangeFeedContractOptions extends StoreContractOptions<Store> {
  /** How long a wake-up may take before it counts as lost. Default: 10,000, far longer than it ever takes. */
  readonly patienceMilliseconds?: number;
}

const STEP_MILLISECONDS = 10;

/**
 * What every {@link ChangeFeed} must do. Leave `createPair` and `createUnreachable` out for a feed that wakes up its own
 * process only, and so has nothing that it must reach.
 */
export function changeFeedContract(options: ChangeFeedContractOptions): readonly ContractCase[] {
  const { create, createPair, createUnreachable, patienceMilliseconds = 10_000 } = options;

  async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (let waited = 0; waited < patienceMilliseconds; waited += STEP_MILLISECONDS) {
      if (await holds()) return;
      await sleep(STEP_MILLISECONDS);
    }
    assert.fail(what);
  }

  /** Listens at one store while another revokes. A follower that is woken up looks at once, so the entry must be there. */
  async function assertWakesUp(listening: Store, revoking: Store): Promise<void> {
    const seen: Promise<readonly Revocation[]>[] = [];
    const before = (await listening.revocations.list({ afterSequence: 0, limit: 100 })).length;
    const end = await listening.changes.subscribe(() => {
      seen.push(listening.revocations.list({ afterSequence: 0, limit: 100 }));
    });
    await revoking.revocations.revoke(revocation(certificate(before)));
    await until(() => seen.length > 0, 'the subscriber is woken up');
    await until(
      async () => (await Promise.all(seen)).some((log) => log.length > before),
      'who is woken up finds the news in the log',
    );
    await end();
  }

  return [
    contractCase(
      'who subscribes is woken up by a revocation, and finds it in the log',
      create,
      async ({ store }) => {
        await assertWakesUp(store, store);
      },
    ),

    contractCase('each revocation wakes up, of whatever kind', create, async ({ store }) => {
      let wakeUps = 0;
      const end = await store.changes.subscribe(() => {
        wakeUps += 1;
      });
      for (const subject of [certificate(1), device('suspended'), device('active')]) {
        const before = wakeUps;
        await store.revocations.revoke(revocation(subject));
        await until(() => wakeUps > before, `the ${subject.kind} wakes up`);
      }
      await end();
    }),

    contractCase(
      'all who subscribed are woken up, and who ended it is not any more',
      create,
      async ({ store }) => {
        const wakeUps = [0, 0, 0];
        const ends = [];
        for (const index of [0, 1, 2]) {
          ends.push(
            await store.changes.subscribe(() => {
              wakeUps[index] = (wakeUps[index] ?? 0) + 1;
            }),
          );
        }
        await store.revocations.revoke(revocation(certificate(1)));
        await until(() => wakeUps.every((count) => count > 0), 'all are woken up');
        await ends[1]?.();
        const [first = 0, second, third = 0] = wakeUps;
        await store.revocations.revoke(revocation(certificate(2)));
        await until(() => (wakeUps[0] ?? 0) > first && (wakeUps[2] ?? 0) > third, 'the others are woken up');
        assert.equal(wakeUps[1], second, 'the one that ended it is left in peace');
        await ends[0]?.();
        await ends[2]?.();
      },
    ),

    contractCase('one function may subscribe twice, and end one of the two', create, async ({ store }) => {
      let wakeUps = 0;
      const onChange = (): void => {
        wakeUps += 1;
      };
      const endFirst = await store.changes.subscribe(onChange);
      const endSecond = await store.changes.subscribe(onChange);
      await endFirst();
      await endFirst();
      await store.revocations.revoke(revocation(certificate(1)));
      await until(() => wakeUps > 0, 'the one that is left wakes up');
      await endSecond();
    }),

    contractCase(
      'a subscriber that throws harms neither the revocation nor the others',
      create,
      async ({ store }) => {
        let wakeUps = 0;
        const endFirst = await store.changes.subscribe(() => {
          throw new Error('not my day');
        });
        const endSecond = await store.changes.subscribe(() => {
          wakeUps += 1;
        });
        assert.equal((await store.revocations.revoke(revocation(certificate(1)))).recorded, true);
        await until(() => wakeUps > 0, 'the other is woken up');
        await endFirst();
        await endSecond();
      },
    ),

    ...(createPair
      ? [
          contractCase(
            'who subscribes in one process is woken up by a revocation in another',
            createPair,
            async ({ stores: [here, there] }) => {
              await assertWakesUp(here, there);
              await assertWakesUp(there, here);
            },
          ),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase('a store that cannot listen says so', createUnreachable, async ({ store }) => {
            await assertUnavailable(() => store.changes.subscribe(() => undefined));
          }),
        ]
      : []),
  ];
}
