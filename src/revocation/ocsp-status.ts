// revocation: imports core, contracts, x509.

import type { OcspStatus } from '../contracts/ocsp-signer.js';
import type { Revocation, RevocationStatus } from '../contracts/revocation-store.js';

const GOOD: OcspStatus = { status: 'good' };

/**
 * What OCSP says of a certificate that was issued: revoked if it, its device or its key is, since the first of these, for the
 * reason of that.
 */
export function findOcspStatus({ certificate, device, key }: RevocationStatus): OcspStatus {
  let first: Revocation | null = null;
  for (const revocation of [certificate, device, key]) {
    if (revocation && (first === null || revocation.at.getTime() < first.at.getTime())) first = revocation;
  }
  return first === null ? GOOD : { status: 'revoked', revokedAt: first.at, reason: first.reason };
}

/** Whether two statuses say the same. */
export function isSameOcspStatus(a: OcspStatus, b: OcspStatus): boolean {
  if (a.status !== 'revoked' || b.status !== 'revoked') return a.status === b.status;
  return a.revokedAt.getTime() === b.revokedAt.getTime() && a.reason === b.reason;
}
