import { describe, expect, it } from 'vitest';
import type { CertificateIssuedEvent, DeviceTrustEvent } from '../../src/contracts/event-sink.js';
import type { IntegrityProvider } from '../../src/contracts/integrity-provider.js';
import type { ObservedRefusal } from '../../src/contracts/policy.js';
import { isInShare } from '../../src/core/device-share.js';
import {
  ConfigurationError,
  createDefaultPolicy,
  createPolicy,
  MalformedError,
  observe,
  observePolicy,
  RejectedError,
  requireDeviceIntegrity,
  requireLicensedApp,
  allOf,
  requireRecognizedApp,
  UnavailableError,
  weakTier,
  type Policy,
} from '../../src/index.js';
import { rejectionOf } from '../thrown-by.js';
import { createBackend, createCsr, newKey, peerFrom, type Backend } from '../backend.js';

const issuedOf = (events: readonly DeviceTrustEvent[]): readonly CertificateIssuedEvent[] =>
  events.filter((event) => event.type === 'certificate_issued');

/** What was observed of the latest certificate, by the event, the audit trail and the store. */
async function observedOf({ events, stores }: Backend): Promise<readonly ObservedRefusal[]> {
  const event = issuedOf(events).at(-1);
  if (!event) throw new Error('nothing was issued');
  const { observed } = event.appraisal;
  const record = await stores.certificates.find({ by: 'device', deviceId: event.deviceId });
  expect(record?.appraisal.observed).toEqual(observed);
  const trail = await stores.audit.listAudit({ afterSequence: 0, limit: 1000 });
  expect(JSON.parse(trail.at(-1)?.body ?? '')).toMatchObject({ appraisal: { observed } });
  return observed;
}

/** Evidence of nobody: the provider `trial` answers with what a test wants. */
const trial = (fail: () => Error): IntegrityProvider => ({
  name: 'trial',
  verify: () => Promise.reject(fail()),
});
const TRIAL = { provider: 'trial' };

async function createTrial(
  fail: () => Error,
  options: { readonly enforcePercent?: number; readonly policy?: Policy } = {},
): Promise<Backend> {
  const { policy, ...share } = options;
  return createBackend({ observeProviders: { trial: share }, ...(policy && { policy }) }, undefined, [
    trial(fail),
  ]);
}

const rejected = (...reasons: readonly string[]) =>
  new RejectedError('evidence_rejected', { message: 'no', reasons });

describe('a rule that is only observed', () => {
  const policy = createPolicy({
    require: allOf(requireRecognizedApp(), observe(requireLicensedApp())),
    assign: [{ tier: 'device', when: requireDeviceIntegrity('device') }],
    maxEvidenceAgeSeconds: { device: 86_400 },
    withoutEvidence: weakTier({ tier: 'none' }),
  });
  const REFUSED = { by: 'rule:licensed app', reasons: ['app_not_licensed'] };

  it('gives a certificate, and keeps what it would have refused', async () => {
    const backend = await createBackend({ policy });
    const answer = await backend.enroll({ play: { licensing: 'UNLICENSED' } });
    expect(answer).toMatchObject({ status: 201, body: { tier: 'device' } });
    expect(answer.body['renewal']).not.toHaveProperty('evidenceDueAt');
    expect(JSON.stringify(answer.body)).not.toContain('licensed');
    expect(await observedOf(backend)).toEqual([REFUSED]);
  });

  it('keeps nothing where nothing would have been refused', async () => {
    const backend = await createBackend({ policy });
    expect(await backend.enroll()).toMatchObject({ status: 201 });
    expect(await observedOf(backend)).toEqual([]);
  });

  it('is nothing that a renewal may rest on', async () => {
    const backend = await createBackend({ policy });
    const key = newKey();
    const first = await backend.enroll({ key, play: { licensing: 'UNLICENSED' } });
    const second = await backend.renew({ peer: peerFrom(first), key, evidence: null });
    expect(second).toMatchObject({ status: 201, body: { tier: 'none' } });
  });
});

describe('a policy that is only observed', () => {
  it('gives everyone a certificate, and keeps what it would have refused', async () => {
    const policy = observePolicy(createDefaultPolicy({ maxEvidenceAgeSeconds: { strong: 86_400 } }), {
      allow: { tier: 'none', lifetimeSeconds: 3600 },
    });
    const backend = await createBackend({ policy });
    const key = newKey();
    const first = await backend.enroll({ key, play: { recognition: 'UNRECOGNIZED_VERSION' } });
    expect(first).toMatchObject({ status: 201, body: { tier: 'none' } });
    expect(await observedOf(backend)).toEqual([{ by: 'policy', reasons: ['app_not_recognized'] }]);
    const second = await backend.renew({ peer: peerFrom(first), key, evidence: null });
    expect(second).toMatchObject({ status: 201, body: { tier: 'none' } });
    expect(await observedOf(backend)).toEqual([{ by: 'policy', reasons: ['evidence_missing'] }]);
  });
});

