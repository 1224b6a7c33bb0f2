import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createRedisStores, type RedisStores } from '../../../src/redis.js';
import { auditAfter } from '../../../src/testing/contracts/sample-audit.js';
import { days, sampleDevice, sampleIntent } from '../../../src/testing/contracts/sample-intent.js';
import { sampleAttestedKey, sampleUse } from '../../../src/testing/contracts/sample-attested-key.js';
import { sampleUsage } from '../../../src/testing/contracts/sample-usage.js';
import { sampleOrder } from '../../../src/testing/contracts/sample-renewal-order.js';
import { certificate, NAME, revocation } from '../../../src/testing/contracts/sample-revocation.js';
import { rejectionOf } from '../../thrown-by.js';
import { newPrefix, ONLY_STORE } from './contract-options.js';
import { connect, hasServer, startServer, type Client, type RedisServer } from './server.js';

const HELD = { keyHeldFrom: days(0) };
/** Half of a surrogate pair: text that is in no encoding of Unicode. */
const LONE_SURROGATE = '\ud800';

describe.skipIf(!hasServer)('what Redis stores keep', () => {
  let server: RedisServer;
  let client: Client;
  let subscriber: Client;
  let keyPrefix: string;
  let stores: RedisStores;
  /** Names of the commands that the stores have sent. */
  let sent: string[];

  beforeAll(async () => {
    server = await startServer();
    client = await connect(server.port);
    subscriber = await connect(server.port);
  });
  afterAll(async () => {
    client.destroy();
    subscriber.destroy();
    await server.dispose();
  });
  beforeEach(async () => {
    keyPrefix = newPrefix();
    const counting = {
      sendCommand: (args: readonly string[]) => {
        sent.push(args[0] ?? '');
        return client.sendCommand([...args]);
      },
    };
    sent = [];
    stores = await createRedisStores({ client: counting, subscriber, keyPrefix, ...ONLY_STORE });
  });
  afterEach(async () => {
    await client.flushAll();
  });

  const key = (name: string): string => `{${keyPrefix}}:${name}`;

  async function recordMany(count: number, change: Parameters<typeof sampleIntent>[1] = {}): Promise<void> {
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        stores.certificates.recordIntent(sampleIntent(index, change), HELD),
      ),
    );
  }

  it('each operation is one round trip', async () => {
    const { certificates, revocations, replays, audit, leases, rateLimits, renewalOrders } = stores;
    const { attestedKeys, usageCounters } = stores;
    const operations = [
      () => certificates.recordIntent(sampleIntent(1), HELD),
      () => certificates.recordIssued(sampleIntent(1), { certificate: Uint8Array.of(1), issuedAt: days(0) }),
      () => certificates.recordFirstUse(sampleIntent(1), days(0)),
      () => certificates.find({ by: 'name', ...sampleIntent(1) }),
      () => certificates.list({ limit: 10 }),
      () => certificates.search({ tier: 'device', latestOnly: true, limit: 10 }),
      () => revocations.revoke(revocation(certificate(1))),
      () => revocations.find(NAME),
      () => replays.consume({ id: 'a', holder: 'b', expiresAt: days(1), now: days(0) }),
      () => audit.appendAudit([auditAfter(null, '{}')]),
      () => leases.acquireLease({ name: 'a', holder: 'b', lifetimeSeconds: 1, now: days(0) }),
      () => rateLimits.takeToken({ key: 'a', capacity: 1, refillPerSecond: 1, now: days(0) }),
      () => renewalOrders.recordOrder(sampleOrder(1)),
      () => renewalOrders.listOrders(days(0)),
      () => attestedKeys.registerAttestedKey(sampleAttestedKey()),
      () => attestedKeys.findAttestedKey(sampleUse()),
      () => attestedKeys.useAttestedKey(sampleUse()),
      () => attestedKeys.replaceReceipt({ ...sampleUse(), receipt: Uint8Array.of(1) }),
      () => usageCounters.countUsage(sampleUsage()),
    ];
    for (const operation of operations) await operation(); // the first time the server is told the script
    for (const operation of operations) {
      sent = [];
      await operation();
      expect(sent).toEqual(['EVALSHA']);
    }
  });

  it('a search looks at a thousand records at a time, and finds all the same', async () => {
    await recordMany(2500);
    await stores.certificates.recordIntent(sampleIntent(5000, { tier: 'strong', notAfter: days(90) }), HELD);
    sent = [];
    const { records, cursor } = await stores.certificates.search({ notAfterFrom: days(30), limit: 10 });
    expect(records.map(({ requestId }) => requestId)).toEqual([sampleIntent(5000).requestId]);
    expect(cursor).toBeNull();
    expect(sent).toHaveLength(3);
    expect(await stores.certificates.count({ tier: 'device', latestOnly: true })).toBe(2500);
    expect(await stores.certificates.count({ notAfterFrom: days(0) })).toBe(2501);

    const pages = [];
    let next: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof stores.certificates.search>> = await stores.certificates.search({
        tier: 'device',
        limit: 1000,
        ...(next === null ? {} : { cursor: next }),
      });
      pages.push(page.records.length);
      next = page.cursor;
    } while (next !== null && pages.length < 10);
    expect(pages).toEqual([1000, 1000, 500]);
  });

  it('a search follows the smallest of its sets', async () => {
    await recordMany(1500);
    const rare = { tier: 'rare', deviceId: sampleDevice(9999) };
    await stores.certificates.recordIntent(sampleIntent(9999, rare), HELD);
    sent = [];
    expect(await stores.certificates.count({ provider: 'play-integrity', tier: 'rare' })).toBe(1);
    expect(sent.filter((name) => name !== 'EVAL')).toHaveLength(1);
  });

  it('clean-up goes in batches, and leaves nothing of what it forgets but the counters', async () => {
    await recordMany(1200, { notAfter: days(-400) });
    await Promise.all(
      Array.from({ length: 1200 }, (_, index) => {
        const serialNumber = index.toString(16).padStart(32, '0');
        const subject = { ...revocation(certificate(1)).subject, serialNumber, notAfter: days(-400) };
        return stores.revocations.revoke(revocation(subject));
      }),
    );
    await stores.revocations.revoke(revocation({ kind: 'key', publicKeySha256: 'c3'.repeat(32) }));
    const request = { before: days(-300), limit: 10_000 };
    expect(await stores.retention.prune(request)).toEqual({
      certificates: 1200,
      revocations: 1200,
      replays: 0,
      renewalOrders: 0,
      attestedKeys: 0,
      usageCounters: 0,
      rateLimits: 0,
    });
    expect((await client.keys('*')).sort()).toEqual(
      ['instance', 'certificate-sequence', 'log-sequence', 'log', 'words'].map(key).sort(),
    );
    expect(await client.hLen(key('words'))).toBe(1);
  });

  it('a bucket is kept until it is full again, and what is refused writes nothing', async () => {
    const limit = { key: 'a', capacity: 2, refillPerSecond: 0.01, now: days(0) };
    await stores.rateLimits.takeToken(limit);
    const once = await client.pTTL(key('bucket:a'));
    expect(once).toBeGreaterThan(50_000);
    expect(once).toBeLessThanOrEqual(100_000);
    await stores.rateLimits.takeToken(limit);
    const twice = await client.pTTL(key('bucket:a'));
    expect(twice).toBeGreaterThan(150_000);
    expect(twice).toBeLessThanOrEqual(200_000);
    const kept = await client.hGetAll(key('bucket:a'));
    expect(await stores.rateLimits.takeToken(limit)).toMatchObject({ taken: false });
    expect(await client.hGetAll(key('bucket:a'))).toEqual(kept);
  });

  it.each([
    ['is not JSON', '{'],
    ['lacks a time', (order: string) => order.replace('renewAfter', 'renewLater')],
    ['has a time that is none', (order: string) => order.replace(/"endsAt":"[^"]*"/, '"endsAt":"soon"')],
    ['has a filter of another version', (order: string) => order.replace('"tier"', '"shard"')],
  ])('an order of renewal that %s is not passed over', async (_, change) => {
    await stores.renewalOrders.recordOrder(sampleOrder(1));
    const { id } = sampleOrder(1);
    const order = (await client.hGet(key('renewal-orders'), id)) ?? '';
    await client.hSet(key('renewal-orders'), id, typeof change === 'string' ? change : change(order));
    expect(await rejectionOf(stores.renewalOrders.listOrders(days(0)))).toMatchObject({
      code: 'store_unavailable',
    });
  });

  it('of an order that is forgotten nothing is left', async () => {
    await stores.renewalOrders.recordOrder(sampleOrder(1, { orderedAt: days(-401), endsAt: days(-400) }));
    const pruned = await stores.retention.prune({ before: days(-300), limit: 10 });
    expect(pruned).toMatchObject({ renewalOrders: 1 });
    expect(await client.keys('*')).toEqual([key('instance')]);
  });

  it('of an attested key that is forgotten nothing is left', async () => {
    await stores.attestedKeys.registerAttestedKey(sampleAttestedKey({ lastUsedAt: days(-400) }));
    const pruned = await stores.retention.prune({ before: days(-300), limit: 10 });
    expect(pruned).toMatchObject({ attestedKeys: 1 });
    expect(await client.keys('*')).toEqual([key('instance')]);
  });

  it('a counter is kept until its end, the latest that was given', async () => {
    const end = new Date('2200-01-01T00:00:00.000Z');
    await stores.usageCounters.countUsage(sampleUsage({ key: 'a', expiresAt: days(9000) }));
    await stores.usageCounters.countUsage(sampleUsage({ key: 'a', expiresAt: end }));
    await stores.usageCounters.countUsage(sampleUsage({ key: 'a', expiresAt: days(9000) }));
    const counter = key('usage:a');
    expect(await client.pExpireTime(counter)).toBe(end.getTime());
    await stores.usageCounters.countUsage(sampleUsage({ key: 'b', expiresAt: days(-400) }));
    expect(await client.keys('*')).toEqual(expect.arrayContaining([key('instance'), counter]));
    expect(await client.sendCommand(['DBSIZE'])).toBe(2);
  });

  it.each([
    ['lacks a member', ['HDEL', 'details']],
    ['has a counter that is none', ['HSET', 'counter', 'many']],
    ['has a time that is none', ['HSET', 'attestedAt', 'soon']],
  ])('an attested key that %s is not passed over', async (_, [command = '', ...rest]) => {
    await stores.attestedKeys.registerAttestedKey(sampleAttestedKey());
    await client.sendCommand([command, key('attested-key:10:app-attest:k1'), ...rest]);
    expect(await rejectionOf(stores.attestedKeys.findAttestedKey(sampleUse()))).toMatchObject({
      code: 'store_unavailable',
    });
  });

  it('text that is no Unicode is recorded whole or not at all, and can be forgotten', async () => {
    const { appraisal } = sampleIntent(1);
    const claimed = { ...appraisal.claimed, appVersion: LONE_SURROGATE };
    const intent = sampleIntent(1, { appraisal: { ...appraisal, claimed }, notAfter: days(-400) });
    expect(await stores.certificates.recordIntent(intent, HELD)).toEqual({ outcome: 'recorded' });
    expect((await stores.certificates.list({ limit: 10 })).records).toHaveLength(1);
    const subject = { ...revocation(certificate(1)).subject, notAfter: days(-400) };
    await stores.revocations.revoke({ ...revocation(subject), note: LONE_SURROGATE });
    await stores.revocations.revoke(revocation(certificate(2)));
    expect(await stores.retention.prune({ before: days(-300), limit: 10 })).toMatchObject({
      certificates: 1,
      revocations: 1,
    });
  });

  it('a date that is none is never written', async () => {
    const refused = stores.certificates.recordIntent(
      sampleIntent(1, { notAfter: new Date(Number.NaN) }),
      HELD,
    );
    expect(await rejectionOf(refused)).toMatchObject({ code: 'store_unavailable' });
    expect((await stores.certificates.list({ limit: 10 })).records).toEqual([]);
  });

  it.each([
    ['an appraisal that is not JSON', 'appraisal', '{'],
    ['an appraisal without reasons', 'appraisal', '{"verdicts":[],"claimed":{}}'],
    ['an action of another version', 'action', 'rekey'],
    ['an end that is no time', 'notAfter', 'tomorrow'],
  ])('a record with %s is not handed out', async (_, field, value) => {
    await stores.certificates.recordIntent(sampleIntent(1), HELD);
    await client.hSet(key('certificate:1'), field, value);
    for (const refused of [
      stores.certificates.find({ by: 'name', ...sampleIntent(1) }),
      stores.certificates.list({ limit: 1 }),
    ]) {
      expect(await rejectionOf(refused)).toMatchObject({ code: 'store_unavailable' });
    }
  });

  it.each([
    ['a reason', '{"subject":{"kind":"key","publicKeySha256":"x"},"reason":"certificateHold","at":"1"}'],
    ['a kind', '{"subject":{"kind":"cohort"},"reason":"unspecified","at":"1"}'],
    [
      'a state',
      '{"subject":{"kind":"device","deviceId":"x","state":"sleeping"},"reason":"unspecified","at":"1"}',
    ],
    ['no subject', '{"reason":"unspecified","at":"1"}'],
  ])('a revocation with %s of another version is not passed over', async (_, entry) => {
    await client.zAdd(key('log'), { score: 1, value: `1:${entry}` });
    const refused = stores.revocations.list({ afterSequence: 0, limit: 10 });
    expect(await rejectionOf(refused)).toMatchObject({ code: 'store_unavailable' });
  });

  it('a name of more than 200 characters is refused', async () => {
    const long = 'x'.repeat(201);
    const times = { expiresAt: days(1), now: days(0) };
    for (const refused of [
      stores.replays.consume({ id: long, holder: 'a', ...times }),
      stores.replays.consume({ id: 'a', holder: long, ...times }),
    ]) {
      expect(await rejectionOf(refused)).toMatchObject({ code: 'request_malformed' });
    }
  });
});
