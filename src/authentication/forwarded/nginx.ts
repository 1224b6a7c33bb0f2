// authentication: imports core, contracts, x509.

import { decodeUrlEncodedPemCertificates, onlyCertificate } from './encoded-certificate.js';
import { malformed, missing, unverified } from './forwarded-error.js';
import type { ForwardedFormat } from './forwarded-format.js';
import { assertHeaderNames } from './header-name.js';

/** Names of the headers that nginx is told to set. */
export interface NginxOptions {
  /** Carries `$ssl_client_escaped_cert`. Default `x-ssl-client-cert`. */
  readonly certificateHeader?: string;
  /** Carries `$ssl_client_verify`. Default `x-ssl-client-verify`. */
  readonly verifyHeader?: string;
}

/**
 * nginx (ngx_http_ssl_module, since 1.13.5): `proxy_set_header` of `$ssl_client_escaped_cert`, the percent-encoded PEM of the
 * leaf, and of `$ssl_client_verify`. Do not use `$ssl_client_cert`: its lines are folded by tabs.
 *
 * The proxy's word: `SUCCESS` with a certificate is accepted; `NONE` without one means that the client has none;
 * `FAILED:reason` is `forwarded_certificate_unverified` (nginx ends such a request itself, unless told by `error_page 495` or
 * `optional_no_ca` to pass it on); `SUCCESS` without certificate is `forwarded_certificate_missing`, as
 * on a resumed session whose certificate was not kept; no verify header (nginx sends none where TLS does not end at it) and
 * anything else is `forwarded_certificate_malformed`. A header that would be empty is not sent by nginx: it counts as absent.
 *
 * @throws ConfigurationError if a name is not a lower-case header name without underscore, or both are the same
 */
export function nginx(options: NginxOptions = {}): ForwardedFormat {
  const { certificateHeader = 'x-ssl-client-cert', verifyHeader = 'x-ssl-client-verify' } = options;
  assertHeaderNames({ certificateHeader, verifyHeader });
  return {
    headers: [{ name: certificateHeader }, { name: verifyHeader }],
    readCertificate([certificate = '', verify = '']) {
      if (verify.startsWith('FAILED:')) throw unverified();
      if (verify === 'NONE' && certificate === '') return null;
      if (verify !== 'SUCCESS') throw malformed(`${verifyHeader} is not what nginx says`);
      if (certificate === '') throw missing();
      return onlyCertificate(decodeUrlEncodedPemCertificates(certificate));
    },
  };
}
