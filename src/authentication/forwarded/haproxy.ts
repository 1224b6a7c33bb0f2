// authentication: imports core, contracts, x509.

import { decodeCertificate } from './encoded-certificate.js';
import { malformed, missing, unverified } from './forwarded-error.js';
import type { ForwardedFormat } from './forwarded-format.js';
import { assertHeaderNames } from './header-name.js';

/** Names of the headers that HAProxy is told to set. */
export interface HaproxyOptions {
  /** Carries `%[ssl_c_der,base64]`. Default `x-ssl-client-cert`. */
  readonly certificateHeader?: string;
  /** Carries `%[ssl_c_verify]`. Default `x-ssl-client-verify`. */
  readonly verifyHeader?: string;
  /**
   * Carries `%[ssl_c_used]`: whether the TLS session has a client certificate, resumed or not. With it, a certificate that
   * was lost on the way is told from one that never was. Default: none.
   */
  readonly usedHeader?: string;
}

/**
 * HAProxy: `http-request set-header` of `%[ssl_c_der,base64]`, the DER of the leaf in base64, and of `%[ssl_c_verify]`.
 *
 * The proxy's word: verify `0` with a certificate is accepted; `0` without one means that the client has none, for so does
 * HAProxy say under `verify optional`; another number (an `X509_V_ERR_` of OpenSSL, let through by `crt-ignore-err` or
 * `ca-ignore-err`) is `forwarded_certificate_unverified`; no verify header, and anything else, is
 * `forwarded_certificate_malformed`. With `usedHeader`: `1` without certificate is `forwarded_certificate_missing`; `0` with
 * one, and anything but `0` and `1`, is malformed.
 *
 * @throws ConfigurationError if a name is not a lower-case header name without underscore, or two are the same
 */
export function haproxy(options: HaproxyOptions = {}): ForwardedFormat {
  const {
    certificateHeader = 'x-ssl-client-cert',
    verifyHeader = 'x-ssl-client-verify',
    usedHeader,
  } = options;
  assertHeaderNames({ certificateHeader, verifyHeader, usedHeader });
  return {
    headers: [
      { name: certificateHeader },
      { name: verifyHeader },
      ...(usedHeader === undefined ? [] : [{ name: usedHeader }]),
    ],
    readCertificate([certificate = '', verify = '', used = '']) {
      if (!/^(0|[1-9][0-9]{0,9})$/.test(verify)) throw malformed(`${verifyHeader} is no number`);
      if (verify !== '0') throw unverified();
      if (usedHeader !== undefined) {
        if (used !== '0' && used !== '1') throw malformed(`${usedHeader} is neither 0 nor 1`);
        if (used === '1' && certificate === '') throw missing();
        if (used === '0' && certificate !== '') throw malformed('there is a certificate that was not used');
      }
      return certificate === '' ? null : decodeCertificate(certificate);
    },
  };
}
