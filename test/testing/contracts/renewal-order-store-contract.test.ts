import { describe, expect, it } from 'vitest';

import type { RenewalOrder, RenewalOrderStore } from '../../../src/contracts/renewal-order-store.js';
import { createMemoryStores } from '../../../src/memory.js';
import { renewalOrderStoreContract } from '../../../src/testing/contracts/renewal-order-store-contract.js';
import { failingCases } from './failing-cases.js';

const failing = (spoil: (good: RenewalOrderStore) => Partial<RenewalOrderStore>) =>
  failingCases(
    renewalOrderStoreContract({
      create: async () => {
        const good = createMemoryStores().renewalOrders;
        return { store: { ...good, ...spoil(good) } };
      },
    }),
  );

/** A good store whose orders are changed before they are kept. */
const keeping = (change: (order: RenewalOrder) => RenewalOrder) =>
  failing((good) => ({ recordOrder: (order) => good.recordOrder(change(order)) }));

/** A good store whose list is changed before it is handed out. */
const listing = (change: (orders: readonly RenewalOrder[]) => readonly RenewalOrder[]) =>
  failing((good) => ({ listOrders: async (now) => change(await good.listOrders(now)) }));

const WHOLE = 'an order comes back as it went in';
const OLDEST_FIRST = 'orders are listed oldest first, whichever was recorded first';
const UNTIL_IT_ENDS = 'an order is listed until it ends';
const KNOWN = 'an order that is known changes nothing';
const MANY = 'there are at most 1,000 orders that have not ended';

