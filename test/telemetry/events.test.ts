import { describe, expect, it } from 'vitest';
import type {
  CertificateIssuedEvent,
  DeviceTrustEvent,
  IssuanceRefusedEvent,
  RevokedEvent,
} from '../../src/contracts/event-sink.js';
import { rejectionOf } from '../thrown-by.js';
import { createCollecting } from './collecting.js';

const AT = new Date('2026-06-01T12:00:00Z');
const DEVICE = '0b6f2d3c-6a0e-4c55-9a55-000000000001';

const verdict = (provider: string) => ({
  provider,
  kind: 'classic',
  issuedAt: AT,
  deviceIntegrity: 'device',
  appRecognition: 'recognized',
});

const issued = (providers: readonly string[] = ['play-integrity']): CertificateIssuedEvent => ({
  type: 'certificate_issued',
  at: AT,
  action: 'enroll',
  deviceId: DEVICE,
  issuerId: 'a1'.repeat(20),
  serialNumber: '5e'.repeat(16),
  publicKeySha256: 'b2'.repeat(32),
  tier: 'device',
  notAfter: AT,
  appraisal: {
    reasons: [],
    verdicts: providers.map(verdict),
    claimed: {},
    evidenceAt: null,
    evidenceDueAt: null,
    outage: null,
    observed: [],
  },
});

const refused = (reasons: readonly string[]): IssuanceRefusedEvent => ({
  type: 'issuance_refused',
  at: AT,
  action: 'renew',
  deviceId: DEVICE,
  publicKeySha256: 'b2'.repeat(32),
  code: 'policy_denied',
  reasons,
  appraisal: null,
});

const revoked = (target: RevokedEvent['target']): RevokedEvent => ({
  type: 'revoked',
  at: AT,
  actor: 'alice',
  note: 'lost in a taxi',
  target,
  deviceId: DEVICE,
  reason: 'keyCompromise',
});

/** Points of a metric once these events were recorded. */
async function countedFrom(name: string, ...events: readonly DeviceTrustEvent[]) {
  const { telemetry, points } = createCollecting();
  const sink = telemetry.events();
  for (const event of events) await sink.record(event);
  return points(name);
}

describe('a certificate that was issued', () => {
  const name = 'device_trust.certificates.issued';
  const labels = { action: 'enroll', tier: 'device' };

  it('counts by action, tier and provider', async () => {
    expect(await countedFrom(name, issued(), issued())).toEqual([
      { ...labels, provider: 'play-integrity', value: 2 },
    ]);
  });

  it('names its providers in order, once each', async () => {
    expect(await countedFrom(name, issued(['b', 'a', 'b']))).toEqual([
      { ...labels, provider: 'a+b', value: 1 },
    ]);
  });

  it('names no provider where there was no evidence', async () => {
    expect(await countedFrom(name, issued([]))).toEqual([{ ...labels, provider: 'none', value: 1 }]);
  });
});

describe('a certificate of the outage policy', () => {
  it('counts by the provider that was down, and no other does', async () => {
    const event = issued();
    const bridged = { ...event, appraisal: { ...event.appraisal, outage: 'play-integrity' } };
    expect(await countedFrom('device_trust.outage.certificates', event, bridged, bridged)).toEqual([
      { provider: 'play-integrity', action: 'enroll', value: 2 },
    ]);
  });
});

describe('what is only observed', () => {
  const name = 'device_trust.observed.refusals';
  const observing = (...observed: CertificateIssuedEvent['appraisal']['observed']) => {
    const event = issued();
    return { ...event, appraisal: { ...event.appraisal, observed } };
  };

  it('counts by who would have refused and why, once for each reason', async () => {
    const counted = await countedFrom(
      name,
      observing(
        { by: 'rule:licensed app', reasons: ['app_not_licensed', 'evidence_stale', 'evidence_stale'] },
        { by: 'policy', reasons: ['app_not_licensed'] },
      ),
      observing({ by: 'policy', reasons: ['app_not_licensed'] }),
    );
    expect(counted).toEqual([
      { by: 'rule:licensed app', reason: 'app_not_licensed', value: 1 },
      { by: 'rule:licensed app', reason: 'evidence_stale', value: 1 },
      { by: 'policy', reason: 'app_not_licensed', value: 2 },
    ]);
  });

  it('counts the error code of a provider that gave no reason', async () => {
    const counted = await countedFrom(
      name,
      observing({ by: 'provider:trial', reasons: ['provider_unavailable'] }),
    );
    expect(counted).toEqual([{ by: 'provider:trial', reason: 'provider_unavailable', value: 1 }]);
  });

  it('has few values, whatever a policy of another hand says', async () => {
    const texts = Array.from({ length: 500 }, (_, index) => ({
      by: `who ${index}`,
      reasons: [`why ${index}`],
    }));
    expect(await countedFrom(name, observing(...texts))).toEqual([
      { by: 'other', reason: 'other', value: 500 },
    ]);
  });

  it('counts nothing where nothing was observed', async () => {
    expect(await countedFrom(name, issued())).toEqual([]);
  });
});

