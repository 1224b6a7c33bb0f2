// revocation: imports core, contracts, x509.

import type { CertificateRecord, CertificateStore } from '../contracts/certificate-store.js';
import type { CrlEntry } from '../contracts/crl-signer.js';
import type { Revocation, RevocationStore } from '../contracts/revocation-store.js';
import { listRecords } from './list-records.js';

/** A revoked certificate, with the list it belongs on. */
export interface RevokedCertificate extends CrlEntry {
  readonly issuerId: string;
  readonly crlShard: number;
}

/** What the log comes to, certificate by certificate. */
export interface RevokedCertificates {
  readonly entries: readonly RevokedCertificate[];
  /** Position of the last log entry that was read. */
  readonly sequence: number;
}

const PAGE = 1000;

/**
 * Turns the revocation log into the certificates that are revoked by it: named ones, those of suspended and banned
 * devices, and those of revoked keys. Certificates that have ended are left out (RFC 5280 section 5).
 */
export async function collectRevokedCertificates(options: {
  readonly certificates: CertificateStore;
  readonly revocations: RevocationStore;
  readonly now: Date;
}): Promise<RevokedCertificates> {
  const { certificates, revocations, now } = options;
  const entries = new Map<string, RevokedCertificate>();
  const devices = new Map<string, Revocation>();
  let sequence = 0;

  function add(record: CertificateRecord, revocation: Revocation): void {
    const { issuerId, serialNumber, crlShard, notAfter } = record;
    const name = `${issuerId}:${serialNumber}`;
    if (notAfter.getTime() < now.getTime() || entries.has(name)) return;
    const { at, reason } = revocation;
    entries.set(name, { issuerId, serialNumber, crlShard, revokedAt: at, reason });
  }

  for (;;) {
    const page = await revocations.list({ afterSequence: sequence, limit: PAGE });
    for (const revocation of page) {
      sequence = revocation.sequence;
      const { subject } = revocation;
      if (subject.kind === 'device') {
        devices.set(subject.deviceId, revocation);
      } else if (subject.kind === 'key') {
        const { publicKeySha256 } = subject;
        for await (const record of listRecords(certificates, { publicKeySha256, notAfterFrom: now })) {
          add(record, revocation);
        }
      } else {
        const { issuerId, serialNumber } = subject;
        const record = await certificates.find({ by: 'name', issuerId, serialNumber });
        if (record) add(record, revocation);
      }
    }
    if (page.length < PAGE) break;
  }
  // Only the last word about a device counts.
  for (const [deviceId, revocation] of devices) {
    if (revocation.subject.kind !== 'device' || revocation.subject.state === 'active') continue;
    for await (const record of listRecords(certificates, { deviceId, notAfterFrom: now }))
      add(record, revocation);
  }
  return { entries: [...entries.values()], sequence };
}
