// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { Stores } from '../../contracts/stores.js';
import { assertRequestMalformed } from './assert-request-malformed.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { retentionLimitCases } from './retention-limit-cases.js';
import { retentionLogCases } from './retention-log-cases.js';
import { retentionUsageCases } from './retention-usage-cases.js';
import { sampleDevice, sampleIntent, sampleKey } from './sample-intent.js';
import { afterPast, endedCertificate, NOTHING_PRUNED, PAST, pruneRequest } from './sample-prune.js';
import { sampleOrder } from './sample-renewal-order.js';
import { KEY, revocation } from './sample-revocation.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

type Store = Pick<
  Stores,
  | 'certificates'
  | 'revocations'
  | 'replays'
  | 'rateLimits'
  | 'renewalOrders'
  | 'attestedKeys'
  | 'usageCounters'
  | 'retention'
>;

/** A time that none of the clocks that these suites run by gets to see. */
const FAR_FUTURE = new Date('2200-01-01T00:00:00.000Z');
const HELD = { keyHeldFrom: new Date(0) };

/** What every {@link Retention} must do, together with the stores that it forgets in. */
export function retentionContract(options: StoreContractOptions<Store>): readonly ContractCase[] {
  const { create, createPair, createUnreachable } = options;
  return [
    contractCase('of empty stores nothing is forgotten', create, async ({ store }) => {
      assert.deepEqual(await store.retention.prune(pruneRequest()), NOTHING_PRUNED);
    }),

    contractCase(
      'certificates that ended before the time are forgotten, and no others',
      create,
      async ({ store }) => {
        for (const [index, seconds] of [-0.001, 0, 0.001].entries())
          await recordEnding(store, index, seconds);
        assert.deepEqual(await store.retention.prune(pruneRequest()), { ...NOTHING_PRUNED, certificates: 1 });
        assert.deepEqual(await remaining(store), [1, 2]);
        const { issuerId, serialNumber, requestId, deviceId, publicKeySha256 } = sampleIntent(0);
        for (const query of [
          { by: 'name', issuerId, serialNumber },
          { by: 'request', requestId },
          { by: 'device', deviceId },
          { by: 'key', publicKeySha256 },
        ] as const)
          assert.equal(await store.certificates.find(query), null, query.by);
        assert.equal(await store.certificates.count({}), 2);
        assert.equal(await store.certificates.count({ provider: 'play-integrity' }), 2);
      },
    ),

    contractCase('no more certificates are forgotten at once than asked for', create, async ({ store }) => {
      for (const index of [0, 1, 2, 3, 4]) await recordEnding(store, index, -60);
      const counts: number[] = [];
      for (let call = 0; call < 4; call += 1) {
        counts.push((await store.retention.prune(pruneRequest({ limit: 2 }))).certificates);
      }
      assert.deepEqual(counts, [2, 2, 1, 0]);
      assert.deepEqual(await remaining(store), []);
    }),

    contractCase(
      'a forgotten certificate is forgotten by who has just read it',
      create,
      async ({ store }) => {
        await recordEnding(store, 1, -60);
        assert.ok(await store.certificates.find({ by: 'name', ...sampleIntent(1) }));
        await store.retention.prune(pruneRequest());
        assert.equal(await store.certificates.find({ by: 'name', ...sampleIntent(1) }), null);
        assert.equal(await store.certificates.recordIssued(sampleIntent(1), issued()), null);
      },
    ),

    contractCase('what was forgotten may be recorded again', create, async ({ store }) => {
      await recordEnding(store, 1, -60);
      await store.retention.prune(pruneRequest());
      await recordEnding(store, 1, 60);
      assert.deepEqual(await remaining(store), [1]);
      assert.equal(await store.certificates.count({ latestOnly: true, provider: 'play-integrity' }), 1);
    }),

    contractCase('a place in the order is never given twice', create, async ({ store }) => {
      for (const index of [1, 2]) await recordEnding(store, index, -60);
      const { cursor } = await store.certificates.list({ limit: 1 });
      assert.ok(cursor !== null);
      await store.retention.prune(pruneRequest());
      await recordEnding(store, 3, 60);
      const { records } = await store.certificates.list({ limit: 10, cursor });
      assert.deepEqual(
        records.map(({ requestId }) => requestId),
        [sampleIntent(3).requestId],
      );
    }),

    contractCase(
      'the latest certificate of a device is the latest of those that are left',
      create,
      async ({ store }) => {
        const deviceId = sampleDevice(1);
        const same = { deviceId, publicKeySha256: sampleKey(1) };
        for (const [index, seconds] of [60, 90, -60].entries())
          await store.certificates.recordIntent(
            sampleIntent(index, { ...same, notAfter: afterPast(seconds) }),
            HELD,
          );
        assert.equal((await store.retention.prune(pruneRequest())).certificates, 1);
        const { records } = await store.certificates.search({ latestOnly: true, limit: 10 });
        assert.deepEqual(
          records.map(({ requestId }) => requestId),
          [sampleIntent(1).requestId],
        );
        assert.equal(await store.certificates.count({ latestOnly: true }), 1);
        const latest = await store.certificates.find({ by: 'device', deviceId });
        assert.equal(latest?.requestId, sampleIntent(1).requestId);
      },
    ),

    contractCase(
      'nothing whose time is not over by the clock is forgotten, whatever time is given',
      create,
      async ({ store }) => {
        const year = 365 * 24 * 3600;
        const end = new Date(FAR_FUTURE.getTime() - year * 1000);
        await store.certificates.recordIntent(sampleIntent(1, { notAfter: end }), HELD);
        await store.revocations.revoke(revocation(endedCertificate(1, end)));
        await store.revocations.revoke(revocation(KEY));
        const challenge = { id: 'challenge:1', holder: 'alice', expiresAt: end, now: PAST };
        await store.replays.consume(challenge);
        await store.renewalOrders.recordOrder(sampleOrder(1, { endsAt: end }));
        assert.deepEqual(await store.retention.prune(pruneRequest({ before: FAR_FUTURE })), NOTHING_PRUNED);
        assert.deepEqual(await remaining(store), [1]);
        assert.equal((await store.revocations.list({ afterSequence: 0, limit: 10 })).length, 2);
        assert.equal((await store.replays.consume(challenge)).outcome, 'already_consumed');
        assert.equal((await store.renewalOrders.listOrders(PAST)).length, 1);
      },
    ),

    ...retentionLogCases(options),
    ...retentionLimitCases(options),
    ...retentionUsageCases(options),

    contractCase(
      'a challenge is remembered for five minutes after its end, for callers whose clock is behind',
      create,
      async ({ store }) => {
        const challenge = {
          id: 'challenge:1',
          holder: 'alice',
          expiresAt: afterPast(-299),
          now: afterPast(-600),
        };
        await store.replays.consume(challenge);
        assert.deepEqual(await store.retention.prune(pruneRequest()), NOTHING_PRUNED);
        assert.equal((await store.replays.consume(challenge)).outcome, 'already_consumed');
      },
    ),

    contractCase('a challenge is counted as forgotten if and only if it is', create, async ({ store }) => {
      const challenges = Array.from({ length: 3 }, (_, index) => ({
        id: `challenge:${index}`,
        holder: 'alice',
        expiresAt: afterPast(-900),
        now: afterPast(-1200),
      }));
      for (const challenge of challenges) await store.replays.consume(challenge);
      const first = await store.retention.prune(pruneRequest({ limit: 2 }));
      assert.ok(first.replays <= 2, 'no more than asked for');
      const second = await store.retention.prune(pruneRequest({ limit: 2 }));
      const again = await Promise.all(challenges.map((challenge) => store.replays.consume(challenge)));
      // A store whose server forgets by itself has nothing to count.
      assert.equal(
        again.filter(({ outcome }) => outcome === 'consumed').length,
        first.replays + second.replays,
      );
    }),

    contractCase('a limit that is none is refused', create, async ({ store }) => {
      for (const limit of [0, -1, 1.5, 10_001])
        await assertRequestMalformed(() => store.retention.prune(pruneRequest({ limit })));
    }),

    ...(createPair
      ? [
          contractCase('what one process forgets, all forget', createPair, async ({ stores }) => {
            const [here, there] = stores;
            await recordEnding(here, 1, -60);
            await here.revocations.revoke(revocation(endedCertificate(1, afterPast(-60))));
            await here.revocations.revoke(revocation(KEY));
            assert.ok(await there.certificates.find({ by: 'name', ...sampleIntent(1) }));
            assert.deepEqual(await here.retention.prune(pruneRequest()), {
              ...NOTHING_PRUNED,
              certificates: 1,
              revocations: 1,
            });
            assert.equal(await there.certificates.find({ by: 'name', ...sampleIntent(1) }), null);
            assert.equal((await there.revocations.list({ afterSequence: 0, limit: 10 })).length, 1);
          }),
          contractCase(
            'what two processes forget at once is counted once',
            createPair,
            async ({ stores }) => {
              const [store] = stores;
              for (let index = 0; index < 10; index += 1) {
                await recordEnding(store, index, -60);
                await store.revocations.revoke(revocation(endedCertificate(index, afterPast(-60))));
              }
              await store.revocations.revoke(revocation(KEY));
              const pruned = await Promise.all(
                stores.map(({ retention }) => retention.prune(pruneRequest())),
              );
              const sum = (kind: 'certificates' | 'revocations') =>
                pruned.reduce((total, one) => total + one[kind], 0);
              assert.equal(sum('certificates'), 10);
              assert.equal(sum('revocations'), 10);
            },
          ),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase('a store that cannot forget says so', createUnreachable, async ({ store }) => {
            await assertUnavailable(() => store.retention.prune(pruneRequest()));
          }),
        ]
      : []),
  ];
}

async function recordEnding({ certificates }: Store, index: number, seconds: number): Promise<void> {
  await certificates.recordIntent(sampleIntent(index, { notAfter: afterPast(seconds) }), HELD);
}

/** Numbers of the intents that are left, in order. */
async function remaining({ certificates }: Store): Promise<readonly number[]> {
  const { records } = await certificates.list({ limit: 100 });
  const requests = Array.from({ length: 10 }, (_, index) => sampleIntent(index).requestId);
  return records.map(({ requestId }) => requests.indexOf(requestId));
}

function issued() {
  return { certificate: Uint8Array.of(1), issuedAt: PAST };
}