describe('a refused issuance', () => {
  const name = 'device_trust.issuance.refused';
  const labels = { action: 'renew', code: 'policy_denied' };

  it('counts once for each of its reasons', async () => {
    const counted = await countedFrom(name, refused(['app_not_licensed', 'evidence_stale']));
    expect(counted).toEqual([
      { ...labels, reason: 'app_not_licensed', value: 1 },
      { ...labels, reason: 'evidence_stale', value: 1 },
    ]);
  });

  it('counts once for a reason that comes twice', async () => {
    const counted = await countedFrom(name, refused(['evidence_stale', 'evidence_stale']));
    expect(counted).toEqual([{ ...labels, reason: 'evidence_stale', value: 1 }]);
  });

  it('counts all reasons of other providers and policies as one', async () => {
    const texts = Array.from({ length: 500 }, (_, index) => `reason_of_an_attacker_${index}`);
    expect(await countedFrom(name, refused(texts))).toEqual([{ ...labels, reason: 'other', value: 1 }]);
  });

  it('takes no word for known that is only a property of every object', async () => {
    expect(await countedFrom(name, refused(['constructor']))).toEqual([
      { ...labels, reason: 'other', value: 1 },
    ]);
  });

  it('counts where the code says it all', async () => {
    expect(await countedFrom(name, refused([]))).toEqual([{ ...labels, reason: 'none', value: 1 }]);
  });
});

describe('the other events', () => {
  it('count refused requests by code', async () => {
    const event = {
      type: 'request_refused',
      at: AT,
      deviceId: DEVICE,
      serialNumber: '5e'.repeat(16),
      code: 'certificate_revoked',
      reasons: [],
    } as const;
    expect(await countedFrom('device_trust.requests.refused', event)).toEqual([
      { code: 'certificate_revoked', value: 1 },
    ]);
  });

  it.each([
    ['certificate', { serialNumber: '5e'.repeat(16) }],
    ['device', { deviceId: DEVICE, state: 'banned' as const }],
    ['key', { publicKeySha256: 'b2'.repeat(32) }],
    ['batch', { filter: { tier: 'basic' } }],
  ])('count the revocation of a %s by kind and reason', async (kind, target) => {
    expect(await countedFrom('device_trust.revocations', revoked(target))).toEqual([
      { kind, reason: 'keyCompromise', value: 1 },
    ]);
  });

  it('add up what batches revoked', async () => {
    const batch = {
      type: 'batch_revoked',
      at: AT,
      actor: 'alice',
      note: null,
      filter: {},
      reason: 'superseded',
    } as const;
    const counted = await countedFrom(
      'device_trust.certificates.batch_revoked',
      { ...batch, revoked: 700 },
      { ...batch, revoked: 42 },
    );
    expect(counted).toEqual([{ reason: 'superseded', value: 742 }]);
  });

  it('count devices that were reinstated', async () => {
    const event = {
      type: 'device_reinstated',
      at: AT,
      actor: 'alice',
      note: null,
      deviceId: DEVICE,
    } as const;
    expect(await countedFrom('device_trust.devices.reinstated', event)).toEqual([{ value: 1 }]);
  });

  it('count the alarms of each budget', async () => {
    const alarm = { type: 'vendor_budget_low', at: AT, used: 5000, budget: 10_000 } as const;
    const counted = await countedFrom(
      'device_trust.vendor.budget_alarms',
      { ...alarm, provider: 'play-integrity' },
      { ...alarm, provider: 'play-integrity', used: 8000 },
      { ...alarm, provider: 'another' },
    );
    expect(counted).toEqual([
      { provider: 'play-integrity', value: 2 },
      { provider: 'another', value: 1 },
    ]);
  });
});

describe('the next sink', () => {
  it('gets each event as it came', async () => {
    const { telemetry } = createCollecting();
    const taken: DeviceTrustEvent[] = [];
    const event = issued();
    await telemetry.events({ record: (next) => void taken.push(next) }).record(event);
    expect(taken).toHaveLength(1);
    expect(taken[0]).toBe(event);
  });

  it.each([
    ['rejects', (error: Error) => Promise.reject(error)],
    [
      'throws',
      (error: Error) => {
        throw error;
      },
    ],
  ])('that %s is heard, and what it did not take is not counted', async (_, fail) => {
    const { telemetry, points } = createCollecting();
    const error = new Error('the log is full');
    const sink = telemetry.events({ record: () => fail(error) });
    expect(await rejectionOf(Promise.resolve(sink.record(issued())))).toBe(error);
    expect(await points('device_trust.certificates.issued')).toEqual([]);
  });
});
