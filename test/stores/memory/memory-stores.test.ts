import { describe, expect, it, test } from 'vitest';

import { ConfigurationError, MalformedError, UnavailableError } from '../../../src/core/errors.js';
import { createMemoryStores } from '../../../src/memory.js';
import { certificateStoreContract } from '../../../src/testing/contracts/certificate-store-contract.js';
import { replayStoreContract } from '../../../src/testing/contracts/replay-store-contract.js';
import { revocationStoreContract } from '../../../src/testing/contracts/revocation-store-contract.js';
import { days, sampleDevice, sampleIntent, sampleKey } from '../../../src/testing/contracts/sample-intent.js';
import { rejectionOf, thrownBy } from '../../thrown-by.js';

const NOW = new Date('2026-03-01T12:00:00Z');

describe('memory stores', () => {
  const { certificates, revocations, replays } = {
    certificates: certificateStoreContract({
      create: async () => ({ store: createMemoryStores().certificates }),
    }),
    revocations: revocationStoreContract({
      create: async () => ({ store: createMemoryStores().revocations }),
    }),
    replays: replayStoreContract({ create: async () => ({ store: createMemoryStores().replays }) }),
  };
  describe('keep the contract of a certificate store', () => {
    for (const check of certificates) test(check.name, check.run);
  });
  describe('keep the contract of a revocation store', () => {
    for (const check of revocations) test(check.name, check.run);
  });
  describe('keep the contract of a replay store', () => {
    for (const check of replays) test(check.name, check.run);
  });
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
  it('drops what ended before the time, no more than asked for, and nothing else', async () => {
    const { certificates } = createMemoryStores();
    const hold = { keyHeldFrom: days(0) };
    for (const index of [1, 2, 3, 4])
      await certificates.recordIntent(sampleIntent(index, { notAfter: days(index) }), hold);
    expect(await certificates.pruneExpired({ before: days(4), limit: 2 })).toBe(2);
    expect(await certificates.pruneExpired({ before: days(4), limit: 2 })).toBe(1);
    expect(await certificates.pruneExpired({ before: days(4), limit: 2 })).toBe(0);
    const { records } = await certificates.list({ limit: 10 });
    expect(records.map(({ deviceId }) => deviceId)).toEqual([sampleDevice(4)]);
    expect(await certificates.find({ by: 'key', publicKeySha256: sampleKey(1) })).toBeNull();
    expect(await certificates.recordIntent(sampleIntent(1), hold)).toEqual({ outcome: 'recorded' });
  });

  it('keeps cursors in place while records are dropped', async () => {
    const { certificates } = createMemoryStores();
    const hold = { keyHeldFrom: days(0) };
    for (const index of [1, 2, 3])
      await certificates.recordIntent(sampleIntent(index, { notAfter: days(index) }), hold);
    const { cursor } = await certificates.list({ limit: 2 });
    await certificates.pruneExpired({ before: days(2), limit: 10 });
    const { records } = await certificates.list({ limit: 2, cursor: cursor ?? '' });
    expect(records.map(({ deviceId }) => deviceId)).toEqual([sampleDevice(3)]);
  });
});

function seconds(count: number): Date {
  return new Date(NOW.getTime() + count * 1000);
}
