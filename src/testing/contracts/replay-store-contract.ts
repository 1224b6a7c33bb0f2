// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { ConsumeRequest, ReplayStore } from '../../contracts/replay-store.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

const NOW = new Date('2026-03-01T12:00:00.000Z');

/** What every {@link ReplayStore} must do. */
export function replayStoreContract(options: StoreContractOptions<ReplayStore>): readonly ContractCase[] {
  const { create, createPair, createUnreachable } = options;
  return [
    contractCase('an id that was never seen is consumed', create, async ({ store }) => {
      assert.deepEqual(await store.consume(request('challenge:1', 'alice')), { outcome: 'consumed' });
    }),

    contractCase(
      'an id that was consumed is not consumed again, and the first holder is named',
      create,
      async ({ store }) => {
        await store.consume(request('challenge:1', 'alice'));
        const second = await store.consume(request('challenge:1', 'bob'));
        assert.deepEqual(second, { outcome: 'already_consumed', holder: 'alice' });
        const third = await store.consume(request('challenge:1', 'carol'));
        assert.deepEqual(third, { outcome: 'already_consumed', holder: 'alice' }, 'the first holder stays');
      },
    ),

    contractCase('the same holder asking again is told that it was first', create, async ({ store }) => {
      await store.consume(request('challenge:1', 'alice'));
      const again = await store.consume(request('challenge:1', 'alice'));
      assert.deepEqual(again, { outcome: 'already_consumed', holder: 'alice' });
    }),

    contractCase('ids are told apart exactly', create, async ({ store }) => {
      const ids = [
        'challenge:a',
        'challenge:A',
        'challenge:a ',
        'challenge:',
        'challenge',
        'challenge:a%',
        'token:a',
        'é',
        'e\u0301',
      ];
      for (const id of ids) assert.equal((await store.consume(request(id, 'alice'))).outcome, 'consumed', id);
      for (const id of ids)
        assert.equal((await store.consume(request(id, 'bob'))).outcome, 'already_consumed', id);
    }),

    contractCase('id and holder of 200 characters are kept whole', create, async ({ store }) => {
      const id = 'i'.repeat(199);
      const holder = `${'h'.repeat(199)}!`;
      await store.consume(request(`${id}1`, holder));
      assert.equal((await store.consume(request(`${id}2`, 'other'))).outcome, 'consumed');
      assert.deepEqual(await store.consume(request(`${id}1`, 'other')), {
        outcome: 'already_consumed',
        holder,
      });
    }),

    contractCase(
      'of many who consume one id at once exactly one is told that it did',
      create,
      async ({ store }) => {
        await assertOneWinner(Array.from({ length: 40 }, () => store));
      },
    ),

    contractCase(
      'an id is remembered until it expires, whatever else is consumed meanwhile',
      create,
      async ({ store }) => {
        await store.consume({ ...request('challenge:kept', 'alice'), expiresAt: later(600) });
        for (let second = 0; second < 600; second += 10) {
          const short = {
            ...request(`challenge:${second}`, 'bob'),
            now: later(second),
            expiresAt: later(second + 5),
          };
          assert.equal((await store.consume(short)).outcome, 'consumed');
        }
        const again = await store.consume({ ...request('challenge:kept', 'bob'), now: later(599) });
        assert.deepEqual(again, { outcome: 'already_consumed', holder: 'alice' });
      },
    ),

    contractCase('the first expiry counts, not that of a later attempt', create, async ({ store }) => {
      await store.consume({ ...request('challenge:1', 'alice'), expiresAt: later(3600) });
      await store.consume({ ...request('challenge:1', 'bob'), expiresAt: later(1) });
      await store.consume({ ...request('challenge:2', 'bob'), now: later(3000), expiresAt: later(3001) });
      const again = await store.consume({ ...request('challenge:1', 'carol'), now: later(3500) });
      assert.equal(again.outcome, 'already_consumed');
    }),

    ...(createPair
      ? [
          contractCase(
            'what one process consumed, another finds consumed',
            createPair,
            async ({ stores }) => {
              const [here, there] = stores;
              await here.consume(request('challenge:1', 'alice'));
              const second = await there.consume(request('challenge:1', 'bob'));
              assert.deepEqual(second, { outcome: 'already_consumed', holder: 'alice' });
            },
          ),
          contractCase(
            'of two processes that consume one id at once exactly one is told that it did',
            createPair,
            async ({ stores }) => {
              await assertOneWinner(
                Array.from({ length: 40 }, (_, index) => stores[index % 2 === 0 ? 0 : 1]),
              );
            },
          ),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase('a store that cannot find out says so', createUnreachable, async ({ store }) => {
            await assertUnavailable(() => store.consume(request('challenge:1', 'alice')));
          }),
        ]
      : []),
  ];
}

/** Every store consumes the same id at once; one wins, and all others hear of it. */
async function assertOneWinner(stores: readonly ReplayStore[]): Promise<void> {
  const outcomes = await Promise.all(
    stores.map((store, index) => store.consume(request('challenge:1', `holder-${index}`))),
  );
  const winners = outcomes.flatMap((outcome, index) =>
    outcome.outcome === 'consumed' ? [`holder-${index}`] : [],
  );
  assert.equal(winners.length, 1, `${winners.length} callers were told that they consumed it`);
  const named = new Set(
    outcomes.flatMap((outcome) => (outcome.outcome === 'already_consumed' ? [outcome.holder] : [])),
  );
  assert.deepEqual([...named], winners, 'the others are told who was first');
}

function request(id: string, holder: string): ConsumeRequest {
  return { id, holder, expiresAt: later(300), now: NOW };
}

function later(seconds: number): Date {
  return new Date(NOW.getTime() + seconds * 1000);
}
