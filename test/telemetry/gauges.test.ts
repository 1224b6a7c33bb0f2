import { describe, expect, it } from 'vitest';
import { ConfigurationError, UnavailableError } from '../../src/core/errors.js';
import type { CertificateFilter } from '../../src/contracts/certificate-search.js';
import { createMemoryStores } from '../../src/memory.js';
import { createStatusCache } from '../../src/index.js';
import { googleDecode } from '../../src/play-integrity.js';
import { createFakeClock } from '../../src/testing.js';
import { sampleCrl } from '../../src/testing/contracts/sample-crl.js';
import { SAMPLE_TIME, days, sampleIntent, sampleKey } from '../../src/testing/contracts/sample-intent.js';
import { thrownBy } from '../thrown-by.js';
import { createCollecting } from './collecting.js';

const DOWN = new UnavailableError('store_unavailable', { message: 'the store is down' });
const unavailable = () => Promise.reject(DOWN);

const status = {
  describe: () => ({ maxStalenessSeconds: 5, ageSeconds: 1.25, revoked: 3, indexBytes: 4096 }),
};
const noCrls = { listCrls: async () => [] };

/** Telemetry whose clock stands at {@link SAMPLE_TIME}. */
const createAtSampleTime = () => createCollecting(createFakeClock(SAMPLE_TIME));

describe('the gauges of the status cache', () => {
  it('say what it says', async () => {
    const { telemetry, collect } = createCollecting();
    telemetry.observe({ status }, { crls: noCrls });
    const { points } = await collect();
    expect(points.map(({ name, unit, kind, value }) => [name, unit, kind, value])).toEqual([
      ['device_trust.status.age', 's', 'gauge', 1.25],
      ['device_trust.status.max_staleness', 's', 'gauge', 5],
      ['device_trust.status.revoked', '{subject}', 'gauge', 3],
      ['device_trust.status.index.size', 'By', 'gauge', 4096],
    ]);
  });

  it('say no age before the log was read, and then how it grows', async () => {
    const { telemetry, clock, points } = createCollecting();
    const cache = createStatusCache({ ...createMemoryStores(), clock, monotonicClock: clock });
    telemetry.observe({ status: cache }, { crls: noCrls });
    expect(await points('device_trust.status.age')).toEqual([]);
    await cache.refresh();
    clock.advance(2);
    expect(await points('device_trust.status.age')).toEqual([{ value: 2 }]);
  });

  it('count what was revoked', async () => {
    const { telemetry, clock, points } = createCollecting();
    const stores = createMemoryStores();
    const cache = createStatusCache({ ...stores, clock, monotonicClock: clock });
    telemetry.observe({ status: cache }, { crls: noCrls });
    const subject = { kind: 'key', publicKeySha256: sampleKey(1) } as const;
    await stores.revocations.revoke({ subject, reason: 'keyCompromise', at: clock.now() });
    await cache.refresh();
    expect(await points('device_trust.status.revoked')).toEqual([{ value: 1 }]);
  });
});

