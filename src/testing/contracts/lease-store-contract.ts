// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import type { LeaseRequest, LeaseStore } from '../../contracts/lease-store.js';
import { assertRequestMalformed } from './assert-request-malformed.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

/** How the contract suite of a lease store gets at stores. */
export interface LeaseStoreContractOptions extends StoreContractOptions<LeaseStore> {
  /**
   * By whose clock leases end: that of the `caller`, or that of a `server`, which ignores the caller's. For the latter
   * the suite waits until real leases of a second are over.
   */
  readonly clock: 'caller' | 'server';
}

const NOW = new Date('2026-03-01T12:00:00.000Z');

/** What every {@link LeaseStore} must do. */
export function leaseStoreContract(options: LeaseStoreContractOptions): readonly ContractCase[] {
  const { create, createPair, createUnreachable, clock } = options;
  return [
    contractCase('a lease that nobody holds is taken, and no other gets it', create, async ({ store }) => {
      assert.equal(await store.acquireLease(request('alice')), true);
      assert.equal(await store.acquireLease(request('bob')), false);
      assert.equal(await store.acquireLease(request('alice')), true, 'the holder prolongs it');
      assert.equal(await store.acquireLease(request('bob')), false);
    }),

    contractCase('a lease that is given back is free', create, async ({ store }) => {
      await store.acquireLease(request('alice'));
      await store.releaseLease(request('alice'));
      assert.equal(await store.acquireLease(request('bob')), true);
      assert.equal(await store.acquireLease(request('alice')), false);
    }),

    contractCase('nobody gives back the lease of another, or one that is free', create, async ({ store }) => {
      await store.releaseLease(request('bob'));
      await store.acquireLease(request('alice'));
      await store.releaseLease(request('bob'));
      assert.equal(await store.acquireLease(request('bob')), false);
    }),

    contractCase('names and holders are told apart exactly', create, async ({ store }) => {
      const names = ['crl/a/1', 'crl/a/11', 'crl/A/1', 'crl/a/1 ', 'crl', 'é', 'e\u0301'];
      for (const name of names) assert.equal(await store.acquireLease({ ...request('alice'), name }), true);
      for (const holder of ['Alice', 'alice ', 'alic'])
        assert.equal(await store.acquireLease(request(holder, { name: 'crl' })), false, holder);
      await store.releaseLease(request('alice', { name: 'crl/a/1' }));
      for (const name of names)
        assert.equal(await store.acquireLease({ ...request('bob'), name }), name === 'crl/a/1', name);
    }),

    contractCase('names and holders of 200 characters are kept whole', create, async ({ store }) => {
      const long = (end: string): string => `${'n'.repeat(199)}${end}`;
      assert.equal(await store.acquireLease(request(long('1'), { name: long('1') })), true);
      assert.equal(await store.acquireLease(request(long('2'), { name: long('2') })), true);
      assert.equal(await store.acquireLease(request(long('2'), { name: long('1') })), false);
      assert.equal(await store.acquireLease(request(long('1'), { name: long('1') })), true);
    }),

    contractCase(
      'what is too long, or lives too long or too short, is refused',
      create,
      async ({ store }) => {
        const tooLong = 'n'.repeat(201);
        for (const refused of [
          request(tooLong),
          request('alice', { name: tooLong }),
          ...[0, -1, 0.5, 3601, Number.NaN].map((lifetimeSeconds) => request('alice', { lifetimeSeconds })),
        ])
          await assertRequestMalformed(() => store.acquireLease(refused));
        await assertRequestMalformed(() => store.releaseLease(request(tooLong)));
        await assertRequestMalformed(() => store.releaseLease(request('alice', { name: tooLong })));
        assert.equal(await store.acquireLease(request('bob')), true, 'nothing was taken');
      },
    ),

    contractCase('of many who want a lease at once exactly one gets it', create, async ({ store }) => {
      await assertOneHolder(Array.from({ length: 30 }, () => store));
    }),

    ...(clock === 'caller' ? callerClockCases(create) : serverClockCases(create)),

    ...(createPair
      ? [
          contractCase(
            'a lease that one process holds is held for another, and given back for all',
            createPair,
            async ({ stores }) => {
              const [here, there] = stores;
              assert.equal(await here.acquireLease(request('alice')), true);
              assert.equal(await there.acquireLease(request('bob')), false);
              await here.releaseLease(request('alice'));
              assert.equal(await there.acquireLease(request('bob')), true);
            },
          ),
          contractCase(
            'of two processes that want a lease at once exactly one gets it',
            createPair,
            async ({ stores }) => {
              await assertOneHolder(
                Array.from({ length: 30 }, (_, index) => stores[index % 2 === 0 ? 0 : 1]),
              );
            },
          ),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase('a store that cannot give a lease says so', createUnreachable, async ({ store }) => {
            await assertUnavailable(() => store.acquireLease(request('alice')));
            await assertUnavailable(() => store.releaseLease(request('alice')));
          }),
        ]
      : []),
  ];
}

