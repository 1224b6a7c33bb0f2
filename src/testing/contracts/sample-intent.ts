// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import { sha256, sha256Hex } from '../../core/bytes.js';
import type { CertificateIntent, CertificateRecord } from '../../contracts/certificate-store.js';

/** A time in the middle of the life of a {@link sampleIntent}. */
export const SAMPLE_TIME = new Date('2026-03-01T12:00:00.123Z');

/** `days` after {@link SAMPLE_TIME}. */
export function days(count: number): Date {
  return new Date(SAMPLE_TIME.getTime() + count * 24 * 60 * 60 * 1000);
}

/** Device number `index`. */
export function sampleDevice(index: number): string {
  return `0b6f2d3c-6a0e-4c55-9a55-${index.toString(16).padStart(12, '0')}`;
}

/** Key number `index`. */
export function sampleKey(index: number): string {
  return sha256Hex(Buffer.from(`key ${index}`));
}

/**
 * An intent in which everything follows from `index`: its own request, serial number, key and device. Fresh objects each
 * time, so that a store that keeps what it was given is found out.
 */
export function sampleIntent(index: number, change: Partial<CertificateIntent> = {}): CertificateIntent {
  return {
    issuerId: 'a1'.repeat(20),
    serialNumber: sha256Hex(Buffer.from(`serial ${index}`)).slice(0, 32),
    deviceId: sampleDevice(index),
    publicKeySha256: sampleKey(index),
    notBefore: days(-1),
    notAfter: days(7),
    crlShard: index % 16,
    toBeSigned: new Uint8Array(sha256(Buffer.from(`to be signed ${index}`))),
    tier: 'device',
    action: 'enroll',
    requestId: sha256Hex(Buffer.from(`request ${index}`)),
    appraisal: {
      reasons: ['tier_assigned', 'reason_of_another_policy'],
      verdicts: [
        {
          provider: 'play-integrity',
          kind: 'classic',
          issuedAt: new Date('2026-03-01T11:59:58.001Z'),
          deviceIntegrity: 'device',
          appRecognition: 'recognized',
        },
        {
          provider: 'provider-of-another-kind',
          kind: 'ключ',
          issuedAt: new Date('2026-03-01T11:59:59.000Z'),
          deviceIntegrity: 'strong',
          appRecognition: 'unevaluated',
        },
      ],
      claimed: {
        platform: 'android',
        manufacturer: 'ACME "1"',
        model: '手机',
        osVersion: '16',
        appVersion: '1.2.3',
      },
      evidenceAt: new Date('2026-03-01T12:00:00.123Z'),
      evidenceDueAt: new Date('2026-03-31T12:00:00.123Z'),
      outage: 'play-integrity',
      observed: [{ by: 'rule:лицензия', reasons: ['app_not_licensed', 'reason_of_another_policy'] }],
    },
    enrolledAt: days(-30),
    bootstrapCertificateSha256: 'e5'.repeat(32),
    intendedAt: new Date(SAMPLE_TIME),
    ...change,
  };
}

/** The record of an intent to which nothing has happened yet. */
export function recordOf(
  intent: CertificateIntent,
  change: Partial<CertificateRecord> = {},
): CertificateRecord {
  return { ...intent, certificate: null, issuedAt: null, firstUsedAt: null, supersededAt: null, ...change };
}

/** Compares records; a byte array may be of any class. */
export function assertRecord(
  actual: CertificateRecord | null | undefined,
  expected: CertificateRecord,
): void {
  assert.ok(actual, 'there is a record');
  assert.deepEqual(comparable(actual), comparable(expected));
}

function comparable(record: CertificateRecord): unknown {
  return {
    ...record,
    toBeSigned: Buffer.from(record.toBeSigned).toString('hex'),
    certificate: record.certificate && Buffer.from(record.certificate).toString('hex'),
  };
}