describe('the gauges of CRLs', () => {
  const sharded = { issuer: 'a1'.repeat(20), shard: '7' };
  const full = { issuer: 'a1'.repeat(20), shard: 'full' };

  async function createWithCrls() {
    const collecting = createAtSampleTime();
    const { crls } = createMemoryStores();
    const thisUpdate = new Date(SAMPLE_TIME.getTime() - 90_000);
    const nextUpdate = new Date(SAMPLE_TIME.getTime() + 3_510_000);
    const times = { thisUpdate, nextUpdate };
    await crls.publishCrl(sampleCrl(1n, { ...times, entryCount: 3 }), { expectedNumber: null });
    const complete = sampleCrl(2n, { ...times, crlShard: null, entryCount: 9, bytes: 777 });
    await crls.publishCrl(complete, { expectedNumber: null });
    return { ...collecting, crls };
  }

  it('say size, entries, age and what remains of each list, in their units', async () => {
    const { telemetry, crls, points, collect } = await createWithCrls();
    telemetry.observe({ status }, { crls });
    expect(await points('device_trust.crl.size')).toEqual([
      { ...sharded, value: 6 },
      { ...full, value: 777 },
    ]);
    expect(await points('device_trust.crl.entries')).toEqual([
      { ...sharded, value: 3 },
      { ...full, value: 9 },
    ]);
    expect(await points('device_trust.crl.age')).toEqual([
      { ...sharded, value: 90 },
      { ...full, value: 90 },
    ]);
    expect(await points('device_trust.crl.remaining')).toEqual([
      { ...sharded, value: 3510 },
      { ...full, value: 3510 },
    ]);
    const units = (await collect()).points.filter(({ name }) => name.startsWith('device_trust.crl.'));
    expect(new Map(units.map(({ name, unit }) => [name, unit]))).toEqual(
      new Map([
        ['device_trust.crl.size', 'By'],
        ['device_trust.crl.entries', '{certificate}'],
        ['device_trust.crl.age', 's'],
        ['device_trust.crl.remaining', 's'],
      ]),
    );
  });

  it('go below zero when a list is overdue', async () => {
    const { telemetry, crls, clock, points } = await createWithCrls();
    telemetry.observe({ status }, { crls });
    clock.advance(3_600);
    expect(await points('device_trust.crl.remaining')).toContainEqual({ ...sharded, value: -90 });
  });

  it('let the lists known last age while the store cannot be asked', async () => {
    const { telemetry, crls, clock, points, collect } = await createWithCrls();
    let isUp = true;
    telemetry.observe({ status }, { crls: { listCrls: () => (isUp ? crls.listCrls() : unavailable()) } });
    await collect();
    isUp = false;
    clock.advance(600);
    expect(await points('device_trust.crl.age')).toContainEqual({ ...sharded, value: 690 });
    expect(await points('device_trust.crl.remaining')).toContainEqual({ ...sharded, value: 2910 });
  });

  it('say nothing if the store could never be asked; the SDK hears why, and the other gauges go on', async () => {
    const { telemetry, collect } = createCollecting();
    telemetry.observe({ status }, { crls: { listCrls: unavailable } });
    const { points, errors } = await collect();
    expect(errors).toEqual([DOWN]);
    expect(points.map(({ name }) => name)).toEqual([
      'device_trust.status.age',
      'device_trust.status.max_staleness',
      'device_trust.status.revoked',
      'device_trust.status.index.size',
    ]);
  });
});

describe('the gauge of certificates that end soon', () => {
  const EXPIRING = 'device_trust.certificates.expiring';

  it('counts devices by their latest certificate', async () => {
    const { telemetry, points } = createAtSampleTime();
    const { certificates } = createMemoryStores();
    const record = (index: number, notAfter: Date, device = index) => {
      const { deviceId, publicKeySha256 } = sampleIntent(device);
      return certificates.recordIntent(sampleIntent(index, { notAfter, deviceId, publicKeySha256 }), {
        keyHeldFrom: days(0),
      });
    };
    await record(1, days(-0.5)); // has ended
    await record(2, days(0.5)); // ends soon
    await record(3, days(1.5)); // ends later
    await record(4, days(0.5)); // ends soon, but was renewed
    await record(5, days(7), 4);
    telemetry.observe({ status }, { crls: noCrls, certificates });
    expect(await points(EXPIRING)).toEqual([{ value: 1 }]);
  });

  it('asks for the window that it is given', async () => {
    const { telemetry, clock, points } = createCollecting();
    const asked: CertificateFilter[] = [];
    const certificates = { count: async (filter: CertificateFilter) => asked.push(filter) };
    telemetry.observe({ status }, { crls: noCrls, certificates, expiringWithinSeconds: 3600 });
    await points(EXPIRING);
    const now = clock.now();
    expect(asked).toEqual([
      { latestOnly: true, notAfterFrom: now, notAfterBefore: new Date(now.getTime() + 3_600_000) },
    ]);
  });

  it('asks once a minute, however often it is collected', async () => {
    const { telemetry, clock, points } = createCollecting();
    let asked = 0;
    const certificates = { count: async () => (asked += 1) };
    telemetry.observe({ status }, { crls: noCrls, certificates });
    expect(await points(EXPIRING)).toEqual([{ value: 1 }]);
    clock.advance(59);
    expect(await points(EXPIRING)).toEqual([{ value: 1 }]);
    clock.advance(1);
    expect(await points(EXPIRING)).toEqual([{ value: 2 }]);
  });

  it('does not ask again within the minute when the store failed; the SDK hears why', async () => {
    const { telemetry, clock, collect } = createCollecting();
    let asked = 0;
    const certificates = {
      count: () => {
        asked += 1;
        return unavailable();
      },
    };
    telemetry.observe({ status }, { crls: noCrls, certificates });
    expect((await collect()).errors).toEqual([DOWN]);
    clock.advance(30);
    const { points, errors } = await collect();
    expect(errors).toEqual([DOWN]);
    expect(points.some(({ name }) => name === EXPIRING)).toBe(false);
    expect(asked).toBe(1);
  });

  it('is silent without someone to ask', async () => {
    const { telemetry, points } = createCollecting();
    telemetry.observe({ status }, { crls: noCrls });
    expect(await points(EXPIRING)).toEqual([]);
  });

  it.each([59, 7_776_001, 0.5, Number.NaN])('refuses a window of %d seconds', (expiringWithinSeconds) => {
    const { telemetry } = createCollecting();
    const error = thrownBy(() => telemetry.observe({ status }, { crls: noCrls, expiringWithinSeconds }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: 'expiringWithinSeconds' });
  });
});

