// ca: imports core, contracts, x509.

import type { OcspRequest } from '../contracts/ocsp-signer.js';
import { encodeOcspResponse } from '../x509/encode-ocsp.js';
import { authorityUnavailable } from './authority-unavailable.js';
import { findIssuer } from './find-issuer.js';
import type { LocalIssuer } from './local-issuer.js';

/**
 * Signs an OCSP answer with the key of the CA that issued the certificate asked about (RFC 6960 section 4.2.2.2).
 *
 * @throws UnavailableError `authority_unavailable`
 */
export async function signOcsp(
  request: OcspRequest,
  { issuers }: { readonly issuers: ReadonlyMap<string, LocalIssuer> },
): Promise<Uint8Array> {
  const { certificate, key, keyHash } = findIssuer(issuers, request.issuerId);
  try {
    const responder = { responderKeyHash: keyHash, responderCertificate: certificate.der };
    return await encodeOcspResponse({ ...request, ...responder }, key);
  } catch (cause) {
    throw authorityUnavailable('the OCSP answer could not be signed', cause);
  }
}
