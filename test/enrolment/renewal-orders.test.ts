import { describe, expect, it } from 'vitest';
import { UnavailableError } from '../../src/index.js';
import { createRenewalOrders } from '../../src/enrolment/renewal-orders.js';
import { createBackend, newKey, peerFrom, type Backend, type JsonAnswer } from '../backend.js';
import { rejectionOf } from '../thrown-by.js';

interface Renewal {
  readonly renewAfter: string;
  readonly renewBefore: string;
  readonly reason?: string;
}

const renewalOf = ({ body }: JsonAnswer) => body['renewal'] as Renewal;
const askDevice = async (backend: Backend, enrolled: JsonAnswer) =>
  renewalOf(await backend.send('GET', '/device', { peer: peerFrom(enrolled) }));

describe('the window that a device is told', () => {
  it('is from two thirds to five sixths of the life of the certificate, and is asked for again after six hours', async () => {
    const backend = await createBackend();
    const enrolled = await backend.enroll();
    const start = backend.clock.now().getTime();
    const life = new Date(String(enrolled.body['notAfter'])).getTime() - start;
    const answer = await backend.send('GET', '/device', { peer: peerFrom(enrolled) });
    expect(answer.headers['retry-after']).toBe('21600');
    const expected = {
      renewAfter: new Date(start + Math.floor((life * 2) / 3)).toISOString(),
      renewBefore: new Date(start + Math.floor((life * 5) / 6)).toISOString(),
    };
    expect(answer.body['renewal']).toEqual(expected);
    expect(enrolled.body['renewal']).toEqual(expected);
  });

  it('moves to now when its renewal is ordered, and back when it has renewed', async () => {
    const backend = await createBackend();
    const enrolled = await backend.enroll();
    const peer = peerFrom(enrolled);
    backend.clock.advance(60);
    const order = await backend.administer('POST', '/admin/renewals', {
      all: true,
      reason: 'CA is retired',
      spreadSeconds: 7200,
      actor: 'carol',
    });
    const now = backend.clock.now();
    const window = {
      renewAfter: now.toISOString(),
      renewBefore: new Date(now.getTime() + 7_200_000).toISOString(),
      reason: 'CA is retired',
    };
    expect(order).toMatchObject({ status: 201, body: window });
    expect(await askDevice(backend, enrolled)).toEqual(window);
    expect(await backend.authenticate(peer)).toMatchObject({ device: { tier: 'strong' } });

    const renewed = await backend.renew({ peer });
    const renewal = await askDevice(backend, renewed);
    expect(renewal.reason).toBeUndefined();
    expect(new Date(renewal.renewAfter).getTime()).toBeGreaterThan(now.getTime());
    expect(backend.events.find(({ type }) => type === 'renewal_ordered')).toMatchObject({
      actor: 'carol',
      order: { reason: 'CA is retired', filter: {} },
    });
  });

  it('stays the usual one where that is earlier than the order', async () => {
    const backend = await createBackend();
    const enrolled = await backend.enroll();
    const { renewAfter } = renewalOf(enrolled);
    backend.clock.set(new Date(new Date(renewAfter).getTime() + 1000));
    await backend.administer('POST', '/admin/renewals', { all: true, reason: 'x' });
    expect(await askDevice(backend, enrolled)).toMatchObject({ renewAfter });
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ['its tier', { tier: 'strong' }, true],
    ['another tier', { tier: 'none' }, false],
    ['its provider', { provider: 'play-integrity' }, true],
    ['no provider', { provider: '' }, false],
    ['another app version', { appVersion: '9' }, false],
    ['another release', { bootstrapCertificateSha256: 'ab'.repeat(32) }, false],
    ['devices enrolled from its moment', { enrolledFrom: '2026-06-01T12:00:00Z' }, true],
    ['devices enrolled later', { enrolledFrom: '2026-06-01T12:00:01Z' }, false],
    ['devices enrolled before', { enrolledBefore: '2026-06-01T12:00:00Z' }, false],
    ['devices enrolled up to then', { enrolledBefore: '2026-06-01T12:00:01Z' }, true],
    ['another issuer', { issuerId: 'ab'.repeat(20) }, false],
    ['certificates issued before', { all: true, issuedBefore: '2026-06-01T12:00:00Z' }, false],
    ['certificates issued up to then', { all: true, issuedBefore: '2026-06-01T12:00:01Z' }, true],
    ['its tier, but another version', { tier: 'strong', appVersion: '9' }, false],
  ])('is moved by an order for %s: %s %s', async (_what, filter, moved) => {
    const backend = await createBackend();
    const enrolled = await backend.enroll();
    backend.clock.advance(60);
    expect(await backend.administer('POST', '/admin/renewals', { ...filter, reason: 'y' })).toMatchObject({
      status: 201,
    });
    expect((await askDevice(backend, enrolled)).reason).toBe(moved ? 'y' : undefined);
  });

  it('is that of the issuer and the release by which the certificate came', async () => {
    const backend = await createBackend();
    const enrolled = await backend.enroll();
    backend.clock.advance(60);
    const [record] = (await backend.stores.certificates.search({ limit: 1 })).records;
    const { issuerId, bootstrapCertificateSha256 } = record ?? {};
    await backend.administer('POST', '/admin/renewals', {
      issuerId,
      bootstrapCertificateSha256,
      reason: 'z',
    });
    expect((await askDevice(backend, enrolled)).reason).toBe('z');
  });

  it('reaches the other replicas within the time that they remember', async () => {
    const backend = await createBackend();
    const enrolled = await backend.enroll();
    const elsewhere = createRenewalOrders({ ...backend.stores, clock: backend.clock });
    const [certificate] = (await backend.stores.certificates.search({ limit: 1 })).records;
    if (!certificate?.issuedAt) throw new Error('nothing was issued');
    const device = { ...certificate, issuedAt: certificate.issuedAt };
    expect((await elsewhere.findWindow(device)).reason).toBeNull();
    backend.clock.advance(1);
    await backend.administer('POST', '/admin/renewals', { all: true, reason: 'r' });
    backend.clock.advance(8);
    expect((await elsewhere.findWindow(device)).reason).toBeNull();
    backend.clock.advance(2);
    expect((await elsewhere.findWindow(device)).reason).toBe('r');
    expect((await askDevice(backend, enrolled)).reason).toBe('r');
  });
});

