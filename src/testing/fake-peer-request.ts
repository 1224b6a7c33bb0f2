// testing: may import everything; nothing imports it.

import type { PeerRequest } from '../contracts/peer-certificate.js';
import { parsePem } from '../x509/pem.js';
import { refuseProduction } from './refuse-production.js';

/** What the request comes with. */
export interface FakePeerRequestOptions {
  /** The client certificate of the connection, PEM or DER. Default `null`: the client showed none. */
  readonly certificate?: string | Uint8Array | null;
  /** Header lines. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Address of the client. Default `127.0.0.1`. */
  readonly remoteAddress?: string;
}

/**
 * A request as it would come in over mutual TLS, without any connection: for tests of code that calls an authenticator. It
 * proves nothing about who holds the private key.
 *
 * @throws ConfigurationError in production
 */
export function createFakePeerRequest(options: FakePeerRequestOptions = {}): PeerRequest {
  refuseProduction('createFakePeerRequest');
  const { certificate = null, headers = {}, remoteAddress = '127.0.0.1' } = options;
  const [raw] = typeof certificate === 'string' ? parsePem(certificate, 'CERTIFICATE') : [certificate];
  return {
    socket: { remoteAddress, getPeerX509Certificate: () => (raw ? { raw } : undefined) },
    rawHeaders: Object.entries(headers).flat(),
  };
}
