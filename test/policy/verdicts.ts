import type { IntegrityVerdict } from '../../src/contracts/integrity-verdict.js';
import type { PolicyContext } from '../../src/contracts/policy.js';

export const NOW = new Date('2026-03-01T12:00:00.000Z');

/** What a test says of a verdict; the rest is that of a good one. */
export interface VerdictChange {
  readonly provider?: string;
  readonly recognition?: string;
  readonly licensing?: string;
  readonly integrity?: string;
  readonly issuedAt?: Date;
}

/** A verdict of a recognised, licensed app on a strong device, but for what is changed. */
export function verdict(change: VerdictChange = {}): IntegrityVerdict {
  const { provider = 'play-integrity', recognition = 'recognized', licensing = 'licensed' } = change;
  const { integrity = 'strong', issuedAt = new Date(NOW.getTime() - 5000) } = change;
  const made: unknown = {
    provider,
    kind: 'classic',
    issuedAt,
    app: {
      packageName: 'com.example.app',
      certificateSha256: ['ab'.repeat(32)],
      version: '7',
      recognition,
      licensing,
    },
    device: { integrity, labels: [] },
    details: {},
  };
  return made as IntegrityVerdict; // words that no vendor has today are part of what is tested
}

/** A first certificate with these verdicts. */
export function context(...verdicts: readonly IntegrityVerdict[]): PolicyContext {
  return {
    action: 'enroll',
    verdicts,
    deviceId: 'd',
    history: null,
    sameKey: false,
    claimed: {},
    bootstrapCertificateSha256: 'cd'.repeat(32),
    now: NOW,
  };
}

export function renewal(...verdicts: readonly IntegrityVerdict[]): PolicyContext {
  return {
    ...context(...verdicts),
    action: 'renew',
    bootstrapCertificateSha256: null,
    history: { deviceId: 'd', tier: 'strong', lastIssuedAt: new Date(0), notAfter: NOW, evidence: null },
  };
}
