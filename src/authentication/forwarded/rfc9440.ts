// authentication: imports core, contracts, x509.

import { decodeCertificate } from './encoded-certificate.js';
import { malformed } from './forwarded-error.js';
import type { ForwardedFormat } from './forwarded-format.js';

/**
 * RFC 9440: `Client-Cert`, a byte sequence of Structured Fields (RFC 8941 section 3.3.5, `:base64:`) with the DER of the leaf,
 * and `Client-Cert-Chain`, a list of such, with the certificates above it.
 *
 * The proxy's word: there is none in the RFC. A proxy that speaks it sends `Client-Cert` for certificates that it verified
 * and removes what a client sent under that name (section 4), on every connection; see to it that yours does. No
 * `Client-Cert` means that the client has none. `Client-Cert-Chain` may span several lines; it is checked for form, and
 * without `Client-Cert` it is malformed, as are parameters and empty values. The chain is not handed on: the authenticator
 * knows the issuers that it trusts.
 *
 * For Cloudflare's `cf.tls_client_auth.cert_rfc9440`, which is filled for invalid certificates too, set the header only
 * where `cf.tls_client_auth.cert_verified and not cf.tls_client_auth.cert_revoked`, and remove it everywhere else.
 */
export function rfc9440(): ForwardedFormat {
  return {
    headers: [{ name: 'client-cert' }, { name: 'client-cert-chain', isList: true }],
    readCertificate([certificate, chain]) {
      if (certificate === undefined) {
        if (chain !== undefined) throw malformed('there is a client-cert-chain and no client-cert');
        return null;
      }
      const leaf = decodeByteSequence(certificate);
      if (chain !== undefined) for (const member of chain.split(',')) decodeByteSequence(member.trim());
      return leaf;
    },
  };
}

/** Reads `:base64:` with the DER of one certificate. */
export function decodeByteSequence(text: string): Uint8Array {
  if (text.length < 3 || !text.startsWith(':') || !text.endsWith(':')) {
    throw malformed('the certificate is no byte sequence of Structured Fields');
  }
  return decodeCertificate(text.slice(1, -1));
}
