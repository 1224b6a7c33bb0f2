// authentication: imports core, contracts, x509.

import { decodeCertificate, verifyCertificateHash } from './encoded-certificate.js';
import { malformed, missing } from './forwarded-error.js';
import type { ForwardedFormat } from './forwarded-format.js';
import { assertHeaderNames } from './header-name.js';

/** Names of the headers that Caddy is told to set. */
export interface CaddyOptions {
  /** Carries `{tls_client_certificate_der_base64}`. Default `x-ssl-client-cert`. */
  readonly certificateHeader?: string;
  /** Carries `{tls_client_fingerprint}`. Default `x-ssl-client-fingerprint`. */
  readonly fingerprintHeader?: string;
}

/** What Caddy sends, word for word, where a placeholder has no value: the connection has no client certificate. */
const NO_CERTIFICATE = '{http.request.tls.client.certificate_der_base64}';
const NO_FINGERPRINT = '{http.request.tls.client.fingerprint}';

/**
 * Caddy 2: `header_up` of `{tls_client_certificate_der_base64}`, the DER of the leaf in base64, and of `{tls_client_fingerprint}`,
 * its SHA-256 in hex. On a connection without client certificate Caddy sends the names of the placeholders as they are.
 *
 * The proxy's word: there is none. Caddy forwards what was presented, so let it verify: `client_auth` with mode
 * `require_and_verify` or `verify_if_given`, never `request` or `require`. The fingerprint shows at least that both headers come
 * from one hand: it must fit. Both as placeholders, or empty, mean that the client has none; a fingerprint without
 * certificate is `forwarded_certificate_missing`; a certificate without fingerprint, no fingerprint header at all, and
 * anything else, is `forwarded_certificate_malformed`.
 *
 * @throws ConfigurationError if a name is not a lower-case header name without underscore, or both are the same
 */
export function caddy(options: CaddyOptions = {}): ForwardedFormat {
  const { certificateHeader = 'x-ssl-client-cert', fingerprintHeader = 'x-ssl-client-fingerprint' } = options;
  assertHeaderNames({ certificateHeader, fingerprintHeader });
  return {
    headers: [{ name: certificateHeader }, { name: fingerprintHeader }],
    readCertificate([certificate = '', fingerprint]) {
      if (fingerprint === undefined) throw malformed(`there is no ${fingerprintHeader}`);
      const hasCertificate = certificate !== '' && certificate !== NO_CERTIFICATE;
      const hasFingerprint = fingerprint !== '' && fingerprint !== NO_FINGERPRINT;
      if (!hasCertificate && !hasFingerprint) return null;
      if (!hasCertificate) throw missing();
      const der = decodeCertificate(certificate);
      verifyCertificateHash(der, fingerprint);
      return der;
    },
  };
}
