import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { UnavailableError } from '../../../src/core/errors.js';
import { createRedisStores, type RedisStores } from '../../../src/redis.js';
import { auditAfter } from '../../../src/testing/contracts/sample-audit.js';
import { sampleCrl } from '../../../src/testing/contracts/sample-crl.js';
import { days, sampleIntent } from '../../../src/testing/contracts/sample-intent.js';
import { sampleAttestedKey, sampleUse } from '../../../src/testing/contracts/sample-attested-key.js';
import { sampleUsage } from '../../../src/testing/contracts/sample-usage.js';
import { sampleOrder } from '../../../src/testing/contracts/sample-renewal-order.js';
import {
  AT,
  CERTIFICATE,
  device,
  NAME,
  revocation,
} from '../../../src/testing/contracts/sample-revocation.js';
import { rejectionOf } from '../../thrown-by.js';
import { ONLY_STORE } from './contract-options.js';
import { connect, hasServer, startServer, waitUntilReady, type Client, type RedisServer } from './server.js';

const HELD = { keyHeldFrom: days(0) };
const ISSUED = { certificate: Uint8Array.of(0x30, 0x82, 0xff), issuedAt: days(1) };

describe.skipIf(!hasServer)('Redis stores, when the server loses what it had', () => {
  let server: RedisServer;
  let client: Client;
  let subscriber: Client;
  let stores: RedisStores;

  beforeEach(async () => {
    server = await startServer(['repl-diskless-sync-delay', '0']);
    client = await connect(server.port);
    subscriber = await connect(server.port);
    stores = await createRedisStores({ client, subscriber, ...ONLY_STORE });
  });
  afterEach(async () => {
    client.destroy();
    subscriber.destroy();
    await server.dispose();
  });

  const consume = (id: string) =>
    stores.replays.consume({ id, holder: 'alice', expiresAt: days(1), now: days(0) });

  it('a server that is killed while it works has all that was answered when it is back', async () => {
    const consumed: string[] = [];
    const recorded: number[] = [];
    const revoked: string[] = [];
    let stopped = false;
    /** Works until the server is gone; notes only what was answered. */
    const work = async (worker: number): Promise<void> => {
      for (let round = 0; round < 100_000 && !stopped; round += 1) {
        const index = worker * 100_000 + round;
        try {
          await consume(`challenge:${index}`);
          consumed.push(`challenge:${index}`);
          await stores.certificates.recordIntent(sampleIntent(index), HELD);
          recorded.push(index);
          const deviceId = `device-${index}`;
          await stores.revocations.revoke(revocation({ kind: 'device', deviceId, state: 'banned' }));
          revoked.push(deviceId);
        } catch (error) {
          expect(error).toMatchObject({ code: 'store_unavailable' });
          return;
        }
      }
    };
    const workers = Promise.all(Array.from({ length: 16 }, (_, worker) => work(worker)));
    for (let round = 0; round < 500 && revoked.length < 200; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await server.kill();
    stopped = true;
    await workers;
    expect(revoked.length).toBeGreaterThanOrEqual(200);

    await server.restart();
    await waitUntilReady(client);
    for (const id of consumed) expect((await consume(id)).outcome).toBe('already_consumed');
    for (const index of recorded) {
      const record = await stores.certificates.find({ by: 'name', ...sampleIntent(index) });
      expect(record?.requestId).toBe(sampleIntent(index).requestId);
    }
    for (const deviceId of revoked) {
      expect((await stores.revocations.find({ ...NAME, deviceId })).device?.subject).toMatchObject({
        deviceId,
      });
    }
  });

  it('a server that is back empty is found out by every store', async () => {
    await stores.revocations.revoke(revocation(CERTIFICATE));
    await server.restart({ empty: true });
    await waitUntilReady(client);
    await expectRolledBack(everything(stores));
  });

  it('a key space that is emptied under way is found out by every store', async () => {
    await stores.revocations.revoke(revocation(CERTIFICATE));
    await client.flushAll();
    await expectRolledBack(everything(stores));
  });

  it('a key space that another process has begun anew is found out', async () => {
    await client.flushAll();
    const other = await createRedisStores({ client, subscriber, ...ONLY_STORE });
    expect(other.instanceId).not.toBe(stores.instanceId);
    await expectRolledBack([() => consume('challenge:1')]);
    expect(
      (await other.replays.consume({ id: 'a', holder: 'b', expiresAt: days(1), now: days(0) })).outcome,
    ).toBe('consumed');
  });

  it('a process that starts after the loss finds out if it is told what to expect', async () => {
    const expectedInstanceId = stores.instanceId;
    const options = { client, subscriber, ...ONLY_STORE, expectedInstanceId };
    expect((await createRedisStores(options)).instanceId).toBe(expectedInstanceId);
    await client.flushAll();
    await expectRolledBack([() => createRedisStores(options)]);
    await expectRolledBack([() => createRedisStores(options)]); // and the first attempt has not made a marker
  });

  describe('at a failover to a replica', () => {
    let replica: RedisServer;
    let promoted: Client;
    let switching: RedisStores;
    /** To whom the stores talk. */
    let current: Client;

    beforeEach(async () => {
      current = client;
      switching = await createRedisStores({
        client: { sendCommand: (args) => current.sendCommand([...args]) },
        subscriber,
        ...ONLY_STORE,
      });
      await switching.revocations.revoke(revocation(CERTIFICATE));
      replica = await startServer();
      promoted = await connect(replica.port);
      await promoted.sendCommand(['REPLICAOF', '127.0.0.1', String(server.port)]);
      await waitForReplica(client);
      await promoted.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    });
    afterEach(async () => {
      promoted.destroy();
      await replica.dispose();
    });

    it('that has everything, work goes on', async () => {
      current = promoted;
      expect((await switching.revocations.find(NAME)).certificate?.subject).toEqual(CERTIFICATE);
      expect((await switching.revocations.revoke(revocation(device('banned')))).revocation?.sequence).toBe(2);
    });

    it('that lacks a revocation which this process recorded, every store finds out', async () => {
      await switching.revocations.revoke(revocation(device('banned')));
      current = promoted;
      await expectRolledBack(everything(switching));
    });

    it('that lacks a revocation which this process has only read, every store finds out', async () => {
      await stores.revocations.revoke(revocation(device('banned')));
      expect(await switching.revocations.list({ afterSequence: 0, limit: 10 })).toHaveLength(2);
      current = promoted;
      await expectRolledBack(everything(switching));
    });
  });

  it('when memory is full, writes fail as a whole, reads and clean-up go on', async () => {
    await stores.certificates.recordIntent(sampleIntent(1, { notAfter: days(-1) }), HELD);
    await stores.revocations.revoke(revocation(CERTIFICATE));
    const before = await client.sendCommand(['DBSIZE']);
    await client.configSet('maxmemory', '1');
    for (const write of [
      () => consume('challenge:1'),
      () => stores.certificates.recordIntent(sampleIntent(2), HELD),
      () => stores.certificates.recordIssued(sampleIntent(1), ISSUED),
      () => stores.certificates.recordFirstUse(sampleIntent(1), days(1)),
      () => stores.revocations.revoke(revocation(device('banned'))),
      () => stores.audit.appendAudit([auditAfter(null, '{}', 'a')]),
      () => stores.crls.publishCrl(sampleCrl(1n), { expectedNumber: null }),
      () => stores.leases.acquireLease({ name: 'a', holder: 'b', lifetimeSeconds: 60, now: AT }),
      () => stores.rateLimits.takeToken({ key: 'a', capacity: 1, refillPerSecond: 1, now: AT }),
      () => stores.renewalOrders.recordOrder(sampleOrder(1)),
      () => stores.attestedKeys.registerAttestedKey(sampleAttestedKey()),
      () => stores.usageCounters.countUsage(sampleUsage()),
    ]) {
      const error = await rejectionOf(write());
      expect(error).toBeInstanceOf(UnavailableError);
      expect(error).toMatchObject({ code: 'store_unavailable' });
      expect(error instanceof Error && String(error.cause)).toMatch(/OOM/);
    }
    expect(await client.sendCommand(['DBSIZE'])).toBe(before);
    expect(await stores.audit.findAuditHead()).toBeNull();
    expect(await stores.crls.listCrls()).toEqual([]);
    expect((await stores.revocations.find(NAME)).certificate?.subject).toEqual(CERTIFICATE);
    expect(await stores.revocations.list({ afterSequence: 0, limit: 10 })).toHaveLength(1);
    expect(await stores.retention.prune({ before: days(0), limit: 10 })).toMatchObject({ certificates: 1 });

    await client.configSet('maxmemory', '0');
    expect(await consume('challenge:1')).toEqual({ outcome: 'consumed' });
    expect(await stores.certificates.recordIntent(sampleIntent(2), HELD)).toEqual({ outcome: 'recorded' });
    expect((await stores.revocations.revoke(revocation(device('banned')))).recorded).toBe(true);
  });

  it('a server that has become a replica is unavailable for writes', async () => {
    await client.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    const error = await rejectionOf(consume('challenge:1'));
    expect(error).toMatchObject({ code: 'store_unavailable' });
    expect(error instanceof Error && String(error.cause)).toMatch(/READONLY/);
    await client.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    expect(await consume('challenge:1')).toEqual({ outcome: 'consumed' });
  });

  it('a server that has forgotten the scripts is told them again', async () => {
    await consume('challenge:1');
    await client.scriptFlush();
    expect(await consume('challenge:1')).toEqual({ outcome: 'already_consumed', holder: 'alice' });
  });

  it('a reply that does not come in time is unavailable', async () => {
    const hasty = await createRedisStores({ client, subscriber, ...ONLY_STORE, timeoutMilliseconds: 50 });
    await client.sendCommand(['CLIENT', 'PAUSE', '400', 'ALL']);
    const error = await rejectionOf(hasty.revocations.find(NAME));
    expect(error).toMatchObject({ code: 'store_unavailable' });
    expect(error instanceof Error && String(error.cause)).toMatch(/no reply within 50 milliseconds/);
  });
});

/** Waits until a replica has all that was written so far. */
async function waitForReplica(client: Client): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    await client.set('written', attempt);
    if (Number(await client.sendCommand(['WAIT', '1', '100'])) === 1) return;
  }
  throw new Error('the replica did not follow');
}