describe('a provider that is only observed', () => {
  it.each<[string, () => Error, readonly string[]]>([
    ['malformed', () => new MalformedError('evidence_malformed', { message: 'no' }), ['evidence_malformed']],
    [
      'refused',
      () => rejected('binding_mismatch', 'evidence_too_old'),
      ['binding_mismatch', 'evidence_too_old'],
    ],
    ['refused without a reason', () => rejected(), ['evidence_rejected']],
    [
      'not to be found out about',
      () => new UnavailableError('provider_unavailable', { message: 'down' }),
      ['provider_unavailable'],
    ],
  ])('takes evidence that is %s for none', async (_, fail, reasons) => {
    const backend = await createTrial(fail);
    expect(await backend.enroll({ evidence: TRIAL })).toMatchObject({ status: 201, body: { tier: 'none' } });
    expect(await observedOf(backend)).toEqual([{ by: 'provider:trial', reasons }]);
  });

  it('leaves other evidence of the request what it is worth', async () => {
    const backend = await createTrial(() => rejected('binding_mismatch'));
    const key = newKey();
    const challenge = await backend.challenge();
    const evidence = [TRIAL, backend.evidenceFor(challenge, key)];
    const answer = await backend.enroll({ key, challenge, evidence });
    expect(answer).toMatchObject({ status: 201, body: { tier: 'strong' } });
    expect(await observedOf(backend)).toEqual([{ by: 'provider:trial', reasons: ['binding_mismatch'] }]);
  });

  it('does not make the other evidence worse to rest on', async () => {
    const policy = createDefaultPolicy({ maxEvidenceAgeSeconds: { strong: 86_400 } });
    const backend = await createTrial(() => rejected('binding_mismatch'), { policy });
    const key = newKey();
    const challenge = await backend.challenge();
    const evidence = [TRIAL, backend.evidenceFor(challenge, key)];
    const first = await backend.enroll({ key, challenge, evidence });
    const second = await backend.renew({ peer: peerFrom(first), key, evidence: null });
    expect(second).toMatchObject({ status: 201, body: { tier: 'strong' } });
    expect(await observedOf(backend)).toEqual([]);
  });

  it('comes before what the policy observes', async () => {
    const policy = observePolicy(createDefaultPolicy(), { allow: { tier: 'none', lifetimeSeconds: 60 } });
    const backend = await createTrial(() => rejected('binding_mismatch'), { policy });
    expect(await backend.enroll({ evidence: TRIAL })).toMatchObject({ status: 201 });
    expect(await observedOf(backend)).toEqual([
      { by: 'provider:trial', reasons: ['binding_mismatch'] },
      { by: 'policy', reasons: ['evidence_missing'] },
    ]);
  });

  it('leaves the policy to deny what is left, and tells the audit trail of both', async () => {
    const backend = await createTrial(() => rejected('binding_mismatch'), { policy: createDefaultPolicy() });
    expect(await backend.enroll({ evidence: TRIAL })).toMatchObject({
      status: 403,
      body: { code: 'policy_denied' },
    });
    expect(backend.events.at(-1)).toMatchObject({
      type: 'issuance_refused',
      reasons: ['evidence_missing'],
      appraisal: { observed: [{ by: 'provider:trial', reasons: ['binding_mismatch'] }] },
    });
  });

  it('refuses in the enforced share, and there only', async () => {
    const backend = await createTrial(() => rejected('binding_mismatch'), { enforcePercent: 50 });
    const answers: [boolean, boolean][] = [];
    for (let index = 0; index < 24; index += 1) {
      const answer = await backend.enroll({ evidence: null });
      const peer = peerFrom(answer);
      const renewed = await backend.renew({ peer, evidence: TRIAL });
      const inShare = isInShare(String(answer.body['deviceId']), 50, 'provider:trial');
      answers.push([inShare, renewed.status === 403]);
    }
    expect(answers.map(([, refused]) => refused)).toEqual(answers.map(([inShare]) => inShare));
    expect(new Set(answers.map(([inShare]) => inShare)).size).toBe(2);
  });

  it('refuses everybody at 100', async () => {
    const backend = await createTrial(() => rejected('binding_mismatch'), { enforcePercent: 100 });
    expect(await backend.enroll({ evidence: TRIAL })).toMatchObject({
      status: 403,
      body: { code: 'evidence_rejected' },
    });
  });

  it('does not hide a bug', async () => {
    const backend = await createTrial(() => new TypeError('a bug'));
    expect(await backend.enroll({ evidence: TRIAL })).toMatchObject({ status: 500 });
    expect(issuedOf(backend.events)).toEqual([]);
  });

  it('does not go on for a client that has gone', async () => {
    const gone = new AbortController();
    const backend = await createTrial(() => {
      gone.abort();
      return new UnavailableError('provider_unavailable', { message: 'nobody waits any longer' });
    });
    const key = newKey();
    const answer = backend.trust.enrolment.enroll({
      csr: createCsr(key),
      challenge: await backend.challenge(),
      evidence: [TRIAL],
      bootstrapCertificateSha256: null,
      signal: gone.signal,
    });
    expect(await rejectionOf(answer)).toMatchObject({ code: 'provider_unavailable' });
    expect(issuedOf(backend.events)).toEqual([]);
  });

  it('does not observe evidence that nobody reads', async () => {
    const backend = await createTrial(() => rejected());
    expect(await backend.enroll({ evidence: { provider: 'stranger' } })).toMatchObject({
      status: 400,
      body: { code: 'evidence_provider_unknown' },
    });
  });

  it.each<[string, string, Readonly<Record<string, { readonly enforcePercent?: number }>>]>([
    ['that there is not', 'observeProviders', { stranger: {} }],
    [
      'of a name that objects have',
      'observeProviders',
      JSON.parse('{"toString":{}}') as Record<string, object>,
    ],
    [
      'with a share that is none',
      'observeProviders.play-integrity.enforcePercent',
      { 'play-integrity': { enforcePercent: 200 } },
    ],
  ])('is refused at creation: one %s', async (_, option, observeProviders) => {
    const error = await rejectionOf(createBackend({ observeProviders }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });
});