describe('the contract of a store of renewal orders finds a store that', () => {
  it('is good: nothing', async () => {
    expect(await failing(() => ({}))).toEqual([]);
  });

  it('loses orders, or finds some in an empty store', async () => {
    expect(await failing(() => ({ recordOrder: async () => undefined }))).toContain(WHOLE);
    expect(await listing((orders) => orders.slice(0, 3))).toContain(WHOLE);
    const found = await failing((good) => ({
      listOrders: async (now) => {
        const orders = await good.listOrders(now);
        if (orders.length > 0) return orders;
        await good.recordOrder(stale());
        return good.listOrders(new Date(0));
      },
    }));
    expect(found).toContain('in an empty store there are none');
  });

  it('loses a member of the filter', async () => {
    for (const member of [
      'tier',
      'provider',
      'appVersion',
      'bootstrapCertificateSha256',
      'enrolledFrom',
      'enrolledBefore',
      'issuerId',
    ] as const) {
      const found = await keeping((order) => {
        const filter = Object.fromEntries(Object.entries(order.filter).filter(([name]) => name !== member));
        return { ...order, filter };
      });
      expect(found, member).toContain(WHOLE);
    }
  });

  it('loses the milliseconds of a time, or the end of a reason', async () => {
    const kept = 'times are kept to the millisecond, and a reason of 200 characters whole';
    for (const time of ['orderedAt', 'issuedBefore', 'renewAfter', 'renewBefore', 'endsAt'] as const) {
      const found = await keeping((order) => ({ ...order, [time]: wholeSeconds(order[time]) }));
      expect(found, time).toContain(kept);
    }
    const cut = await keeping((order) => ({ ...order, reason: order.reason.slice(0, 199) }));
    expect(cut).toEqual([kept]);
  });

  it('lists in order of recording, of id, or the newest first', async () => {
    const recorded = await failing((good) => {
      const ids: string[] = [];
      return {
        recordOrder: (order) => {
          ids.push(order.id);
          return good.recordOrder(order);
        },
        listOrders: async (now) =>
          [...(await good.listOrders(now))].sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id)),
      };
    });
    expect(recorded).toContain(OLDEST_FIRST);
    const byEnd = await listing((orders) => [...orders].sort((a, b) => +a.endsAt - +b.endsAt));
    expect(byEnd).toContain(OLDEST_FIRST);
    const byId = await listing((orders) => [...orders].sort((a, b) => (a.id < b.id ? -1 : 1)));
    expect(byId).toContain(OLDEST_FIRST);
    expect(await listing((orders) => [...orders].reverse())).toContain(OLDEST_FIRST);
  });

  it('lists those that have ended, or not those that are about to', async () => {
    const ended = await failing((good) => ({ listOrders: () => good.listOrders(new Date(0)) }));
    expect(ended).toContain(UNTIL_IT_ENDS);
    const late = await failing((good) => ({
      listOrders: (now) => good.listOrders(new Date(now.getTime() - 1)),
    }));
    expect(late).toContain(UNTIL_IT_ENDS);
    const early = await failing((good) => ({
      listOrders: (now) => good.listOrders(new Date(now.getTime() + 1)),
    }));
    expect(early).toContain(UNTIL_IT_ENDS);
  });

  it('overwrites or repeats an order that is known, or refuses it', async () => {
    const overwriting = await failing((good) => {
      const last = new Map<string, RenewalOrder>();
      return {
        recordOrder: (order) => {
          last.set(order.id, order);
          return good.recordOrder(order);
        },
        listOrders: async (now) => (await good.listOrders(now)).map((order) => last.get(order.id) ?? order),
      };
    });
    expect(overwriting).toContain(KNOWN);
    const refusing = await failing((good) => ({
      recordOrder: async (order) => {
        const known = (await good.listOrders(new Date(0))).some(({ id }) => id === order.id);
        if (known) throw new TypeError('there is such an order');
        await good.recordOrder(order);
      },
    }));
    expect(refusing).toContain(KNOWN);
    const repeating = await failing((good) => {
      const times = new Map<string, number>();
      return {
        recordOrder: (order) => {
          times.set(order.id, (times.get(order.id) ?? 0) + 1);
          return good.recordOrder(order);
        },
        listOrders: async (now) =>
          (await good.listOrders(now)).flatMap((order) =>
            Array.from({ length: times.get(order.id) ?? 1 }, () => order),
          ),
      };
    });
    expect(repeating).toContain('of many who record one order at once none is refused, and it is kept once');
  });

  it('hands out what it keeps, or keeps what it was handed', async () => {
    const found = await failing(() => {
      const orders = new Map<string, RenewalOrder>();
      return {
        recordOrder: async (order) => {
          if (!orders.has(order.id)) orders.set(order.id, order);
        },
        listOrders: async (now) => [...orders.values()].filter(({ endsAt }) => endsAt > now),
      };
    });
    expect(found).toContain('what a caller changes afterwards does not change the order');
  });

  it('keeps a time that is none', async () => {
    const found = await keeping((order) =>
      Number.isNaN(order.renewAfter.getTime()) ? { ...order, renewAfter: order.renewBefore } : order,
    );
    expect(found).toEqual(['an order with a time that is none is refused']);
  });

  it('takes any number, counts those that have ended, or looks first and counts later', async () => {
    const any = await keeping((order) =>
      order.endsAt.getTime() - order.orderedAt.getTime() > 20 * 86_400_000
        ? { ...order, orderedAt: new Date(order.endsAt) }
        : order,
    );
    expect(any).toContain(MANY);
    const strict = await failing((good) => {
      let count = 0;
      return {
        recordOrder: async (order) => {
          count += 1;
          if (count > 1005) return;
          await good.recordOrder(order);
        },
      };
    });
    expect(strict).toEqual([MANY]);
    const few = await failing((good) => ({
      recordOrder: async (order) => {
        if ((await good.listOrders(new Date(0))).length < 500) await good.recordOrder(order);
      },
    }));
    expect(few).toEqual([MANY]);
  });

  it('shares nothing with its twin', async () => {
    const one = () => createMemoryStores().renewalOrders;
    const found = await failingCases(
      renewalOrderStoreContract({
        create: async () => ({ store: one() }),
        createPair: async () => ({ stores: [one(), one()] }),
      }),
    );
    expect(found).toEqual(['what one process orders, another lists']);
  });

  it.each<[string, Partial<RenewalOrderStore>]>([
    ['says nothing when it cannot keep', { recordOrder: async () => undefined }],
    ['finds nothing when it cannot list', { listOrders: async () => [] }],
    ['fails with an error of its own', { listOrders: () => Promise.reject(new Error('ECONNREFUSED')) }],
  ])('%s', async (_, flaw) => {
    const found = await failingCases(
      renewalOrderStoreContract({
        create: async () => ({ store: createMemoryStores().renewalOrders }),
        createUnreachable: async () => ({ store: { ...createMemoryStores().renewalOrders, ...flaw } }),
      }),
    );
    expect(found).toEqual(['a store that cannot keep or list orders says so']);
  });
});

function wholeSeconds(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}

/** An order that nobody has given. */
function stale(): RenewalOrder {
  const time = new Date(1);
  return {
    id: 'ff'.repeat(16),
    orderedAt: time,
    filter: {},
    issuedBefore: time,
    renewAfter: time,
    renewBefore: time,
    reason: 'nobody has given it',
    endsAt: time,
  };
}