/** One call of each method that reads or writes. */
function everything(stores: RedisStores): readonly (() => Promise<unknown>)[] {
  const { certificates, revocations, replays, audit, crls, leases, rateLimits, renewalOrders, retention } =
    stores;
  const scope = { issuerId: 'a1'.repeat(20), crlShard: 1 };
  return [
    () => certificates.recordIntent(sampleIntent(1), HELD),
    () => certificates.recordIssued(sampleIntent(1), ISSUED),
    () => certificates.recordFirstUse(sampleIntent(1), AT),
    () => certificates.find({ by: 'name', ...sampleIntent(1) }),
    () => certificates.find({ by: 'request', ...sampleIntent(1) }),
    () => certificates.find({ by: 'key', ...sampleIntent(1) }),
    () => certificates.find({ by: 'device', ...sampleIntent(1) }),
    () => certificates.list({ limit: 1 }),
    () => certificates.search({ limit: 1 }),
    () => certificates.count({}),
    () => revocations.revoke(revocation(CERTIFICATE)),
    () => revocations.find(NAME),
    () => revocations.list({ afterSequence: 0, limit: 1 }),
    () => revocations.listRevoked({ ...scope, notAfterFrom: AT, afterSequence: 0, limit: 1 }),
    () => revocations.findLastRevoked(scope),
    () => replays.consume({ id: 'a', holder: 'b', expiresAt: AT, now: AT }),
    () => audit.appendAudit([auditAfter(null, '{}')]),
    () => audit.findAuditHead(),
    () => audit.listAudit({ afterSequence: 0, limit: 1 }),
    () => audit.listAudit({ afterSequence: 0, deviceId: 'a', limit: 1 }),
    () => crls.findCrl(scope),
    () => crls.listCrls(),
    () => crls.publishCrl(sampleCrl(1n), { expectedNumber: null }),
    () => leases.acquireLease({ name: 'a', holder: 'b', lifetimeSeconds: 1, now: AT }),
    () => leases.releaseLease({ name: 'a', holder: 'b' }),
    () => rateLimits.takeToken({ key: 'a', capacity: 1, refillPerSecond: 1, now: AT }),
    () => renewalOrders.recordOrder(sampleOrder(1)),
    () => renewalOrders.listOrders(AT),
    () => stores.attestedKeys.registerAttestedKey(sampleAttestedKey()),
    () => stores.attestedKeys.findAttestedKey(sampleUse()),
    () => stores.attestedKeys.useAttestedKey(sampleUse()),
    () => stores.attestedKeys.replaceReceipt({ ...sampleUse(), receipt: Uint8Array.of(1) }),
    () => stores.usageCounters.countUsage(sampleUsage()),
    () => retention.prune({ before: AT, limit: 1 }),
  ];
}

async function expectRolledBack(calls: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const call of calls) {
    const error = await rejectionOf(call());
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'store_rolled_back' });
  }
}
