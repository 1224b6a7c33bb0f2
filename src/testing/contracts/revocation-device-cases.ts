// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { DeviceState, RevocationStore } from '../../contracts/revocation-store.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { device, NAME, NOTHING, revocation } from './sample-revocation.js';
import type { StoreContractOptions } from './store-contract-options.js';

/** The part of the contract of a {@link RevocationStore} that is about the states of a device. */
export function revocationDeviceCases({
  create,
}: StoreContractOptions<RevocationStore>): readonly ContractCase[] {
  return [
    contractCase(
      'a suspended device is reinstated by a further entry, and nothing is taken out of the log',
      create,
      async ({ store }) => {
        await store.revoke(revocation(device('suspended')));
        const result = await store.revoke(revocation(device('active'), 'unspecified', 'found again'));
        assert.equal(result.recorded, true);
        assert.deepEqual(await store.find(NAME), NOTHING);
        assert.deepEqual(await states(store), ['suspended', 'active']);
        const { revocation: latest } = await store.revoke(revocation(device('suspended')));
        assert.deepEqual((await store.find(NAME)).device, latest, 'the latest word counts');
      },
    ),

    contractCase('a device that the log never named is active already', create, async ({ store }) => {
      assert.deepEqual(await store.revoke(revocation(device('active'))), {
        recorded: false,
        revocation: null,
      });
      assert.deepEqual(await store.list({ afterSequence: 0, limit: 10 }), []);
    }),

    contractCase('a reinstated device is active already', create, async ({ store }) => {
      await store.revoke(revocation(device('suspended')));
      const { revocation: active } = await store.revoke(revocation(device('active')));
      assert.deepEqual(await store.revoke(revocation(device('active'))), {
        recorded: false,
        revocation: active,
      });
      assert.deepEqual(await states(store), ['suspended', 'active']);
    }),

    contractCase('a suspended device can be banned', create, async ({ store }) => {
      await store.revoke(revocation(device('suspended')));
      assert.equal((await store.revoke(revocation(device('banned')))).recorded, true);
      assert.deepEqual((await store.find(NAME)).device?.subject, device('banned'));
    }),

    contractCase(
      'a ban does not become a suspension; only reinstating ends it',
      create,
      async ({ store }) => {
        const { revocation: ban } = await store.revoke(revocation(device('banned')));
        assert.deepEqual(await store.revoke(revocation(device('suspended'))), {
          recorded: false,
          revocation: ban,
        });
        assert.deepEqual((await store.find(NAME)).device, ban);
        assert.equal((await store.revoke(revocation(device('active')))).recorded, true);
        assert.deepEqual(await store.find(NAME), NOTHING);
        assert.deepEqual(await states(store), ['banned', 'active']);
      },
    ),
  ];
}

async function states(store: RevocationStore): Promise<readonly (DeviceState | null)[]> {
  const log = await store.list({ afterSequence: 0, limit: 10 });
  return log.map(({ subject }) => (subject.kind === 'device' ? subject.state : null));
}
