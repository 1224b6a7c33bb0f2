// contracts: imports core and contracts; types only.

import type { CertificatePage } from './certificate-store.js';

/** Which certificates are meant: those to which every member that is given applies. */
export interface CertificateFilter {
  /** Name of the tier. */
  readonly tier?: string;
  /** Name of a provider that verified a piece of the evidence; `''` for those without any. */
  readonly provider?: string;
  /** What the app claimed to be. A claim only: an attacker chooses it. */
  readonly appVersion?: string;
  /** The release whose bootstrap certificate the device enrolled with: SHA-256 of that certificate, lower-case hex. */
  readonly bootstrapCertificateSha256?: string;
  /** Devices that enrolled at this time or later. */
  readonly enrolledFrom?: Date;
  /** Devices that enrolled before this time. */
  readonly enrolledBefore?: Date;
  /** Certificates that end after this time. */
  readonly notAfterFrom?: Date;
  /** Certificates that end before this time. */
  readonly notAfterBefore?: Date;
  /** Only the latest certificate of each device. Default: all certificates. */
  readonly latestOnly?: boolean;
}

/** One page of a search. */
export interface CertificateSearchQuery extends CertificateFilter {
  /** The `cursor` of the page before. */
  readonly cursor?: string;
  /** At most this many, 1 to 1,000. */
  readonly limit: number;
}

/**
 * The ability of a certificate store to answer the questions of operators. Each equality (tier, provider, app version,
 * release) has an index; where several are given, one is followed and the others are compared.
 *
 * Every method throws {@link UnavailableError} `store_unavailable` when it could not find out, and
 * {@link MalformedError} `request_malformed` for a cursor that is not its own or a limit out of bounds.
 */
export interface CertificateSearch {
  /** Records in order of intent, and the cursor of the next page; `cursor` is `null` after the last one. */
  search(query: CertificateSearchQuery): Promise<CertificatePage>;
  /** How many there are. */
  count(filter: CertificateFilter): Promise<number>;
}
