// contracts: imports core and contracts; types only.

import type { CertificateName, CertificateRecord } from './certificate-store.js';
import type { RevocationQuery, RevocationStatus } from './revocation-store.js';

/** What has become of one certificate. */
export interface CertificateStatus {
  /** What the store has on record; `null` if it never heard of the certificate. */
  readonly certificate:
    | (Pick<CertificateRecord, 'deviceId' | 'issuedAt' | 'firstUsedAt' | 'supersededAt'> & {
        /** Providers whose evidence stands behind it, in order and once each; empty if there was none. */
        readonly providers: readonly string[];
        /** When that evidence was verified; `null` if there was none. */
        readonly evidenceAt: Date | null;
      })
    | null;
  readonly revocation: RevocationStatus;
}

/** Tells what has become of a certificate, on each request: from the stores, or from what is known of them. */
export interface CertificateStatusSource {
  /**
   * The status, at most as old as the source promises. Throws {@link UnavailableError} `store_unavailable` when it could
   * not find out, `store_rolled_back` when the store knows less than it did.
   */
  find(query: RevocationQuery): CertificateStatus | Promise<CertificateStatus>;
  /** Records the first use of a certificate, see {@link CertificateStore.recordFirstUse}; this source knows it at once. */
  recordFirstUse(certificate: CertificateName & { readonly deviceId: string }, at: Date): Promise<void>;
}
