// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { Stores } from '../../contracts/stores.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { afterPast, endedCertificate, NOTHING_PRUNED, pruneRequest, PAST } from './sample-prune.js';
import { device, KEY, NAME, revocation } from './sample-revocation.js';
import type { StoreContractOptions } from './store-contract-options.js';

/** The part of the contract of {@link Retention} that is about the revocation log. */
export function retentionLogCases({
  create,
}: StoreContractOptions<Pick<Stores, 'revocations' | 'retention'>>): readonly ContractCase[] {
  return [
    contractCase(
      'revocations of certificates that ended before the time are forgotten, and no others',
      create,
      async ({ store }) => {
        for (const [index, seconds] of [-0.001, 0, 0.001].entries())
          await store.revocations.revoke(revocation(endedCertificate(index, afterPast(seconds))));
        await store.revocations.revoke(revocation(KEY));
        assert.deepEqual(await store.retention.prune(pruneRequest()), { ...NOTHING_PRUNED, revocations: 1 });
        const log = await store.revocations.list({ afterSequence: 0, limit: 10 });
        assert.deepEqual(
          log.map(({ subject }) => subject),
          [endedCertificate(1, afterPast(0)), endedCertificate(2, afterPast(0.001)), KEY],
        );
        const status = await store.revocations.find({
          ...NAME,
          serialNumber: endedCertificate(0, PAST).serialNumber,
        });
        assert.equal(status.certificate, null);
        const scope = { issuerId: NAME.issuerId, crlShard: 3 };
        const revoked = await store.revocations.listRevoked({
          ...scope,
          notAfterFrom: new Date(0),
          afterSequence: 0,
          limit: 10,
        });
        assert.deepEqual(
          revoked.map(({ sequence }) => sequence),
          log.slice(0, 2).map(({ sequence }) => sequence),
        );
        assert.equal(await store.revocations.findLastRevoked(scope), log[1]?.sequence);
      },
    ),

    contractCase('no more revocations are forgotten at once than asked for', create, async ({ store }) => {
      for (const index of [0, 1, 2, 3, 4])
        await store.revocations.revoke(revocation(endedCertificate(index, afterPast(-60))));
      await store.revocations.revoke(revocation(KEY));
      const counts: number[] = [];
      for (let call = 0; call < 4; call += 1) {
        counts.push((await store.retention.prune(pruneRequest({ limit: 2 }))).revocations);
      }
      assert.deepEqual(counts, [2, 2, 1, 0]);
    }),

    contractCase('what was said of devices and keys is kept for ever', create, async ({ store }) => {
      for (const subject of [KEY, device('suspended'), device('active'), device('banned')])
        await store.revocations.revoke(revocation(subject));
      const before = await store.revocations.list({ afterSequence: 0, limit: 10 });
      await store.revocations.revoke(revocation(endedCertificate(1, afterPast(-60))));
      await store.revocations.revoke(revocation(endedCertificate(2, afterPast(60))));
      assert.deepEqual(await store.retention.prune(pruneRequest()), { ...NOTHING_PRUNED, revocations: 1 });
      const log = await store.revocations.list({ afterSequence: 0, limit: 10 });
      assert.deepEqual(log.slice(0, 4), before);
      const status = await store.revocations.find(NAME);
      assert.deepEqual(status.device?.subject, device('banned'));
      assert.deepEqual(status.key?.subject, KEY);
    }),

    contractCase(
      'the newest entry of the log stays, and places go on after it',
      create,
      async ({ store }) => {
        for (const index of [0, 1, 2])
          await store.revocations.revoke(revocation(endedCertificate(index, afterPast(-60))));
        const [, , newest] = await store.revocations.list({ afterSequence: 0, limit: 10 });
        assert.ok(newest);
        assert.deepEqual(await store.retention.prune(pruneRequest()), { ...NOTHING_PRUNED, revocations: 2 });
        assert.deepEqual(await store.retention.prune(pruneRequest()), NOTHING_PRUNED);
        assert.deepEqual(await store.revocations.list({ afterSequence: 0, limit: 10 }), [newest]);
        const { revocation: next } = await store.revocations.revoke(revocation(KEY));
        assert.ok((next?.sequence ?? 0) > newest.sequence);
        assert.deepEqual(await store.revocations.list({ afterSequence: newest.sequence, limit: 10 }), [next]);
        assert.deepEqual(await store.retention.prune(pruneRequest()), { ...NOTHING_PRUNED, revocations: 1 });
        assert.deepEqual(await store.revocations.list({ afterSequence: 0, limit: 10 }), [next]);
      },
    ),
  ];
}
