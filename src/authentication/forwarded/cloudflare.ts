// authentication: imports core, contracts, x509.

import { ConfigurationError } from '../../core/errors.js';
import { decodeCertificate, verifyCertificateHash } from './encoded-certificate.js';
import { malformed, missing, unverified } from './forwarded-error.js';
import type { ForwardedFormat } from './forwarded-format.js';
import { assertHeaderNames } from './header-name.js';

/** Names of the headers that a request header transform rule is told to set. */
export interface CloudflareOptions {
  /** Carries `to_string(cf.tls_client_auth.cert_verified)`. Default `x-client-cert-verified`. */
  readonly verifiedHeader?: string;
  /** Carries `to_string(cf.tls_client_auth.cert_revoked)`. Default `x-client-cert-revoked`. */
  readonly revokedHeader?: string;
}

/**
 * Cloudflare, with the mTLS setting that forwards client certificates: `Cf-Client-Cert-Der-Base64` and, if it is there,
 * `Cf-Client-Cert-Sha256`. Cloudflare fills them for invalid, expired and self-signed certificates too. So a request header
 * transform rule for all requests must set two more headers; their names must not begin with `cf-` or `x-cf-`, which rules
 * can not set.
 *
 * The proxy's word: verified `true`, revoked `false` and a certificate are accepted; without certificate, verified `false`
 * means that the client has none, and `true` is `forwarded_certificate_missing`; a certificate with verified `false` or
 * revoked `true` is `forwarded_certificate_unverified`; a header of the rule that is absent, a hash that does not fit, and
 * anything else, is `forwarded_certificate_malformed`. Whether Cloudflare removes a `Cf-Client-Cert-Der-Base64` that a client
 * without certificate sent is not documented; nothing depends on it, because then verified is `false`.
 *
 * @throws ConfigurationError if a name is not a lower-case header name without underscore, begins with `cf-` or `x-cf-`, or
 *   both are the same
 */
export function cloudflare(options: CloudflareOptions = {}): ForwardedFormat {
  const { verifiedHeader = 'x-client-cert-verified', revokedHeader = 'x-client-cert-revoked' } = options;
  assertHeaderNames({ verifiedHeader, revokedHeader });
  for (const [option, name] of Object.entries({ verifiedHeader, revokedHeader })) {
    if (/^(x-)?cf-/.test(name)) {
      throw new ConfigurationError(option, {
        message: 'begins with cf- or x-cf-, which a rule of Cloudflare can not set',
      });
    }
  }
  return {
    headers: [
      { name: 'cf-client-cert-der-base64' },
      { name: 'cf-client-cert-sha256' },
      { name: verifiedHeader },
      { name: revokedHeader },
    ],
    readCertificate([certificate = '', hash = '', verified, revoked]) {
      if (verified !== 'true' && verified !== 'false') throw malformed(`${verifiedHeader} is not set`);
      if (revoked !== 'true' && revoked !== 'false') throw malformed(`${revokedHeader} is not set`);
      if (revoked === 'true') throw unverified();
      if (certificate === '') {
        if (verified === 'true') throw missing();
        return null;
      }
      if (verified === 'false') throw unverified();
      const der = decodeCertificate(certificate);
      if (hash !== '') verifyCertificateHash(der, hash);
      return der;
    },
  };
}
