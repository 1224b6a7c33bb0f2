// authentication: imports core, contracts, x509.

import { constants, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { RequestListener } from 'node:http';
import { ConfigurationError } from '../core/errors.js';
import type { Authenticator } from './authenticator.js';

/** What a TLS server needs to speak to devices. */
export interface TlsServerOptions {
  /** The server's own certificate and the CAs above it, PEM. */
  readonly certificate: string;
  /** Private key of the server's certificate, PEM. */
  readonly privateKey: string;
  /** Passphrase of the private key. Default: it is not encrypted. */
  readonly passphrase?: string;
  /** The issuing CAs of device certificates, PEM. */
  readonly deviceIssuers: readonly string[];
  /** The CAs of bootstrap certificates, PEM. */
  readonly bootstrapIssuers: readonly string[];
  /** Default `TLSv1.2`. */
  readonly minimumVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/**
 * Options for `https.createServer`, or a framework's `https` option, that ask every client for a certificate: which CAs
 * count, TLS 1.2 and 1.3, no renegotiation (it could change the certificate of a connection in mid-request). Without
 * {@link refuseUntrustedClients} on the same server, clients without a good certificate get as far as their first request;
 * {@link createMutualTlsServer} does both.
 *
 * Node's own verdict is not asked for (`rejectUnauthorized` is off): it needs the root among the CAs, and would then let in
 * every sibling CA under the same root; and it cannot tell an expired certificate of ours from an expired one of anybody.
 *
 * @throws ConfigurationError if a certificate is no certificate, the private key does not fit, or there is no CA
 */
export function createTlsServerOptions(options: TlsServerOptions): ServerOptions {
  const {
    certificate,
    privateKey,
    passphrase,
    deviceIssuers,
    bootstrapIssuers,
    minimumVersion = 'TLSv1.2',
  } = options;
  assertKeyFits(certificate, privateKey, passphrase);
  if (deviceIssuers.length === 0)
    throw new ConfigurationError('deviceIssuers', { message: 'at least one is needed' });
  const ca = [...deviceIssuers, ...bootstrapIssuers];
  for (const pem of ca) assertCa(pem);
  return {
    cert: certificate,
    key: privateKey,
    ...(passphrase === undefined ? {} : { passphrase }),
    ca,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: minimumVersion,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
}

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

function assertKeyFits(certificate: string, privateKey: string, passphrase: string | undefined): void {
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(certificate);
  } catch (cause) {
    throw new ConfigurationError('certificate', { message: 'is no PEM certificate', cause });
  }
  let fits: boolean;
  try {
    const key = createPrivateKey({ key: privateKey, ...(passphrase === undefined ? {} : { passphrase }) });
    fits = createPublicKey(key).equals(leaf.publicKey);
  } catch (cause) {
    throw new ConfigurationError('privateKey', {
      message: 'is no PEM private key, or the passphrase is wrong',
      cause,
    });
  }
  if (!fits) throw new ConfigurationError('privateKey', { message: 'does not fit the certificate' });
}

function assertCa(pem: string): void {
  try {
    if (new X509Certificate(pem).ca) return;
  } catch (cause) {
    throw new ConfigurationError('deviceIssuers, bootstrapIssuers', {
      message: 'one is no PEM certificate',
      cause,
    });
  }
  throw new ConfigurationError('deviceIssuers, bootstrapIssuers', { message: 'one is no CA certificate' });
}
