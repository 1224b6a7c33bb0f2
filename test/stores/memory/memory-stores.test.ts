import { describe, expect, it, test } from 'vitest';

import { ConfigurationError, MalformedError, UnavailableError } from '../../../src/core/errors.js';
import { createMemoryStores, type MemoryStores } from '../../../src/memory.js';
import { days, sampleDevice, sampleIntent } from '../../../src/testing/contracts/sample-intent.js';
import { NOTHING_PRUNED } from '../../../src/testing/contracts/sample-prune.js';
import { storesContract } from '../../../src/testing/contracts/stores-contract.js';
import { createFakeClock } from '../../../src/testing/fake-clock.js';
import { rejectionOf, thrownBy } from '../../thrown-by.js';

const NOW = new Date('2026-03-01T12:00:00Z');

describe('memory stores', () => {
  const cases = storesContract({
    create: async () => ({ store: createMemoryStores() }),
    clock: 'caller',
  });
  for (const check of cases) test(check.name, check.run);
});

describe('the memory replay store', () => {
  it('refuses to consume more than it can remember, and goes on once something has expired', async () => {
    const { replays } = createMemoryStores({ maxEntries: 2 });
    await replays.consume({ id: 'a', holder: 'h', expiresAt: seconds(60), now: NOW });
    await replays.consume({ id: 'b', holder: 'h', expiresAt: seconds(60), now: NOW });
    const error = await rejectionOf(
      replays.consume({ id: 'c', holder: 'h', expiresAt: seconds(60), now: NOW }),
    );
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'store_unavailable', retryAfterSeconds: 60 });
    const later = seconds(60 + 400);
    expect(await replays.consume({ id: 'c', holder: 'h', expiresAt: seconds(600), now: later })).toEqual({
      outcome: 'consumed',
    });
  });

  it('still answers for what it remembers when it is full', async () => {
    const { replays } = createMemoryStores({ maxEntries: 1 });
    await replays.consume({ id: 'a', holder: 'first', expiresAt: seconds(60), now: NOW });
    expect(await replays.consume({ id: 'a', holder: 'h', expiresAt: seconds(60), now: NOW })).toEqual({
      outcome: 'already_consumed',
      holder: 'first',
    });
  });

  it('remembers an id for some minutes after its end, for callers whose clock is behind', async () => {
    const { replays } = createMemoryStores();
    await replays.consume({ id: 'a', holder: 'first', expiresAt: seconds(0), now: NOW });
    await replays.consume({ id: 'b', holder: 'h', expiresAt: seconds(600), now: seconds(240) });
    const late = await replays.consume({ id: 'a', holder: 'h', expiresAt: seconds(0), now: seconds(-1) });
    expect(late.outcome).toBe('already_consumed');
  });

  it.each([0, -1, 1.5, Number.NaN, 10_000_001])('refuses maxEntries %d', (maxEntries) => {
    const error = thrownBy(() => createMemoryStores({ maxEntries }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ code: 'configuration_invalid', option: 'maxEntries' });
  });
});

describe('the memory store of rate limits', () => {
  const limit = { capacity: 10, refillPerSecond: 0.01 };

  /** Takes so many tokens of a bucket; resolves to how many there were. */
  async function take({ rateLimits }: MemoryStores, key: string, count: number, now = NOW): Promise<number> {
    let taken = 0;
    for (let index = 0; index < count; index += 1) {
      if ((await rateLimits.takeToken({ key, ...limit, now })).taken) taken += 1;
    }
    return taken;
  }

  it('forgets invented buckets before one that was emptied', async () => {
    const stores = createMemoryStores({ maxBuckets: 20 });
    await take(stores, 'emptied', 10);
    for (let index = 0; index < 500; index += 1) await take(stores, `invented-${index}`, 1);
    expect(await take(stores, 'emptied', 10)).toBe(0);
  });

  it('forgets full buckets first, as full as they are by now', async () => {
    const stores = createMemoryStores({ maxBuckets: 10 });
    await take(stores, 'full again', 10);
    for (let index = 0; index < 9; index += 1) await take(stores, `young-${index}`, 5, seconds(2000));
    await take(stores, 'one more', 1, seconds(2000));
    for (let index = 0; index < 9; index += 1)
      expect(await take(stores, `young-${index}`, 9, seconds(2000))).toBe(5);
  });

  it('goes on counting in a bucket that is there when it has no room', async () => {
    const stores = createMemoryStores({ maxBuckets: 1 });
    expect(await take(stores, 'a', 20)).toBe(10);
    expect(await take(stores, 'b', 20)).toBe(10);
  });

  it('forgets at clean-up the buckets that are full, the first first, no more than asked for', async () => {
    const clock = createFakeClock(seconds(500));
    const stores = createMemoryStores({ clock });
    for (const count of [3, 1, 2, 9]) await take(stores, `${count}`, count);
    const prune = async () => (await stores.retention.prune({ before: seconds(-9000), limit: 2 })).rateLimits;
    expect(await prune()).toBe(2);
    expect(await prune()).toBe(1);
    expect(await prune()).toBe(0);
    clock.advance(500);
    expect(await prune()).toBe(1);
  });

  it.each([0, -1, 1.5, Number.NaN, 1_000_001])('refuses maxBuckets %d', (maxBuckets) => {
    const error = thrownBy(() => createMemoryStores({ maxBuckets }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ code: 'configuration_invalid', option: 'maxBuckets' });
  });
});

