// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { AuditEntry, AuditListQuery, AuditStore } from '../../contracts/audit-store.js';
import { assertRequestMalformed } from './assert-request-malformed.js';
import { contractCase, type ContractCase } from './contract-case.js';
import { auditAfter, auditChain } from './sample-audit.js';
import { sampleDevice } from './sample-intent.js';
import { assertUnavailable, type StoreContractOptions } from './store-contract-options.js';

/** What every {@link AuditStore} must do. */
export function auditStoreContract(options: StoreContractOptions<AuditStore>): readonly ContractCase[] {
  const { create, createPair, createUnreachable } = options;
  return [
    contractCase('an empty trail has no head and no entries', create, async ({ store }) => {
      assert.equal(await store.findAuditHead(), null);
      assert.deepEqual(await store.listAudit({ afterSequence: 0, limit: 10 }), []);
    }),

    contractCase(
      'the first entry is appended, found as the head and listed, as it went in',
      create,
      async ({ store }) => {
        const body = '{ "b":1,"a" : "é✓\\u0000 \\"x\\"", "手机":[1.0] }\n';
        const entry = auditAfter(null, body, sampleDevice(1));
        assert.equal(await store.appendAudit([entry]), true);
        assert.deepEqual(await store.findAuditHead(), entry);
        assert.deepEqual(await store.listAudit({ afterSequence: 0, limit: 10 }), [entry]);
      },
    ),

    contractCase('entries of one call are all appended, in order', create, async ({ store }) => {
      const first = auditChain(null, bodies(3));
      const second = auditChain(first.at(-1) ?? null, bodies(300));
      assert.equal(await store.appendAudit(first), true);
      assert.equal(await store.appendAudit(second), true);
      assert.deepEqual(await store.listAudit({ afterSequence: 0, limit: 1000 }), [...first, ...second]);
      assert.deepEqual(await store.findAuditHead(), second.at(-1));
    }),

    ...(
      [
        ['that is there already', ([first]) => [first]],
        ['in the place of another: a fork', ([first]) => [auditAfter(first, 'fork')]],
        ['that follows a later entry: a gap', ([, , third]) => [auditAfter(auditAfter(third, 'gap'), 'x')]],
        ['that begins a new trail', () => [auditAfter(null, 'anew')]],
        [
          'whose place is right and whose hash before is not',
          ([, second, third]) => [{ ...auditAfter(second, 'x'), sequence: third.sequence + 1 }],
        ],
        [
          'whose hash before is right and whose place is not',
          ([, , third]) => [{ ...auditAfter(third, 'x'), sequence: third.sequence + 2 }],
        ],
        ['that is there already, with a good one after it', ([, , third]) => [third, auditAfter(third, 'x')]],
      ] satisfies readonly [string, (trail: Trail) => readonly AuditEntry[]][]
    ).map(([what, make]) =>
      contractCase(`an entry ${what} is not appended`, create, async ({ store }) => {
        const trail = await appendThree(store);
        assert.equal(await store.appendAudit(make(trail)), false);
        assert.deepEqual(await store.listAudit({ afterSequence: 0, limit: 10 }), trail);
        assert.deepEqual(await store.findAuditHead(), trail[2]);
      }),
    ),

    ...(
      [
        ['second', { ...auditAfter(null, 'x'), sequence: 2 }],
        ['of another trail', { ...auditAfter(null, 'x'), previousHash: 'ab'.repeat(32) }],
      ] satisfies readonly [string, AuditEntry][]
    ).map(([what, entry]) =>
      contractCase(`a trail does not begin with an entry that is ${what}`, create, async ({ store }) => {
        assert.equal(await store.appendAudit([entry]), false);
        assert.equal(await store.findAuditHead(), null);
      }),
    ),

    ...(
      [
        ['have a gap', ([first, , third]) => [first, third]],
        ['are turned around', ([first, second, third]) => [first, third, second]],
        ['fork', ([first, second]) => [first, second, auditAfter(first, 'fork')]],
        ['come twice', ([first, second]) => [first, second, second]],
        [
          'have a wrong place',
          ([first, second]) => [first, second, { ...auditAfter(second, 'x'), sequence: 4 }],
        ],
      ] satisfies readonly [string, (trail: Trail) => readonly AuditEntry[]][]
    ).map(([what, make]) =>
      contractCase(`entries of one call that ${what} are refused, all of them`, create, async ({ store }) => {
        await assertRequestMalformed(() => store.appendAudit(make(threeEntries())));
        assert.equal(await store.findAuditHead(), null);
        assert.equal(await store.appendAudit(threeEntries()), true);
      }),
    ),

    contractCase('the trail is listed in order, page by page', create, async ({ store }) => {
      const trail = auditChain(null, bodies(25));
      await store.appendAudit(trail);
      for (const limit of [1, 10, 25, 26])
        assert.deepEqual(await listAll(store, { limit }), trail, `limit ${limit}`);
    }),

    contractCase('the trail of a device has its entries and no others', create, async ({ store }) => {
      const trail: AuditEntry[] = [];
      for (let index = 0; index < 12; index += 1) {
        const deviceId = index % 3 === 0 ? null : sampleDevice(index % 3);
        trail.push(auditAfter(trail.at(-1) ?? null, `{"index":${index}}`, deviceId));
      }
      await store.appendAudit(trail);
      const deviceId = sampleDevice(2);
      const own = trail.filter((entry) => entry.deviceId === deviceId);
      for (const limit of [1, 3, 4, 5])
        assert.deepEqual(await listAll(store, { deviceId, limit }), own, `limit ${limit}`);
      assert.deepEqual(await listAll(store, { deviceId: sampleDevice(9), limit: 5 }), []);
    }),

    contractCase('a limit that is none is refused', create, async ({ store }) => {
      for (const limit of [0, -1, 1.5, 1001])
        await assertRequestMalformed(() => store.listAudit({ afterSequence: 0, limit }));
    }),

    contractCase('of many who append after one head at once exactly one does', create, async ({ store }) => {
      await assertOneChain(Array.from({ length: 20 }, () => store));
    }),

    contractCase('many who try until they succeed make one chain', create, async ({ store }) => {
      await assertOneChainInTheEnd([store, store, store]);
    }),

    ...(createPair
      ? [
          contractCase('what one process appended, another follows', createPair, async ({ stores }) => {
            const [here, there] = stores;
            const first = auditAfter(null, 'first');
            assert.equal(await here.appendAudit([first]), true);
            assert.deepEqual(await there.findAuditHead(), first);
            const second = auditAfter(first, 'second');
            assert.equal(await there.appendAudit([second]), true);
            assert.equal(await here.appendAudit([auditAfter(first, 'late')]), false);
            assert.deepEqual(await here.findAuditHead(), second);
          }),
          contractCase(
            'of two processes that append after one head at once exactly one does',
            createPair,
            async ({ stores }) => {
              await assertOneChain(Array.from({ length: 20 }, (_, index) => stores[index % 2 === 0 ? 0 : 1]));
            },
          ),
          contractCase(
            'two processes that try until they succeed make one chain',
            createPair,
            async ({ stores }) => {
              await assertOneChainInTheEnd(stores);
            },
          ),
        ]
      : []),

    ...(createUnreachable
      ? [
          contractCase(
            'a store that cannot reach its trail says so',
            createUnreachable,
            async ({ store }) => {
              await assertUnavailable(() => store.appendAudit([auditAfter(null, 'x')]));
              await assertUnavailable(() => store.findAuditHead());
              await assertUnavailable(() => store.listAudit({ afterSequence: 0, limit: 1 }));
            },
          ),
        ]
      : []),
  ];
}

