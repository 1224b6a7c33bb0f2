import { describe, expect, it } from 'vitest';
import type { RevocationProgress } from '../../src/index.js';
import { rejectionOf } from '../thrown-by.js';
import { createBackend, newKey, peerFrom, type Backend } from '../backend.js';

async function enrollMany(backend: Backend, count: number) {
  const answers = [];
  for (let index = 0; index < count; index += 1) answers.push(await backend.enroll());
  return answers;
}

const codeOf = async (backend: Backend, peer: ReturnType<typeof peerFrom>) => {
  const error = await backend.authenticate(peer).then(
    () => null,
    (cause: unknown) => cause,
  );
  return error === null ? 'admitted' : (error as { code: string }).code;
};

describe('a suspended device', () => {
  it('that is reinstated gets a new certificate, and its old ones stay revoked', async () => {
    const backend = await createBackend();
    const key = newKey();
    const first = await backend.enroll({ key });
    const deviceId = String(first.body['deviceId']);
    await backend.revoke({ deviceId });
    expect(await codeOf(backend, peerFrom(first))).toBe('device_suspended');
    expect((await backend.enroll({ key })).body['code']).toBe('device_suspended');
    const path = `/admin/devices/${deviceId}/reinstate`;
    const body = { actor: 'bob', note: 'it was found' };
    expect(await backend.administer('POST', path, body)).toMatchObject({
      status: 200,
      body: { reinstated: true },
    });
    expect(await backend.administer('POST', path, body)).toMatchObject({
      status: 200,
      body: { reinstated: false },
    });
    expect(await codeOf(backend, peerFrom(first))).toBe('certificate_revoked');
    const again = await backend.enroll({ key });
    expect(again).toMatchObject({ status: 201, body: { deviceId } });
    expect(await codeOf(backend, peerFrom(again))).toBe('admitted');
    expect(backend.events.find(({ type }) => type === 'device_reinstated')).toMatchObject({
      deviceId,
      ...body,
    });
  });

  it('that is not known cannot be reinstated', async () => {
    const backend = await createBackend();
    const path = '/admin/devices/11111111-2222-4333-8444-555555555555/reinstate';
    expect(await backend.administer('POST', path)).toMatchObject({
      status: 404,
      body: { code: 'subject_unknown' },
    });
  });

  it('is completed by the same call if the first one broke off after its first entry', async () => {
    const backend = await createBackend();
    const { body } = await backend.enroll();
    const deviceId = String(body['deviceId']);
    await backend.stores.revocations.revoke({
      subject: { kind: 'device', deviceId, state: 'suspended' },
      reason: 'unspecified',
      at: backend.clock.now(),
    });
    expect(await backend.revoke({ deviceId })).toMatchObject({ body: { revoked: 0 } });
    const issuerId = backend.pki.authority.issuers[0].issuerId;
    const listed = await backend.stores.revocations.listRevoked({
      issuerId,
      crlShard: null,
      notAfterFrom: backend.clock.now(),
      afterSequence: 0,
      limit: 10,
    });
    expect(listed.map(({ serialNumber }) => serialNumber)).toEqual([body['serialNumber']]);
  });
});

describe('an issuance that is overtaken by a suspension', () => {
  it('is not signed, though its intent was recorded before', async () => {
    const backend = await createBackend();
    const key = newKey();
    const { body } = await backend.enroll({ key });
    const { certificates: kept } = backend.stores;
    let serialNumber = '';
    const certificates = {
      ...backend.stores.certificates,
      recordIntent: async (...call: Parameters<typeof kept.recordIntent>) => {
        const outcome = await kept.recordIntent(...call);
        serialNumber = call[0].serialNumber;
        await backend.revoke({ deviceId: body['deviceId'] });
        return outcome;
      },
    };
    const slow = await createBackend({
      ...backend.options,
      stores: { ...backend.stores, certificates },
    });
    // The slow replica shares its stores and secrets, and has a PKI of its own that nothing here asks for.
    const challenge = await backend.challenge();
    const evidence = backend.evidenceFor(challenge, key);
    const answer = await slow.enroll({ key, challenge, evidence, peer: backend.bootstrap });
    expect(answer.body['code']).toBe('device_suspended');
    const issuerId = backend.pki.authority.issuers[0].issuerId;
    const record = await backend.stores.certificates.find({ by: 'name', issuerId, serialNumber });
    expect(record).toMatchObject({ certificate: null });
    const status = await backend.stores.revocations.find(
      record ?? { issuerId, serialNumber, deviceId: '', publicKeySha256: '' },
    );
    expect(status.certificate).not.toBeNull();
  });
});

