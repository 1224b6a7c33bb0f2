// stores/memory: imports core, contracts and this folder only.

import type { CertificateFilter } from '../../contracts/certificate-search.js';
import type { CertificateRecord } from '../../contracts/certificate-store.js';

/** True if every member of the filter that is given applies to the record; `latestOnly` is left to who knows the others. */
export function matchesFilter(record: CertificateRecord, filter: CertificateFilter): boolean {
  const { enrolledFrom, enrolledBefore, notAfterFrom, notAfterBefore } = filter;
  return (
    isAsked(filter.tier, record.tier) &&
    isAsked(filter.appVersion, record.appraisal.claimed.appVersion) &&
    isAsked(filter.bootstrapCertificateSha256, record.bootstrapCertificateSha256) &&
    (filter.provider === undefined || hasProvider(record, filter.provider)) &&
    (enrolledFrom === undefined || record.enrolledAt >= enrolledFrom) &&
    (enrolledBefore === undefined || record.enrolledAt < enrolledBefore) &&
    (notAfterFrom === undefined || record.notAfter > notAfterFrom) &&
    (notAfterBefore === undefined || record.notAfter < notAfterBefore)
  );
}

function isAsked(asked: string | undefined, actual: string | null | undefined): boolean {
  return asked === undefined || asked === actual;
}

/** `''` stands for no provider at all. */
function hasProvider({ appraisal }: CertificateRecord, provider: string): boolean {
  return provider === ''
    ? appraisal.verdicts.length === 0
    : appraisal.verdicts.some((verdict) => verdict.provider === provider);
}