describe('what ends observation', () => {
  it('ends all of it: nobody is asked any more', async () => {
    const { telemetry, clock, collect } = createCollecting();
    const asked: string[] = [];
    const end = telemetry.observe(
      {
        status: {
          describe: () => {
            asked.push('status');
            return status.describe();
          },
        },
      },
      {
        crls: {
          listCrls: async () => {
            asked.push('crls');
            return [];
          },
        },
        certificates: {
          count: async () => {
            asked.push('certificates');
            return 0;
          },
        },
      },
    );
    await collect();
    expect(asked.sort()).toEqual(['certificates', 'crls', 'status']);
    end();
    clock.advance(3600);
    await collect();
    expect(asked).toHaveLength(3);
  });
});

describe('the gauges of vendors', () => {
  const vendor = (provider: string, breaker: 'closed' | 'open' | 'half-open') => ({
    provider,
    state: { breaker, running: 3, waiting: 40 },
  });

  it('say who is left alone, and how many calls there are', async () => {
    const { telemetry, points } = createCollecting();
    const vendors = [vendor('play-integrity', 'closed'), vendor('b', 'open'), vendor('c', 'half-open')];
    const end = telemetry.observe({ status }, { crls: noCrls, vendors });
    expect(await points('device_trust.vendor.down')).toEqual([
      { provider: 'play-integrity', value: 0 },
      { provider: 'b', value: 1 },
      { provider: 'c', value: 1 },
    ]);
    expect((await points('device_trust.vendor.calls')).slice(0, 2)).toEqual([
      { provider: 'play-integrity', state: 'running', value: 3 },
      { provider: 'play-integrity', state: 'waiting', value: 40 },
    ]);
    end();
  });

  it('say what the decoder of Google says', async () => {
    const { telemetry, points } = createCollecting();
    telemetry.observe(
      { status },
      { crls: noCrls, vendors: [googleDecode({ accessToken: async () => 'x' })] },
    );
    expect(await points('device_trust.vendor.down')).toEqual([{ provider: 'play-integrity', value: 0 }]);
  });

  it('ask nobody once observation has ended', async () => {
    const { telemetry, collect } = createCollecting();
    let asked = 0;
    const observed = {
      provider: 'a',
      get state() {
        asked += 1;
        return vendor('a', 'closed').state;
      },
    };
    const end = telemetry.observe({ status }, { crls: noCrls, vendors: [observed] });
    await collect();
    expect(asked).toBe(1);
    end();
    await collect();
    expect(asked).toBe(1);
  });
});

describe('the gauge of bootstrap certificates', () => {
  it('adds up the certificates of a release', async () => {
    const { telemetry, points } = createCollecting();
    const bootstrap = {
      describe: () => [
        { release: 'app 1', requests: 3 },
        { release: 'app 2', requests: 5 },
        { release: 'app 1', requests: 4 },
      ],
    };
    telemetry.observe({ status, bootstrap }, { crls: noCrls });
    expect(await points('device_trust.bootstrap.requests')).toEqual([
      { release: 'app 1', value: 7 },
      { release: 'app 2', value: 5 },
    ]);
  });
});