describe('a batch', () => {
  it('revokes what the filter finds and nothing else; again revokes nothing', async () => {
    const backend = await createBackend();
    const [first, second] = await enrollMany(backend, 2);
    const weak = await backend.enroll({ evidence: null });
    const order = { tier: 'none', reason: 'cessationOfOperation', note: 'no more without evidence' };
    expect(await backend.revoke({ ...order, dryRun: true })).toMatchObject({
      status: 200,
      body: { matched: 1, revoked: 0 },
    });
    expect(await codeOf(backend, peerFrom(weak))).toBe('admitted');
    expect(await backend.revoke(order)).toMatchObject({ status: 200, body: { matched: 1, revoked: 1 } });
    expect(await codeOf(backend, peerFrom(weak))).toBe('certificate_revoked');
    for (const other of [first, second])
      expect(other && (await codeOf(backend, peerFrom(other)))).toBe('admitted');
    expect(await backend.revoke(order)).toMatchObject({ body: { matched: 1, revoked: 0 } });
  });

  it.each<[string, (backend: Backend) => Record<string, string>]>([
    ['provider', () => ({ provider: 'play-integrity' })],
    [
      'release',
      ({ events }) => {
        const issued = events.find(({ type }) => type === 'certificate_issued');
        return { bootstrapCertificateSha256: issued ? 'f'.repeat(64) : '' };
      },
    ],
    ['enrolment window', ({ clock }) => ({ enrolledFrom: clock.now().toISOString() })],
  ])('finds by %s', async (what, makeFilter) => {
    const backend = await createBackend();
    await backend.enroll({ evidence: null });
    backend.clock.advance(60);
    const later = await backend.enroll();
    const filter = makeFilter(backend);
    const { body } = await backend.revoke({ ...filter, reason: 'unspecified' });
    expect(body).toEqual(what === 'release' ? { matched: 0, revoked: 0 } : { matched: 1, revoked: 1 });
    expect(await codeOf(backend, peerFrom(later))).toBe(
      what === 'release' ? 'admitted' : 'certificate_revoked',
    );
  });

  it('takes renewed certificates along with the release and the time that the device enrolled with', async () => {
    const backend = await createBackend();
    const first = await backend.enroll();
    const enrolledBefore = new Date(backend.clock.now().getTime() + 1).toISOString();
    backend.clock.advance(3600);
    const renewed = await backend.renew({ peer: peerFrom(first) });
    const { records } = await backend.stores.certificates.list({ limit: 2 });
    const release = records[0]?.bootstrapCertificateSha256 ?? '';
    expect(release).toMatch(/^[0-9a-f]{64}$/);
    const order = { enrolledBefore, bootstrapCertificateSha256: release };
    expect(await backend.revoke(order)).toMatchObject({ body: { matched: 2, revoked: 2 } });
    expect(await codeOf(backend, peerFrom(renewed))).toBe('certificate_revoked');
  });

  it('reports how far it got, can be broken off, and goes on from there', async () => {
    const backend = await createBackend();
    await enrollMany(backend, 3);
    const search = backend.stores.certificates.search.bind(backend.stores.certificates);
    const { createRevocationDesk } = await import('../../src/index.js');
    const desk = createRevocationDesk({
      authority: backend.pki.authority,
      ...backend.stores,
      // Pages of one, so that three certificates are three pages.
      certificates: { ...backend.stores.certificates, search: (query) => search({ ...query, limit: 1 }) },
      clock: backend.clock,
    });
    const stop = new AbortController();
    const progress: RevocationProgress[] = [];
    const request = { filter: { tier: 'strong' }, reason: 'unspecified' } as const;
    const broken = desk.revokeBatch({
      ...request,
      signal: stop.signal,
      onProgress: (step) => {
        progress.push(step);
        if (step.matched === 2) stop.abort(new Error('enough'));
      },
    });
    expect(String(await rejectionOf(broken))).toMatch(/enough/);
    expect(progress).toMatchObject([
      { matched: 1, revoked: 1 },
      { matched: 2, revoked: 2 },
    ]);
    const rest = await desk.revokeBatch({ ...request, cursor: progress[1]?.cursor ?? '' });
    expect(rest).toEqual({ matched: 1, revoked: 1 });
    expect(await desk.revokeBatch(request)).toEqual({ matched: 3, revoked: 0 });
  });

  it('of compromised keys blocks them for ever', async () => {
    const backend = await createBackend();
    const key = newKey();
    await backend.enroll({ key });
    await backend.revoke({ tier: 'strong', reason: 'keyCompromise' });
    expect((await backend.enroll({ key })).body['code']).toBe('key_blocked');
  });

  it('is in the audit trail before and after', async () => {
    const backend = await createBackend();
    await backend.enroll();
    await backend.revoke({ tier: 'strong', reason: 'superseded', actor: 'carol' });
    expect(backend.events.slice(-2)).toMatchObject([
      { type: 'revoked', target: { filter: { tier: 'strong' } }, actor: 'carol', deviceId: null },
      { type: 'batch_revoked', filter: { tier: 'strong' }, actor: 'carol', revoked: 1 },
    ]);
  });

  it('without any filter is refused', async () => {
    const { trust } = await createBackend();
    const everything = trust.revocation.revokeBatch({ filter: {}, reason: 'unspecified' });
    expect(await rejectionOf(everything)).toMatchObject({ code: 'request_malformed' });
  });

  it.each([
    { tier: 'none', deviceId: 'x' },
    { tier: 7 },
    { enrolledFrom: 'yesterday' },
    { enrolledFrom: '2026-13-45T00:00:00Z' },
    { tier: 'none', dryRun: 'yes' },
    { appVersion: 'x'.repeat(201) },
  ])('asked for with %j is answered with 400', async (body) => {
    expect(await (await createBackend()).revoke(body)).toMatchObject({
      status: 400,
      body: { code: 'request_malformed' },
    });
  });
});
