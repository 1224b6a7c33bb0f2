// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import type { CertificateRecord } from '../contracts/certificate-store.js';
import type { Revocation, RevocationStatus } from '../contracts/revocation-store.js';

/** A certificate as JSON. */
export function describeCertificate(record: CertificateRecord): Readonly<Record<string, unknown>> {
  return {
    deviceId: record.deviceId,
    tier: record.tier,
    providers: listProviders(record),
    appVersion: record.appraisal.claimed.appVersion ?? null,
    issuerId: record.issuerId,
    serialNumber: record.serialNumber,
    publicKeySha256: record.publicKeySha256,
    bootstrapCertificateSha256: record.bootstrapCertificateSha256,
    notBefore: record.notBefore,
    notAfter: record.notAfter,
    enrolledAt: record.enrolledAt,
    issuedAt: record.issuedAt,
    firstUsedAt: record.firstUsedAt,
    supersededAt: record.supersededAt,
  };
}

/** Whose evidence the certificate was issued upon. */
export function listProviders({ appraisal }: CertificateRecord): readonly string[] {
  return [...new Set(appraisal.verdicts.map(({ provider }) => provider))];
}

/** What became of a certificate, in a few words. */
export function describeLife(record: CertificateRecord, status: RevocationStatus, now: Date): string {
  if (status.certificate !== null) return describeRevocation('revoked', status.certificate);
  if (status.key !== null) return describeRevocation('key revoked', status.key);
  if (record.certificate === null) return 'intended, not issued';
  if (record.notAfter.getTime() < now.getTime()) return 'expired';
  if (record.supersededAt !== null) return `superseded ${printTime(record.supersededAt)}`;
  return record.firstUsedAt === null ? 'issued, not used yet' : 'in use';
}

/** What the log last said about the device. */
export function describeState({ device }: RevocationStatus): string {
  if (device?.subject.kind !== 'device') return 'active';
  return describeRevocation(device.subject.state, device);
}

/** A time in UTC, to the second. */
export function printTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

function describeRevocation(what: string, { at, reason, note }: Revocation): string {
  return `${what} ${printTime(at)}, ${reason}${note === undefined ? '' : `: ${note}`}`;
}
