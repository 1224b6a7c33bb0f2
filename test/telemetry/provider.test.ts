import { SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it, test } from 'vitest';
import { MalformedError, RejectedError, UnavailableError } from '../../src/core/errors.js';
import type { IntegrityProvider, VerifyEvidenceRequest } from '../../src/contracts/integrity-provider.js';
import type { IntegrityVerdict } from '../../src/contracts/integrity-verdict.js';
import { createPlayIntegrityProvider, localDecryption } from '../../src/play-integrity.js';
import { createFakePlay, integrityProviderContract } from '../../src/testing.js';
import { rejectionOf } from '../thrown-by.js';
import { createCollecting } from './collecting.js';

const DURATION = 'device_trust.provider.duration';
const NOW = new Date('2026-06-01T12:00:00Z');
const request: VerifyEvidenceRequest = {
  evidence: { provider: 'sample', token: 'a secret token' },
  expected: { challenge: new Uint8Array(32), publicKey: new Uint8Array(91), binding: new Uint8Array(32) },
  now: NOW,
};
const verdict: IntegrityVerdict = {
  provider: 'sample',
  kind: 'classic',
  issuedAt: NOW,
  app: {
    packageName: null,
    certificateSha256: [],
    version: null,
    recognition: 'recognized',
    licensing: 'licensed',
  },
  device: { integrity: 'strong', labels: [] },
  details: {},
};

const provider = (verify: IntegrityProvider['verify']): IntegrityProvider => ({ name: 'sample', verify });

describe('a provider with telemetry', () => {
  const play = createFakePlay();
  const cases = integrityProviderContract({
    create: async () => ({
      provider: createCollecting().telemetry.provider(
        createPlayIntegrityProvider({
          packageName: play.packageName,
          certificateSha256: [play.certificateSha256],
          decode: localDecryption(play),
        }),
      ),
      makeEvidence: ({ expected: { binding } }) => ({
        provider: 'play-integrity',
        token: play.createToken({ binding }),
      }),
    }),
    malformed: [{ provider: 'play-integrity', token: 7 }],
  });
  for (const check of cases) test(check.name, check.run);

  it('hands on the very request and the very verdict', async () => {
    const asked: VerifyEvidenceRequest[] = [];
    const { telemetry } = createCollecting();
    const observed = telemetry.provider(
      provider(async (next) => {
        asked.push(next);
        return verdict;
      }),
    );
    expect(observed.name).toBe('sample');
    expect(await observed.verify(request)).toBe(verdict);
    expect(asked[0]).toBe(request);
  });

  it('measures a verdict in seconds', async () => {
    const { telemetry, clock, collect, spans } = createCollecting();
    const slow = provider(async () => {
      clock.advance(0.3);
      return verdict;
    });
    await telemetry.provider(slow).verify(request);
    const { points } = await collect();
    expect(points).toEqual([
      {
        name: DURATION,
        unit: 's',
        kind: 'histogram',
        attributes: { provider: 'sample', outcome: 'verdict' },
        value: 1,
        sum: 0.3,
        boundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
      },
    ]);
    expect(spans()).toMatchObject([
      {
        name: 'device_trust.provider.verify',
        attributes: { provider: 'sample', outcome: 'verdict' },
        status: { code: SpanStatusCode.UNSET },
      },
    ]);
  });

  it.each([
    ['malformed', new MalformedError('evidence_malformed', { message: 'm' }), 'evidence_malformed', 'UNSET'],
    ['rejected', new RejectedError('evidence_rejected', { message: 'm' }), 'evidence_rejected', 'UNSET'],
    [
      'unavailable',
      new UnavailableError('provider_unavailable', { message: 'm' }),
      'provider_unavailable',
      'ERROR',
    ],
    ['failed', new TypeError('a secret token'), '_OTHER', 'ERROR'],
  ] as const)('measures and hands on what is %s', async (outcome, error, errorType, status) => {
    const { telemetry, points, spans } = createCollecting();
    const failing = provider(() => Promise.reject(error));
    expect(await rejectionOf(telemetry.provider(failing).verify(request))).toBe(error);
    expect(await points(DURATION)).toEqual([{ provider: 'sample', outcome, value: 1 }]);
    const [span] = spans();
    expect(span?.attributes).toEqual({ provider: 'sample', outcome, 'error.type': errorType });
    expect(span?.status).toEqual({ code: SpanStatusCode[status] });
    expect(span?.events).toEqual([]);
  });

  it('rejects where a provider throws before it has a promise', async () => {
    const { telemetry, points } = createCollecting();
    const error = new Error('at once');
    const failing = provider(() => {
      throw error;
    });
    expect(await rejectionOf(telemetry.provider(failing).verify(request))).toBe(error);
    expect(await points(DURATION)).toEqual([{ provider: 'sample', outcome: 'failed', value: 1 }]);
  });
});