type Create = StoreContractOptions<LeaseStore>['create'];

function callerClockCases(create: Create): readonly ContractCase[] {
  return [
    contractCase('a lease ends by itself after its lifetime, and not before', create, async ({ store }) => {
      await store.acquireLease(request('alice', { lifetimeSeconds: 60 }));
      assert.equal(await store.acquireLease(request('bob', { now: later(59) })), false);
      assert.equal(await store.acquireLease(request('bob', { now: later(61) })), true);
      assert.equal(await store.acquireLease(request('alice', { now: later(62) })), false);
      await store.releaseLease(request('alice'));
      assert.equal(await store.acquireLease(request('alice', { now: later(63) })), false, 'it has another');
    }),

    contractCase('a prolonged lease lives on from then', create, async ({ store }) => {
      await store.acquireLease(request('alice', { lifetimeSeconds: 60 }));
      await store.acquireLease(request('alice', { lifetimeSeconds: 60, now: later(50) }));
      assert.equal(await store.acquireLease(request('bob', { now: later(109) })), false);
      assert.equal(await store.acquireLease(request('bob', { now: later(111) })), true);
    }),
  ];
}

function serverClockCases(create: Create): readonly ContractCase[] {
  return [
    contractCase('a lease ends by itself after its lifetime', create, async ({ store }) => {
      assert.equal(await store.acquireLease(request('alice', { lifetimeSeconds: 1 })), true);
      await waitForLease(store, request('bob', { lifetimeSeconds: 60 }));
      assert.equal(await store.acquireLease(request('alice')), false);
    }),

    contractCase('a prolonged lease lives on from then', create, async ({ store }) => {
      await store.acquireLease(request('alice', { lifetimeSeconds: 1 }));
      await store.acquireLease(request('carol', { name: 'other', lifetimeSeconds: 1 }));
      await store.acquireLease(request('alice', { lifetimeSeconds: 60 }));
      // Once the lease that was taken after the first one is over, the first one would be over too.
      await waitForLease(store, request('bob', { name: 'other' }));
      assert.equal(await store.acquireLease(request('bob')), false);
    }),

    contractCase('what time the caller believes it to be does not matter', create, async ({ store }) => {
      await store.acquireLease(request('alice', { now: new Date(0) }));
      assert.equal(await store.acquireLease(request('bob', { now: new Date(0) })), false);
      assert.equal(await store.acquireLease(request('bob', { now: new Date('2999-01-01') })), false);
    }),
  ];
}

/** Asks until the lease of another is over. */
async function waitForLease(store: LeaseStore, wanted: LeaseRequest): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (await store.acquireLease(wanted)) return;
    await sleep(100);
  }
  assert.fail('the lease of a second never ended');
}

async function assertOneHolder(stores: readonly LeaseStore[]): Promise<void> {
  const outcomes = await Promise.all(
    stores.map((store, index) => store.acquireLease(request(`holder-${index}`))),
  );
  assert.equal(outcomes.filter(Boolean).length, 1, 'exactly one is told that it holds it');
  const winner = outcomes.indexOf(true);
  const again = await Promise.all(
    stores.map((store, index) => store.acquireLease(request(`holder-${index}`))),
  );
  assert.deepEqual(
    again.map((held, index) => (held ? index : null)).filter((index) => index !== null),
    [winner],
    'it is the one that holds it',
  );
}

function request(holder: string, change: Partial<LeaseRequest> = {}): LeaseRequest {
  return { name: 'crl/a1/7', holder, lifetimeSeconds: 60, now: new Date(NOW), ...change };
}

function later(seconds: number): Date {
  return new Date(NOW.getTime() + seconds * 1000);
}
