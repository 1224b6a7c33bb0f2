// stores/memory: imports core, contracts and this folder only.

import type { CertificateRecord } from '../../contracts/certificate-store.js';

/** The store keeps and hands out copies, because a `Date` or byte array that a caller holds can be changed. */
export function copyRecord(record: CertificateRecord): CertificateRecord {
  return {
    ...record,
    notBefore: new Date(record.notBefore),
    notAfter: new Date(record.notAfter),
    toBeSigned: Uint8Array.from(record.toBeSigned),
    appraisal: {
      reasons: [...record.appraisal.reasons],
      verdicts: record.appraisal.verdicts.map((verdict) => ({
        ...verdict,
        issuedAt: new Date(verdict.issuedAt),
      })),
      claimed: { ...record.appraisal.claimed },
      evidenceAt: record.appraisal.evidenceAt && new Date(record.appraisal.evidenceAt),
      evidenceDueAt: record.appraisal.evidenceDueAt && new Date(record.appraisal.evidenceDueAt),
      outage: record.appraisal.outage,
      observed: record.appraisal.observed.map(({ by, reasons }) => ({ by, reasons: [...reasons] })),
    },
    enrolledAt: new Date(record.enrolledAt),
    intendedAt: new Date(record.intendedAt),
    certificate: record.certificate && Uint8Array.from(record.certificate),
    issuedAt: record.issuedAt && new Date(record.issuedAt),
    firstUsedAt: record.firstUsedAt && new Date(record.firstUsedAt),
    supersededAt: record.supersededAt && new Date(record.supersededAt),
  };
}