describe('an order of renewal', () => {
  it.each<[string, Record<string, unknown>]>([
    ['without a reason', { all: true }],
    ['with a long reason', { all: true, reason: 'x'.repeat(201) }],
    ['for nobody in particular', { reason: 'x' }],
    ['for all and for some', { all: true, tier: 'none', reason: 'x' }],
    ['by a member that it does not have', { notAfterFrom: '2026-06-01T12:00:00Z', reason: 'x' }],
    ['by a time that is none', { all: true, issuedBefore: 'yesterday', reason: 'x' }],
    ['spread over more than a month', { all: true, reason: 'x', spreadSeconds: 30 * 86_400 + 1 }],
    ['spread backwards', { all: true, reason: 'x', spreadSeconds: -1 }],
    ['spread over a text', { all: true, reason: 'x', spreadSeconds: '60' }],
  ])('%s is malformed', async (_what, body) => {
    const backend = await createBackend();
    expect(await backend.administer('POST', '/admin/renewals', body)).toMatchObject({
      status: 400,
      body: { code: 'request_malformed' },
    });
    expect(await backend.stores.renewalOrders.listOrders(backend.clock.now())).toEqual([]);
  });

  it('is for administrators', async () => {
    const backend = await createBackend();
    const body = { all: true, reason: 'x' };
    expect(await backend.send('POST', '/admin/renewals', { body })).toMatchObject({ status: 401 });
  });

  it('is not given if the trail did not take it, or the store', async () => {
    const backend = await createBackend();
    const refusing = createRenewalOrders({
      ...backend.stores,
      clock: backend.clock,
      events: { record: () => Promise.reject(new Error('full')) },
    });
    const request = { filter: {}, reason: 'x' };
    expect(await rejectionOf(refusing.order(request))).toMatchObject({ code: 'audit_unavailable' });
    expect(await backend.stores.renewalOrders.listOrders(backend.clock.now())).toEqual([]);
    const down = async () => {
      throw new UnavailableError('store_unavailable', { message: 'down' });
    };
    const broken = createRenewalOrders({
      ...backend.stores,
      clock: backend.clock,
      renewalOrders: { recordOrder: down, listOrders: down },
    });
    expect(await rejectionOf(broken.order(request))).toMatchObject({ code: 'store_unavailable' });
  });
});

describe('grace by tier', () => {
  const DAY = 24 * 60 * 60;
  const lapsed = async (seconds: number) => {
    const backend = await createBackend({ graceSeconds: 10 * DAY, graceSecondsByTier: { none: DAY } });
    const key = newKey();
    const weak = await backend.enroll({ evidence: null, key });
    backend.clock.set(new Date(new Date(String(weak.body['notAfter'])).getTime() + seconds * 1000));
    return { backend, key, weak };
  };

  it('lets a weak certificate be renewed within its own grace, and no longer', async () => {
    const { backend, weak } = await lapsed(DAY);
    expect(await backend.renew({ peer: peerFrom(weak) })).toMatchObject({ status: 201 });
    const late = await lapsed(DAY + 1);
    expect(
      await late.backend.send('POST', '/challenges', {
        peer: peerFrom(late.weak),
        body: { purpose: 'renew' },
      }),
    ).toMatchObject({
      status: 403,
      body: { code: 'certificate_expired', action: 'reenroll' },
    });
  });

  it('keeps the identity of a key within it, and gives a new one after it', async () => {
    const { backend, key, weak } = await lapsed(DAY);
    expect((await backend.enroll({ key, evidence: null })).body['deviceId']).toBe(weak.body['deviceId']);
    const late = await lapsed(DAY + 1);
    const fresh = await late.backend.enroll({ key: late.key, evidence: null });
    expect(fresh).toMatchObject({ status: 201 });
    expect(fresh.body['deviceId']).not.toBe(late.weak.body['deviceId']);
  });

  it('leaves the other tiers their own', async () => {
    const { backend } = await lapsed(0);
    const strong = await backend.enroll();
    backend.clock.set(new Date(new Date(String(strong.body['notAfter'])).getTime() + 9 * DAY * 1000));
    expect(await backend.renew({ peer: peerFrom(strong) })).toMatchObject({ status: 201 });
  });

  it.each([
    ['a tier that is none', { royal: DAY }],
    ['a time out of bounds', { none: -1 }],
  ])('refuses %s', async (_what, graceSecondsByTier) => {
    expect(await rejectionOf(createBackend({ graceSecondsByTier }))).toMatchObject({
      code: 'configuration_invalid',
    });
  });
});
