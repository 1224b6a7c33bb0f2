import { describe, expect, it } from 'vitest';
import { createDefaultPolicy, riskBased, weakTier } from '../../src/index.js';
import { createBackend, newKey, peerFrom, type JsonAnswer } from '../backend.js';

const DAY = 24 * 3600;
const policy = createDefaultPolicy({
  maxEvidenceAgeSeconds: { strong: 3 * DAY },
  withoutEvidence: weakTier({ tier: 'none' }),
});
const dueAt = ({ body }: JsonAnswer) => (body['renewal'] as { evidenceDueAt?: string }).evidenceDueAt;

describe('a renewal that rests on earlier evidence', () => {
  it('works until the evidence is due, and not by being renewed', async () => {
    const backend = await createBackend({ policy });
    const key = newKey();
    const first = await backend.enroll({ key });
    const due = new Date(backend.clock.now().getTime() + 3 * DAY * 1000).toISOString();
    expect(first.body['tier']).toBe('strong');
    expect(dueAt(first)).toBe(due);

    backend.clock.advance(2 * DAY);
    const second = await backend.renew({ peer: peerFrom(first), key, evidence: null });
    expect(second).toMatchObject({ status: 201, body: { tier: 'strong' } });
    expect(dueAt(second)).toBe(due);
    expect(backend.events.at(-1)).toMatchObject({
      appraisal: {
        reasons: ['earlier_evidence'],
        verdicts: [{ provider: 'play-integrity' }],
        evidenceAt: new Date('2026-06-01T12:00:00Z'),
        evidenceDueAt: new Date(due),
      },
    });

    backend.clock.advance(DAY);
    const third = await backend.renew({ peer: peerFrom(second), key, evidence: null });
    expect(third).toMatchObject({ status: 201, body: { tier: 'strong' } });
    backend.clock.advance(1);
    expect(await backend.renew({ peer: peerFrom(third), key, evidence: null })).toMatchObject({
      status: 403,
      body: { code: 'policy_denied', action: 'reattest' },
    });
    expect(backend.events.at(-1)).toMatchObject({ reasons: ['evidence_stale'] });

    const fresh = await backend.renew({ peer: peerFrom(third), key });
    expect(fresh).toMatchObject({ status: 201, body: { tier: 'strong' } });
    expect(dueAt(fresh)).toBe(new Date(backend.clock.now().getTime() + 3 * DAY * 1000).toISOString());
  });

  it('is not for another key: that gets what anyone gets without evidence', async () => {
    const backend = await createBackend({ policy });
    const first = await backend.enroll();
    const second = await backend.renew({ peer: peerFrom(first), key: newKey(), evidence: null });
    expect(second).toMatchObject({ status: 201, body: { tier: 'none' } });
    expect(dueAt(second)).toBeUndefined();
  });

  it('is not for a key that came in between, nor for the first key after it', async () => {
    const backend = await createBackend({ policy });
    const key = newKey();
    const first = await backend.enroll({ key });
    await backend.renew({ peer: peerFrom(first), key: newKey(), evidence: null });
    const third = await backend.renew({ peer: peerFrom(first), key, evidence: null });
    expect(third).toMatchObject({ status: 201, body: { tier: 'none' } });
  });

  it('gives the tier of the latest evidence, not the best there ever was', async () => {
    const backend = await createBackend({
      policy: createDefaultPolicy({ maxEvidenceAgeSeconds: { strong: 3 * DAY, basic: DAY } }),
    });
    const key = newKey();
    const first = await backend.enroll({ key });
    const second = await backend.renew({
      peer: peerFrom(first),
      key,
      play: { labels: ['MEETS_BASIC_INTEGRITY'] },
    });
    const third = await backend.renew({ peer: peerFrom(second), key, evidence: null });
    expect([first, second, third].map(({ body }) => body['tier'])).toEqual(['strong', 'basic', 'basic']);
  });

  it('is not for an enrolment with a key that we know', async () => {
    const backend = await createBackend({ policy });
    const key = newKey();
    await backend.enroll({ key });
    expect(await backend.enroll({ key, evidence: null })).toMatchObject({ body: { tier: 'none' } });
  });

  it('may be asked for twice at once: each gets the same, and neither is due later', async () => {
    const backend = await createBackend({ policy });
    const key = newKey();
    const first = await backend.enroll({ key });
    backend.clock.advance(DAY);
    const renew = () => backend.renew({ peer: peerFrom(first), key, evidence: null });
    for (const answer of await Promise.all([renew(), renew()])) {
      expect(answer).toMatchObject({ status: 201, body: { tier: 'strong' } });
      expect(dueAt(answer)).toBe(dueAt(first));
    }
  });

  it('does not bring back a certificate that was given without evidence to more than it was', async () => {
    const backend = await createBackend({ policy });
    const key = newKey();
    const first = await backend.enroll({ key, evidence: null });
    const second = await backend.renew({ peer: peerFrom(first), key, evidence: null });
    expect(second).toMatchObject({ status: 201, body: { tier: 'none' } });
  });
});

describe('a risk score in the whole path', () => {
  it.each([
    [0.1, { status: 201, body: { tier: 'none' } }],
    [0.9, { status: 403, body: { code: 'policy_denied', action: 'reattest' } }],
    [NaN, { status: 503, body: { code: 'policy_unavailable', action: 'retry' } }],
  ])('of %d decides on a client without evidence', async (score, expected) => {
    const withoutEvidence = riskBased({ score: async () => score, levels: [{ below: 0.5, tier: 'none' }] });
    const backend = await createBackend({ policy: createDefaultPolicy({ withoutEvidence }) });
    expect(await backend.enroll({ evidence: null })).toMatchObject(expected);
  });

  it('that failed leaves the challenge unused', async () => {
    let score = NaN;
    const withoutEvidence = riskBased({ score: () => score, levels: [{ below: 0.5, tier: 'none' }] });
    const backend = await createBackend({ policy: createDefaultPolicy({ withoutEvidence }) });
    const request = { key: newKey(), challenge: await backend.challenge(), evidence: null };
    expect(await backend.enroll(request)).toMatchObject({ status: 503 });
    score = 0;
    expect(await backend.enroll(request)).toMatchObject({ status: 201 });
  });
});
