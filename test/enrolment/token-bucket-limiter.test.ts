import { describe, expect, it } from 'vitest';

import {
  ConfigurationError,
  MalformedError,
  RejectedError,
  UnavailableError,
} from '../../src/core/errors.js';
import type { RateLimitStore, TokenBucketRequest } from '../../src/contracts/rate-limit-store.js';
import type { RateLimitSubject } from '../../src/contracts/rate-limiter.js';
import {
  createTokenBucketLimiter,
  type TokenBucketLimiterOptions,
} from '../../src/enrolment/token-bucket-limiter.js';
import { createMemoryStores } from '../../src/memory.js';
import { createFakeClock } from '../../src/testing/fake-clock.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';

const KEY = 'c3'.repeat(32);
const RELEASE = 'e5'.repeat(32);
const DEVICE = '0b6f2d3c-6a0e-4c55-9a55-2f1f7d3f0a01';
const NOBODY: RateLimitSubject = {
  endpoint: 'challenges',
  address: null,
  bootstrapCertificateSha256: null,
  deviceId: null,
  publicKeySha256: null,
};

function subject(change: Partial<RateLimitSubject>): RateLimitSubject {
  return { ...NOBODY, ...change };
}

/** A limiter over memory, by a clock that stands still. */
function createLimiter(options: Partial<TokenBucketLimiterOptions> = {}) {
  const clock = createFakeClock();
  const { rateLimits } = createMemoryStores({ clock });
  const asked: TokenBucketRequest[] = [];
  const listening: RateLimitStore = {
    takeToken: (request) => {
      asked.push(request);
      return rateLimits.takeToken(request);
    },
  };
  const limiter = createTokenBucketLimiter({ rateLimits: listening, ...options });
  const admit = (change: Partial<RateLimitSubject>) => limiter.admit(subject(change), clock.now());
  /** How many of so many requests are admitted. */
  const count = async (requests: number, change: Partial<RateLimitSubject>): Promise<number> => {
    const outcomes = await Promise.allSettled(Array.from({ length: requests }, () => admit(change)));
    return outcomes.filter(({ status }) => status === 'fulfilled').length;
  };
  return { admit, asked, clock, count };
}

