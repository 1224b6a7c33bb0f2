// authentication: imports core, contracts, x509.

import { createServer, type Server } from 'node:https';
import type { RequestListener } from 'node:http';
import type { Authenticator } from './authenticator.js';
import { createTlsServerOptions, type TlsServerOptions } from './tls-server-options.js';

/** What {@link createMutualTlsServer} needs. */
export interface MutualTlsServerOptions extends TlsServerOptions {
  readonly authenticator: Pick<Authenticator, 'identify'>;
}

/**
 * Ends every connection whose client certificate does not chain to a pinned CA, or that has none, before a request is read
 * from it. An expired device certificate gets as far as the request, so that the device is told to renew it rather than see
 * a broken connection. Whatever got through here, each request still has to be authenticated.
 */
export function refuseUntrustedClients(server: Server, authenticator: Pick<Authenticator, 'identify'>): void {
  server.prependListener('secureConnection', (socket) => {
    try {
      authenticator.identify({ socket, rawHeaders: [] });
    } catch {
      socket.destroy();
    }
  });
}

/**
 * An HTTPS server for devices: {@link createTlsServerOptions} and {@link refuseUntrustedClients}.
 *
 * @throws ConfigurationError as {@link createTlsServerOptions}
 */
export function createMutualTlsServer(options: MutualTlsServerOptions, listener?: RequestListener): Server {
  const server = createServer(createTlsServerOptions(options), listener);
  refuseUntrustedClients(server, options.authenticator);
  return server;
}

/** What {@link reloadMutualTlsServer} needs. */
export interface ReloadMutualTlsServerOptions extends TlsServerOptions {
  readonly authenticator: Pick<Authenticator, 'replaceIssuers'>;
}

/**
 * Takes a new server certificate, other CAs or ticket keys without a restart. New connections see them at once. Open ones go on; the
 * next request on each is judged by the new CAs, since the authenticator takes them first. Sessions from before are not resumed,
 * unless ticket keys and CAs stay the same.
 *
 * @throws ConfigurationError as {@link createTlsServerOptions} and {@link createAuthenticator}: nothing has changed
 */
export function reloadMutualTlsServer(server: Server, options: ReloadMutualTlsServerOptions): void {
  const { deviceIssuers, bootstrapIssuers, authenticator } = options;
  const fresh = createTlsServerOptions(options);
  authenticator.replaceIssuers({ deviceIssuers, bootstrapIssuers });
  server.setSecureContext(fresh);
}
