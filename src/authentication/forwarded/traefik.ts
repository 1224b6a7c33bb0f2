// authentication: imports core, contracts, x509.

import { decodeCertificate } from './encoded-certificate.js';
import type { ForwardedFormat } from './forwarded-format.js';

/**
 * Traefik 3, and 2 from where it stopped escaping: the middleware `passTLSClientCert` with `pem: true`, which sets
 * `X-Forwarded-Tls-Client-Cert` to the base64 of the DER of each certificate that the client presented, leaf first, with commas
 * between them. The name is fixed. Every certificate must be in form; the leaf alone is handed on.
 *
 * The proxy's word: there is none. The middleware forwards what was presented, verified or not; and on a connection without
 * client certificate it leaves the header as it came (its source: it sets, and never removes). So a forged header of a client
 * gets as far as to us unless Traefik is told otherwise. Let it verify certificates (`clientAuthType:
 * RequireAndVerifyClientCert`, or `VerifyClientCertIfGiven`; never `RequestClientCert` or `RequireAnyClientCert`); never set
 * `forwardedHeaders.insecure` or list a client under `trustedIPs` on the entry point, so that it drops the header as it comes
 * in; and remove it once more by a `headers` middleware before this one. `X-Forwarded-Tls-Client-Cert-Info` is not read: it
 * repeats the certificate, under the same conditions. No header, or an empty one, means that the client has none.
 */
export function traefik(): ForwardedFormat {
  return {
    headers: [{ name: 'x-forwarded-tls-client-cert' }],
    readCertificate([header = '']) {
      if (header === '') return null;
      const [leaf = '', ...others] = header.split(',');
      for (const other of others) decodeCertificate(other);
      return decodeCertificate(leaf);
    },
  };
}
