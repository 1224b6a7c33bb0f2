// ca: imports core, contracts, x509.

import { encodeCrl } from '../x509/encode-crl.js';
import type { RevokedSerial } from '../x509/encode-crl-entry.js';
import { type CertificateIssuerOptions, createCertificateIssuer } from './certificate-issuer.js';

/** The CRL of a CA that is not an authority of this process, such as the root. */
export interface CaCrlOptions {
  readonly issuer: CertificateIssuerOptions;
  /** Greater than that of any CRL that the CA signed before. */
  readonly number: bigint;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Default: nothing is revoked. */
  readonly entries?: Iterable<RevokedSerial>;
}

/**
 * Signs the complete CRL of a CA. Relying parties that check a chain with CRLs ask for one of every CA in it, the root's too.
 *
 * @returns DER
 * @throws ConfigurationError if the issuer is no CA, or another option cannot be used
 * @throws UnavailableError `authority_unavailable` if the key store could not sign
 */
export async function issueCaCrl(options: CaCrlOptions): Promise<Uint8Array> {
  const { certificate, key, keyIdentifier } = createCertificateIssuer(options.issuer, 'issuer');
  const { number, thisUpdate, nextUpdate, entries = [] } = options;
  const content = {
    issuer: certificate.subject,
    authorityKeyIdentifier: keyIdentifier,
    number,
    thisUpdate,
    nextUpdate,
    entries,
  };
  return encodeCrl(content, key);
}