type Trail = readonly [AuditEntry, AuditEntry, AuditEntry];

function threeEntries(): Trail {
  const first = auditAfter(null, '{"n":1}');
  const second = auditAfter(first, '{"n":2}', sampleDevice(1));
  return [first, second, auditAfter(second, '{"n":3}')];
}

async function appendThree(store: AuditStore): Promise<Trail> {
  const trail = threeEntries();
  assert.equal(await store.appendAudit(trail), true);
  return trail;
}

function bodies(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `{"index":${index}}`);
}

async function listAll(
  store: AuditStore,
  query: Omit<AuditListQuery, 'afterSequence'>,
): Promise<readonly AuditEntry[]> {
  const seen: AuditEntry[] = [];
  for (;;) {
    const page = await store.listAudit({ ...query, afterSequence: seen.at(-1)?.sequence ?? 0 });
    assert.ok(page.length <= query.limit, 'no page is longer than asked for');
    if (page.length === 0) return seen;
    seen.push(...page);
    assert.ok(seen.length <= 1000, 'the list comes to an end');
  }
}

/** All append two entries after the same head at once. */
async function assertOneChain(stores: readonly AuditStore[]): Promise<void> {
  const batches = stores.map((_, index) => auditChain(null, [`${index} a`, `${index} b`]));
  const outcomes = await Promise.all(stores.map((store, index) => store.appendAudit(batches[index] ?? [])));
  assert.equal(outcomes.filter(Boolean).length, 1, 'exactly one is told that it appended');
  assert.deepEqual(
    await stores[0]?.listAudit({ afterSequence: 0, limit: 100 }),
    batches[outcomes.indexOf(true)],
  );
}

/** Each appends ten entries, one after another, as often as it takes. */
async function assertOneChainInTheEnd(stores: readonly AuditStore[]): Promise<void> {
  const MAX_ATTEMPTS = 2000;
  await Promise.all(
    stores.map(async (store, index) => {
      let appended = 0;
      for (let attempt = 0; appended < 10; attempt += 1) {
        assert.ok(attempt < MAX_ATTEMPTS, 'somebody gets further each time');
        const entry = auditAfter(await store.findAuditHead(), `${index} ${appended}`);
        if (await store.appendAudit([entry])) appended += 1;
      }
    }),
  );
  const trail = (await stores[0]?.listAudit({ afterSequence: 0, limit: 1000 })) ?? [];
  assert.deepEqual(
    trail,
    auditChain(
      null,
      trail.map(({ body }) => body),
    ),
    'each entry follows the one before it',
  );
  const expected = stores.flatMap((_, index) => bodies(10).map((__, count) => `${index} ${count}`));
  assert.deepEqual(trail.map(({ body }) => body).sort(), expected.sort(), 'none is lost or comes twice');
}
