// authentication: imports core, contracts, x509.

import { decodePemCertificates, onlyCertificate } from './encoded-certificate.js';
import { malformed, missing, unverified } from './forwarded-error.js';
import type { ForwardedFormat } from './forwarded-format.js';
import { assertHeaderNames } from './header-name.js';

/** Names of the headers that Apache httpd is told to set. */
export interface ApacheOptions {
  /** Carries `%{SSL_CLIENT_CERT}s`. Default `x-ssl-client-cert`. */
  readonly certificateHeader?: string;
  /** Carries `%{SSL_CLIENT_VERIFY}s`. Default `x-ssl-client-verify`. */
  readonly verifyHeader?: string;
}

/** What mod_headers writes for a variable that is not set, or is empty. */
const NOTHING = '(null)';

/**
 * Apache httpd (mod_ssl, mod_headers): `RequestHeader set` of `%{SSL_CLIENT_CERT}s`, the PEM of the leaf with spaces for line
 * ends, and of `%{SSL_CLIENT_VERIFY}s`.
 *
 * The proxy's word: `SUCCESS` with a certificate is accepted; `NONE` without one means that the client has none; `GENEROUS`
 * (`SSLVerifyClient optional_no_ca`) and `FAILED:reason` are `forwarded_certificate_unverified`; `SUCCESS` without certificate
 * is `forwarded_certificate_missing`; anything else is `forwarded_certificate_malformed`. `(null)` counts as absent.
 *
 * @throws ConfigurationError if a name is not a lower-case header name without underscore, or both are the same
 */
export function apache(options: ApacheOptions = {}): ForwardedFormat {
  const { certificateHeader = 'x-ssl-client-cert', verifyHeader = 'x-ssl-client-verify' } = options;
  assertHeaderNames({ certificateHeader, verifyHeader });
  return {
    headers: [{ name: certificateHeader }, { name: verifyHeader }],
    readCertificate([certificate = '', verify = '']) {
      const hasCertificate = certificate !== '' && certificate !== NOTHING;
      if (verify === 'GENEROUS' || verify.startsWith('FAILED:')) throw unverified();
      if (verify === 'NONE' && !hasCertificate) return null;
      if (verify !== 'SUCCESS') throw malformed(`${verifyHeader} is not what Apache says`);
      if (!hasCertificate) throw missing();
      return onlyCertificate(decodePemCertificates(certificate));
    },
  };
}
