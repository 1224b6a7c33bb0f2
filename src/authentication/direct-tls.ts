// authentication: imports core, contracts, x509.

import type { TLSSocket } from 'node:tls';
import type { PeerCertificate, PeerCertificateSource } from '../contracts/peer-certificate.js';

/**
 * Client certificates of TLS connections that end in this process. Headers count for nothing, whatever they say.
 *
 * The certificate is asked of the connection on each request. `socket.authorized` is not: a resumed TLS 1.3 session without
 * a client certificate can report itself as authorised, and a connection outlives the expiry of its certificate.
 */
export function directTls(): PeerCertificateSource {
  return {
    readPeerCertificate: ({ socket }) => (socket === null ? null : peerCertificateFromSocket(socket)),
    readAddress({ socket }) {
      return socket !== null && 'remoteAddress' in socket && typeof socket.remoteAddress === 'string'
        ? socket.remoteAddress
        : null;
    },
  };
}

/** The client certificate of a TLS connection that ends here, or `null` if there is none. */
export function peerCertificateFromSocket(socket: object): PeerCertificate | null {
  if (!isTlsSocket(socket)) return null;
  const certificate = socket.getPeerX509Certificate();
  return certificate ? { certificate: certificate.raw } : null;
}

function isTlsSocket(socket: object): socket is TLSSocket {
  return 'getPeerX509Certificate' in socket && typeof socket.getPeerX509Certificate === 'function';
}
