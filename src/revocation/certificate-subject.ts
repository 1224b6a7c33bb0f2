// revocation: imports core, contracts, x509.

import type { CertificateRecord } from '../contracts/certificate-store.js';
import type { RevocationSubject } from '../contracts/revocation-store.js';

/** A certificate as the revocation log names it. */
export function certificateSubject(record: CertificateRecord): RevocationSubject {
  const { issuerId, serialNumber, crlShard, notAfter } = record;
  return { kind: 'certificate', issuerId, serialNumber, crlShard, notAfter };
}