describe('the token bucket limiter', () => {
  it.each([
    ['address', { address: '192.0.2.7' }, 60, 1],
    ['device', { deviceId: DEVICE }, 10, 60],
    ['key', { publicKeySha256: KEY }, 5, 60],
  ] as const)(
    'admits by default so many of one %s, and says when the next is',
    async (kind, change, capacity, wait) => {
      const { admit, clock, count } = createLimiter();
      expect(await count(capacity + 10, change)).toBe(capacity);
      const error = await rejectionOf(admit(change));
      expect(error).toBeInstanceOf(RejectedError);
      expect(error).toMatchObject({ code: 'rate_limited', retryAfterSeconds: wait });
      expect(error).toMatchObject({ message: expect.stringContaining(kind) as unknown });
      clock.advance(wait);
      expect(await count(3, change)).toBe(1);
    },
  );

  it('has no limit for all installs of a release unless one is given', async () => {
    const release = { bootstrapCertificateSha256: RELEASE };
    expect(await createLimiter().count(1000, release)).toBe(1000);
    const perBootstrap = { capacity: 20, refillPerSecond: 2 };
    expect(await createLimiter({ perBootstrap }).count(30, release)).toBe(20);
  });

  it.each([
    ['perAddress', { address: '192.0.2.7' }],
    ['perDevice', { deviceId: DEVICE }],
    ['perKey', { publicKeySha256: KEY }],
  ] as const)('has no limit where %s is null', async (option, change) => {
    const { asked, count } = createLimiter({ [option]: null });
    expect(await count(100, change)).toBe(100);
    expect(asked).toEqual([]);
  });

  it('does not limit what is not known', async () => {
    const { asked, count } = createLimiter();
    expect(await count(100, {})).toBe(100);
    expect(asked).toEqual([]);
  });

  it('counts address, release and device before the body, and the key alone after it', async () => {
    const { admit, asked } = createLimiter({ perBootstrap: { capacity: 9, refillPerSecond: 1 } });
    const whole = { address: '192.0.2.7', bootstrapCertificateSha256: RELEASE, deviceId: DEVICE };
    await admit(whole);
    await admit({ ...whole, publicKeySha256: KEY });
    expect(asked.map(({ key }) => key)).toEqual([
      'address:192.0.2.7',
      `bootstrap:${RELEASE}`,
      `device:${DEVICE}`,
      `key:${KEY}`,
    ]);
  });

  it('uses up nothing of those that come after the one that refuses', async () => {
    const limit = { capacity: 1, refillPerSecond: 0.01 };
    const { admit, count } = createLimiter({ perAddress: limit, perBootstrap: limit, perDevice: limit });
    await admit({ address: '192.0.2.7' });
    const flood = { address: '192.0.2.7', bootstrapCertificateSha256: RELEASE, deviceId: DEVICE };
    expect(await count(20, flood)).toBe(0);
    await admit({ ...flood, address: '192.0.2.8' });
  });

  it('counts the endpoints together', async () => {
    const { admit } = createLimiter({ perDevice: { capacity: 2, refillPerSecond: 1 } });
    await admit({ deviceId: DEVICE, endpoint: 'challenges' });
    await admit({ deviceId: DEVICE, endpoint: 'renewals' });
    const refused = rejectionOf(admit({ deviceId: DEVICE, endpoint: 'certificates' }));
    expect(await refused).toMatchObject({ code: 'rate_limited' });
  });

  it('keeps kinds apart that have the same name', async () => {
    const { admit } = createLimiter({
      perAddress: { capacity: 1, refillPerSecond: 1 },
      perDevice: { capacity: 1, refillPerSecond: 1 },
    });
    await admit({ address: 'same', deviceId: 'same' });
    expect(await rejectionOf(admit({ deviceId: 'same' }))).toMatchObject({ code: 'rate_limited' });
  });

  it.each([
    ['192.0.2.7', 'address:192.0.2.7'],
    ['::ffff:192.0.2.7', 'address:192.0.2.7'],
    ['::FFFF:c000:0207', 'address:192.0.2.7'],
    ['0:0:0:0:0:ffff:c000:207', 'address:192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', 'address:2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', 'address:2001:db8:1:2::/64'],
    ['2001:db8::1', 'address:2001:db8:0:0::/64'],
    ['2001:db8:0:1::', 'address:2001:db8:0:1::/64'],
    ['2001:db8:0:1:ffff::', 'address:2001:db8:0:1::/64'],
    ['1::2:3:4:5:6:7', 'address:1:0:2:3::/64'],
    ['::2:3:4:5:6:7:8', 'address:0:2:3:4::/64'],
    ['fe80::1%eth0', 'address:fe80:0:0:0::/64'],
    ['::1', 'address:0:0:0:0::/64'],
    ['::', 'address:0:0:0:0::/64'],
    ['::192.0.2.7', 'address:0:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', 'address:64:ff9b:0:0::/64'],
    ['unknown', 'address:unknown'],
  ])('counts the address %s as %s', async (address, key) => {
    const { admit, asked } = createLimiter();
    await admit({ address });
    expect(asked.map((request) => request.key)).toEqual([key]);
  });

  it.each([
    ['long', 'd'.repeat(151)],
    ['very long', 'd'.repeat(100_000)],
    ['empty', ''],
    ['of other characters', 'é\0 \ud800'],
  ])('names by its hash what is %s', async (_, deviceId) => {
    const { admit, asked } = createLimiter();
    await admit({ deviceId });
    expect(asked[0]?.key).toMatch(/^device:sha256:[0-9a-f]{64}$/);
  });

  it('tells long names apart that differ in the end', async () => {
    const { count } = createLimiter({ perDevice: { capacity: 1, refillPerSecond: 1 } });
    for (const end of ['1', '2']) expect(await count(2, { deviceId: 'd'.repeat(300) + end })).toBe(1);
  });

  it.each([
    ['an outage', new UnavailableError('store_rolled_back', { message: 'm' }), 'store_rolled_back'],
    [
      'a refusal of the request',
      new MalformedError('request_malformed', { message: 'm' }),
      'store_unavailable',
    ],
    ['a bug', new TypeError('m'), 'store_unavailable'],
  ])('refuses when the store answers with %s', async (_, thrown, code) => {
    const limiter = createTokenBucketLimiter({ rateLimits: { takeToken: () => Promise.reject(thrown) } });
    const error = await rejectionOf(limiter.admit(subject({ address: '192.0.2.7' }), new Date(0)));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code });
    expect([error, error instanceof Error ? error.cause : null]).toContain(thrown);
  });

  it('goes by the limits as they were when it was made', async () => {
    const perKey = { capacity: 1, refillPerSecond: 1 };
    const { count } = createLimiter({ perKey });
    perKey.capacity = 100;
    expect(await count(5, { publicKeySha256: KEY })).toBe(1);
  });

  it.each(
    (['perAddress', 'perBootstrap', 'perDevice', 'perKey'] as const).flatMap((option) => [
      ...[0, 1.5, 1_000_001, Number.NaN].map((value) => [option, 'capacity', value] as const),
      ...[0, -1, 1_000_001, Number.NaN].map((value) => [option, 'refillPerSecond', value] as const),
    ]),
  )('refuses a %s whose %s is %d', (option, member, value) => {
    const limit = { capacity: 1, refillPerSecond: 1, [member]: value };
    const error = thrownBy(() => createLimiter({ [option]: limit }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ code: 'configuration_invalid', option: `${option}.${member}` });
  });
});
