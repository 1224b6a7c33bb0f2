// http: imports core, contracts and the use cases.

import type { AuditEntry } from '../contracts/audit-store.js';
import type { CertificateRecord } from '../contracts/certificate-store.js';
import type { CrlDescription } from '../contracts/crl-store.js';
import type { RenewalOrder } from '../contracts/renewal-order-store.js';
import type { DeviceState, RevocationStatus } from '../contracts/revocation-store.js';
import type { StatusCacheState } from '../revocation/status-cache.js';
import type { JsonObject } from './read-json.js';

/** A certificate as administrators see it. */
export function describeRecord(record: CertificateRecord): JsonObject {
  const { deviceId, tier, issuerId, serialNumber, publicKeySha256, action, appraisal } = record;
  return {
    deviceId,
    tier,
    issuerId,
    serialNumber,
    publicKeySha256,
    action,
    notBefore: record.notBefore.toISOString(),
    notAfter: record.notAfter.toISOString(),
    enrolledAt: record.enrolledAt.toISOString(),
    intendedAt: record.intendedAt.toISOString(),
    issuedAt: toText(record.issuedAt),
    firstUsedAt: toText(record.firstUsedAt),
    supersededAt: toText(record.supersededAt),
    bootstrapCertificateSha256: record.bootstrapCertificateSha256,
    appraisal: {
      ...appraisal,
      verdicts: appraisal.verdicts.map((verdict) => ({
        ...verdict,
        issuedAt: verdict.issuedAt.toISOString(),
      })),
    },
  };
}

/** The certificate of a device, and whether it is revoked. */
export function describeCertificateStatus(record: CertificateRecord, status: RevocationStatus): JsonObject {
  const revocation = status.certificate ?? status.device ?? status.key;
  return {
    ...describeRecord(record),
    revoked: revocation && {
      at: revocation.at.toISOString(),
      reason: revocation.reason,
      note: revocation.note ?? null,
    },
  };
}

/** An order of renewal as administrators see it. */
export function describeRenewalOrder(order: RenewalOrder): JsonObject {
  const { id, filter, issuedBefore, renewAfter, renewBefore, reason } = order;
  return {
    id,
    filter,
    issuedBefore: issuedBefore.toISOString(),
    renewAfter: renewAfter.toISOString(),
    renewBefore: renewBefore.toISOString(),
    reason,
  };
}

/** What the log last said about a device. */
export function readDeviceState({ device }: RevocationStatus): DeviceState {
  return device?.subject.kind === 'device' ? device.subject.state : 'active';
}

/** An entry of the audit trail; its text is JSON that we wrote. */
export function describeAuditEntry({ sequence, body, hash }: AuditEntry): JsonObject {
  return { sequence, hash, event: JSON.parse(body) as unknown };
}

/** How current this replica is, and the lists that are published. */
export function describeStatus(
  state: StatusCacheState,
  crls: readonly CrlDescription[],
  now: Date,
): JsonObject {
  return {
    revocations: state,
    crls: crls.map(({ issuerId, crlShard, number, thisUpdate, nextUpdate, entryCount, bytes }) => ({
      issuerId,
      shard: crlShard,
      number: number.toString(),
      thisUpdate: thisUpdate.toISOString(),
      nextUpdate: nextUpdate.toISOString(),
      ageSeconds: Math.max(0, (now.getTime() - thisUpdate.getTime()) / 1000),
      entryCount,
      bytes,
    })),
  };
}

function toText(time: Date | null): string | null {
  return time && time.toISOString();
}
