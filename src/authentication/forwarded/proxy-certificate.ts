// authentication: imports core, contracts, x509.

import { decodeSha256, equalBytes, sha256 } from '../../core/bytes.js';
import { systemClock, type Clock } from '../../core/clock.js';
import { ConfigurationError, MalformedError } from '../../core/errors.js';
import { parseCertificate, type Certificate } from '../../x509/certificate.js';
import { peerCertificateFromSocket } from '../direct-tls.js';
import type { ProxyTrust } from './proxy-trust.js';

/** The certificate by which the proxy is known. */
export interface ProxyCertificateOptions {
  /**
   * SHA-256 of the proxy's client certificate, or of its public key (DER SubjectPublicKeyInfo), in hex or base64. Pin the key,
   * and its certificate may be renewed; give two while the key is being changed.
   */
  readonly sha256: readonly string[];
  readonly clock?: Clock;
}

/**
 * Trusts connections on which the proxy itself proved who it is, by TLS with a client certificate. The server must be an HTTPS
 * server with `requestCert: true`; `rejectUnauthorized` may be `false` if the proxy's certificate is of a private CA, for it is
 * the pin that decides. TLS has proven that the peer holds the private key; here the certificate must be one of those pinned,
 * and in time. It costs some tens of microseconds on each request.
 *
 * @throws ConfigurationError if no digest is given, or one is no SHA-256
 */
export function proxyCertificate(options: ProxyCertificateOptions): ProxyTrust {
  const { clock = systemClock } = options;
  if (options.sha256.length === 0)
    throw new ConfigurationError('sha256', { message: 'at least one is needed' });
  const pins = options.sha256.map((text, index) => {
    const pin = decodeSha256(text);
    if (pin === null) throw new ConfigurationError(`sha256[${index}]`, { message: 'is no SHA-256' });
    return pin;
  });

  return {
    headers: [],
    findFault({ socket }) {
      const peer = socket === null ? null : peerCertificateFromSocket(socket);
      const certificate = peer === null ? null : parse(peer.certificate);
      if (certificate === null) return 'the proxy showed no certificate';
      const digests = [sha256(certificate.der), sha256(certificate.publicKey.spki)];
      if (!pins.some((pin) => digests.some((digest) => equalBytes(pin, digest)))) {
        return 'the certificate of the proxy is not one that is pinned';
      }
      const now = clock.now().getTime();
      const inTime = certificate.notBefore.getTime() <= now && now <= certificate.notAfter.getTime();
      return inTime ? null : 'the certificate of the proxy is not valid at this time';
    },
  };
}

function parse(der: Uint8Array): Certificate | null {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}
