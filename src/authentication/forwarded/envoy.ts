// authentication: imports core, contracts, x509.

import {
  decodeUrlEncodedPemCertificates,
  onlyCertificate,
  verifyCertificateHash,
} from './encoded-certificate.js';
import { malformed, missing } from './forwarded-error.js';
import type { ForwardedFormat } from './forwarded-format.js';
import { parseXfcc, type XfccElement } from './xfcc.js';

/**
 * Envoy, and meshes made of it: `x-forwarded-client-cert`, with `set_current_client_cert_details: { cert: true }` and
 * `forward_client_cert_details` of `SANITIZE_SET` (better: what the client sent is dropped) or `APPEND_FORWARD`. The name of the
 * header is fixed.
 *
 * Of several elements the last one counts, for it is the nearest proxy's; those before it must be in form, and are not
 * believed. `Cert` is percent-encoded PEM; `Hash`, the SHA-256 of its DER, must fit if it is there.
 *
 * The proxy's word: there is none. Envoy writes an element for every certificate that was presented, so let it verify them
 * (`require_client_certificate`, `trusted_ca`, and never `trust_chain_verification: ACCEPT_UNTRUSTED`). No header means that
 * the client has none; an element with `Hash` and without `Cert` is `forwarded_certificate_missing`; two lines, and anything
 * else, are `forwarded_certificate_malformed`. Leave `uri`, `dns` and `subject` off: they repeat the certificate, in a form that
 * its holder has a hand in.
 */
export function envoy(): ForwardedFormat {
  return {
    headers: [{ name: 'x-forwarded-client-cert' }],
    readCertificate([header]) {
      if (header === undefined) return null;
      const elements = parseXfcc(header);
      const nearest = elements.at(-1) ?? elements[0];
      const certificate = findOnly(nearest, 'cert');
      const hash = findOnly(nearest, 'hash');
      if (certificate === null) {
        if (hash === null)
          throw malformed('the last element of x-forwarded-client-cert names no certificate');
        throw missing();
      }
      const der = onlyCertificate(decodeUrlEncodedPemCertificates(certificate));
      if (hash !== null) verifyCertificateHash(der, hash);
      return der;
    },
  };
}

/** The value of a key that may come once; `null` if it does not. */
function findOnly(element: XfccElement, key: string): string | null {
  const pairs = element.filter((pair) => pair.key === key);
  if (pairs.length > 1) throw malformed(`an element of x-forwarded-client-cert has ${key} twice`);
  return pairs[0]?.value ?? null;
}
