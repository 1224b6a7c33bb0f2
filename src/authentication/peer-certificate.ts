// authentication: imports core, contracts, x509.

import type { TLSSocket } from 'node:tls';
import type { PeerCertificate } from '../contracts/peer-certificate.js';

/**
 * The client certificate of a TLS connection that ends here, or `null` if there is none.
 *
 * `socket.authorized` is not asked: a resumed TLS 1.3 session without a client certificate can report itself as
 * authorised, and a connection outlives the expiry of its certificate. Ask again on each request.
 *
 * @param socket the socket of the request: `request.socket`
 */
export function peerCertificateFromSocket(socket: object): PeerCertificate | null {
  if (!isTlsSocket(socket)) return null;
  const certificate = socket.getPeerX509Certificate();
  return certificate ? { certificate: certificate.raw } : null;
}

function isTlsSocket(socket: object): socket is TLSSocket {
  return 'getPeerX509Certificate' in socket && typeof socket.getPeerX509Certificate === 'function';
}
