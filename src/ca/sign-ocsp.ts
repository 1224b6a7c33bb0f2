// ca: imports core, contracts, x509.

import type { OcspRequest } from '../contracts/ocsp-signer.js';
import { encodeOcspResponse } from '../x509/encode-ocsp.js';
import { authorityUnavailable } from './authority-unavailable.js';
import { findIssuer } from './find-issuer.js';
import type { LocalIssuer } from './local-issuer.js';

/**
 * Signs an OCSP answer with the key of the CA that issued the certificates asked about, or of the responder that it has put in
 * its place (RFC 6960 section 4.2.2.2).
 *
 * @throws UnavailableError `authority_unavailable`, also if the certificate of the signer is not valid when the answer is made
 */
export async function signOcsp(
  request: OcspRequest,
  { issuers }: { readonly issuers: ReadonlyMap<string, LocalIssuer> },
): Promise<Uint8Array> {
  const { certificate, key, keyHash } = findIssuer(issuers, request.issuerId).ocsp;
  const at = request.producedAt.getTime();
  // Written so that a time that is no time refuses.
  if (!(at >= certificate.notBefore.getTime() && at <= certificate.notAfter.getTime())) {
    throw authorityUnavailable('the certificate that OCSP answers are signed with is not valid now');
  }
  try {
    const responder = { responderKeyHash: keyHash, responderCertificate: certificate.der };
    return await encodeOcspResponse({ ...request, ...responder }, key);
  } catch (cause) {
    throw authorityUnavailable('the OCSP answer could not be signed', cause);
  }
}