describe('lists of the memory stores', () => {
  it.each([0, -1, 1.5, 1001])('refuse a certificate list of %d', async (limit) => {
    const error = await rejectionOf(createMemoryStores().certificates.list({ limit }));
    expect(error).toBeInstanceOf(MalformedError);
    expect(error).toMatchObject({ code: 'request_malformed' });
  });

  it.each([0, 1.5, 10_001])('refuse a revocation list of %d', async (limit) => {
    const error = await rejectionOf(createMemoryStores().revocations.list({ afterSequence: 0, limit }));
    expect(error).toBeInstanceOf(MalformedError);
    expect(error).toMatchObject({ code: 'request_malformed' });
  });

  it.each(['', 'x', '-1', '0', '1.5', '1e3', '9'.repeat(40)])('refuse the cursor "%s"', async (cursor) => {
    const error = await rejectionOf(createMemoryStores().certificates.list({ limit: 1, cursor }));
    expect(error).toBeInstanceOf(MalformedError);
    expect(error).toMatchObject({ code: 'request_malformed' });
  });
});

describe('retention in memory', () => {
  it('forgets counters that have ended, the first first, no more than asked for', async () => {
    const clock = createFakeClock(seconds(50));
    const { usageCounters, retention } = createMemoryStores({ clock });
    const count = async (end: number, now: Date) =>
      (await usageCounters.countUsage({ key: `${end}`, limit: 9, expiresAt: seconds(end), now })).total;
    for (const end of [30, 10, 20, 90]) await count(end, NOW);
    const prune = async () => (await retention.prune({ before: seconds(80), limit: 2 })).usageCounters;
    expect(await prune()).toBe(2);
    // By the clock of a caller that is behind, the ones that are left go on.
    expect([await count(10, NOW), await count(20, NOW), await count(30, NOW)]).toEqual([1, 1, 2]);
    expect([await prune(), await prune(), await prune()]).toEqual([2, 1, 0]);
    expect(await count(90, NOW)).toBe(2);
  });

  it('goes by the clock that it is given', async () => {
    const clock = createFakeClock(days(2));
    const { certificates, retention } = createMemoryStores({ clock });
    for (const index of [1, 2, 3]) {
      await certificates.recordIntent(sampleIntent(index, { notAfter: days(index) }), {
        keyHeldFrom: days(0),
      });
    }
    expect(await retention.prune({ before: days(9), limit: 10 })).toMatchObject({ certificates: 1 });
    clock.set(days(3));
    expect(await retention.prune({ before: days(9), limit: 10 })).toMatchObject({ certificates: 1 });
    const { records } = await certificates.list({ limit: 10 });
    expect(records.map(({ deviceId }) => deviceId)).toEqual([sampleDevice(3)]);
  });

  it('forgets nothing before a time that is none', async () => {
    const { certificates, retention } = createMemoryStores();
    await certificates.recordIntent(sampleIntent(1, { notAfter: new Date(0) }), { keyHeldFrom: days(0) });
    const pruned = await retention.prune({ before: new Date(Number.NaN), limit: 10 });
    expect(pruned).toEqual(NOTHING_PRUNED);
  });

  it('forgets challenges five minutes after their end, oldest first, no more than asked for', async () => {
    const { replays, retention } = createMemoryStores({ clock: createFakeClock(seconds(9000)) });
    for (const end of [300, 100, 200, 400]) {
      await replays.consume({ id: `${end}`, holder: 'h', expiresAt: seconds(end), now: NOW });
    }
    const prune = async (end: number) => (await retention.prune({ before: seconds(end), limit: 2 })).replays;
    expect(await prune(400)).toBe(0);
    expect(await prune(700)).toBe(2);
    expect(await prune(700)).toBe(1);
    expect(await prune(700)).toBe(0);
    const again = [];
    for (const id of ['100', '200', '300', '400']) {
      again.push(await replays.consume({ id, holder: 'late', expiresAt: seconds(600), now: NOW }));
    }
    expect(again.map(({ outcome }) => outcome)).toEqual([
      'consumed',
      'consumed',
      'consumed',
      'already_consumed',
    ]);
  });

  it('makes room in a full replay store', async () => {
    const { replays, retention } = createMemoryStores({
      maxEntries: 1,
      clock: createFakeClock(seconds(9000)),
    });
    await replays.consume({ id: 'a', holder: 'h', expiresAt: seconds(60), now: NOW });
    await rejectionOf(replays.consume({ id: 'b', holder: 'h', expiresAt: seconds(60), now: NOW }));
    await retention.prune({ before: seconds(9000), limit: 1 });
    const result = await replays.consume({ id: 'b', holder: 'h', expiresAt: seconds(60), now: NOW });
    expect(result.outcome).toBe('consumed');
  });
});

describe('names in memory stores', () => {
  it('are refused when they are longer than 200 characters', async () => {
    const { replays } = createMemoryStores();
    const request = { id: 'a', holder: 'h', expiresAt: seconds(60), now: NOW };
    for (const change of [{ id: 'a'.repeat(201) }, { holder: 'h'.repeat(201) }]) {
      const error = await rejectionOf(replays.consume({ ...request, ...change }));
      expect(error).toBeInstanceOf(MalformedError);
      expect(error).toMatchObject({ code: 'request_malformed' });
    }
  });
});

function seconds(count: number): Date {
  return new Date(NOW.getTime() + count * 1000);
}
