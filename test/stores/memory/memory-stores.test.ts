import { describe, expect, it, test } from 'vitest';

import { ConfigurationError, MalformedError, UnavailableError } from '../../../src/core/errors.js';
import { createMemoryStores } from '../../../src/memory.js';
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
