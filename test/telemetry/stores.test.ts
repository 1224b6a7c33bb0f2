import { SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it, test } from 'vitest';
import { MalformedError, UnavailableError } from '../../src/core/errors.js';
import type { Stores } from '../../src/contracts/stores.js';
import { createMemoryStores } from '../../src/memory.js';
import { storesContract } from '../../src/testing.js';
import { sampleCrl } from '../../src/testing/contracts/sample-crl.js';
import { days, sampleDevice, sampleIntent, sampleKey } from '../../src/testing/contracts/sample-intent.js';
import { sampleAttestedKey, sampleUse } from '../../src/testing/contracts/sample-attested-key.js';
import { sampleUsage } from '../../src/testing/contracts/sample-usage.js';
import { sampleOrder } from '../../src/testing/contracts/sample-renewal-order.js';
import { rejectionOf } from '../thrown-by.js';
import { createCollecting } from './collecting.js';

const DURATION = 'device_trust.store.duration';

const scope = { issuerId: 'a1'.repeat(20), crlShard: 7 };
const name = { issuerId: scope.issuerId, serialNumber: sampleIntent(1).serialNumber };

/** Calls every method of every ability, but for the change feed. */
async function callAll({
  certificates,
  revocations,
  replays,
  audit,
  crls,
  leases,
  rateLimits,
  renewalOrders,
  attestedKeys,
  usageCounters,
  retention,
}: Stores): Promise<void> {
  await certificates.recordIntent(sampleIntent(1), { keyHeldFrom: days(0) });
  await certificates.recordIssued(name, { certificate: Uint8Array.of(0x30, 0), issuedAt: days(0) });
  await certificates.recordFirstUse(name, days(0));
  await certificates.find({ by: 'name', ...name });
  await certificates.list({ limit: 1 });
  await certificates.search({ limit: 1 });
  await certificates.count({});
  await revocations.revoke({
    subject: { kind: 'key', publicKeySha256: sampleKey(1) },
    reason: 'keyCompromise',
    at: days(0),
  });
  await revocations.find({ ...name, deviceId: sampleDevice(1), publicKeySha256: sampleKey(1) });
  await revocations.list({ afterSequence: 0, limit: 1 });
  await revocations.listRevoked({ ...scope, notAfterFrom: days(0), afterSequence: 0, limit: 1 });
  await revocations.findLastRevoked(scope);
  await replays.consume({ id: 'challenge:1', holder: sampleKey(1), expiresAt: days(1), now: days(0) });
  await audit.findAuditHead();
  await audit.appendAudit([]);
  await audit.listAudit({ afterSequence: 0, limit: 1 });
  await crls.publishCrl(sampleCrl(1n), { expectedNumber: null });
  await crls.findCrl(scope, { unlessNumber: 1n });
  await crls.listCrls();
  await leases.acquireLease({ name: 'crl', holder: 'me', lifetimeSeconds: 60, now: days(0) });
  await leases.releaseLease({ name: 'crl', holder: 'me' });
  await rateLimits.takeToken({ key: 'key:a', capacity: 1, refillPerSecond: 1, now: days(0) });
  await renewalOrders.recordOrder(sampleOrder(1));
  await renewalOrders.listOrders(days(0));
  await attestedKeys.registerAttestedKey(sampleAttestedKey());
  await attestedKeys.findAttestedKey(sampleUse());
  await attestedKeys.useAttestedKey(sampleUse());
  await attestedKeys.replaceReceipt({ ...sampleUse(), receipt: Uint8Array.of(1) });
  await usageCounters.countUsage(sampleUsage());
  await retention.prune({ before: days(0), limit: 1 });
}

describe('stores with telemetry', () => {
  const cases = storesContract({
    create: async () => ({ store: createCollecting().telemetry.stores(createMemoryStores()) }),
    clock: 'caller',
  });
  for (const check of cases) test(check.name, check.run);

  it('measure every method of every ability, under its own name', async () => {
    const { telemetry, points, spans } = createCollecting();
    const stores = telemetry.stores(createMemoryStores());
    await callAll(stores);
    // The compiler sees to it that these are all there are.
    const operations = Object.entries<object>({ ...stores })
      .filter(([ability]) => ability !== 'changes')
      .flatMap(([ability, methods]) => Object.keys(methods).map((method) => `${ability}.${method}`))
      .sort();
    expect(operations).toHaveLength(30);
    const measured = await points(DURATION);
    expect(measured.sort(byOperation)).toEqual(
      operations.map((operation) => ({ operation, outcome: 'done', value: 1 })),
    );
    expect(
      spans()
        .map(({ name: span, attributes }) => ({ span, attributes }))
        .sort((a, b) => (a.span < b.span ? -1 : 1)),
    ).toEqual(
      operations.map((operation) => ({
        span: `device_trust.store.${operation}`,
        attributes: { operation, outcome: 'done' },
      })),
    );
  });

  it('measure in seconds, in buckets for databases', async () => {
    const { telemetry, clock, collect } = createCollecting();
    const stores = createMemoryStores();
    const slow: Stores = {
      ...stores,
      replays: {
        consume: async () => {
          clock.advance(0.25);
          return { outcome: 'consumed' };
        },
      },
    };
    const request = { id: 'a', holder: 'h', expiresAt: days(1), now: days(0) };
    await telemetry.stores(slow).replays.consume(request);
    expect((await collect()).points).toMatchObject([
      { unit: 's', value: 1, sum: 0.25, boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] },
    ]);
  });

  it.each([
    ['malformed', new MalformedError('request_malformed', { message: 'm' }), 'request_malformed', 'UNSET'],
    [
      'unavailable',
      new UnavailableError('store_unavailable', { message: 'm' }),
      'store_unavailable',
      'ERROR',
    ],
    ['failed', new TypeError('a bug'), '_OTHER', 'ERROR'],
  ] as const)('measure and hand on what is %s', async (outcome, error, errorType, status) => {
    const { telemetry, points, spans } = createCollecting();
    const stores = createMemoryStores();
    const failing: Stores = { ...stores, crls: { ...stores.crls, listCrls: () => Promise.reject(error) } };
    expect(await rejectionOf(telemetry.stores(failing).crls.listCrls())).toBe(error);
    expect(await points(DURATION)).toEqual([{ operation: 'crls.listCrls', outcome, value: 1 }]);
    const [span] = spans();
    expect(span?.attributes).toEqual({ operation: 'crls.listCrls', outcome, 'error.type': errorType });
    expect(span?.status).toEqual({ code: SpanStatusCode[status] });
    expect(span?.events).toEqual([]);
  });

  it('leave the change feed as it is', () => {
    const stores = createMemoryStores();
    expect(createCollecting().telemetry.stores(stores).changes).toBe(stores.changes);
  });
});

function byOperation(a: object, b: object): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
