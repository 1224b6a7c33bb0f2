// authentication: imports core, contracts, x509.

import { constants, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import type { ServerOptions } from 'node:https';
import { assertWholeNumber } from '../core/assert-option.js';
import { sha256Hex } from '../core/bytes.js';
import { ConfigurationError } from '../core/errors.js';
import { parsePem } from '../x509/pem.js';

/** Options of `https.createServer` that say who is let in: they are set here, and by nobody else. */
const GUARDED = [
  'ca',
  'cert',
  'key',
  'passphrase',
  'pfx',
  'requestCert',
  'rejectUnauthorized',
  'minVersion',
  'secureProtocol',
  'secureOptions',
  'secureContext',
  'sessionIdContext',
  'sessionTimeout',
  'ticketKeys',
  // Either would be a second way in, past the certificates: keys shared beforehand, and contexts with other CAs.
  'pskCallback',
  'SNICallback',
] as const;

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
  /**
   * For how long a client may resume its session instead of showing its certificate anew, in seconds, 1 to 86,400. Each request is
   * authenticated by that certificate all the same. Default 300.
   */
  readonly sessionTimeoutSeconds?: number;
  /**
   * 48 random bytes that replicas share, so that a session is resumed on any of them. Whoever knows them can read recorded TLS 1.2
   * traffic: replace them at least daily, with {@link reloadMutualTlsServer}. Default: each process has its own.
   */
  readonly ticketKeys?: Uint8Array;
  /** Further options of `https.createServer`, such as `ALPNProtocols` or `requestTimeout`; none of those that say who is let in. */
  readonly server?: Omit<ServerOptions, (typeof GUARDED)[number]>;
}

/**
 * Options for `https.createServer`, or a framework's `https` option, that ask every client for a certificate: which CAs
 * count, TLS 1.2 and 1.3, no renegotiation (it could change the certificate of a connection in mid-request), no session of a
 * server with other CAs. Without {@link refuseUntrustedClients} on the same server, clients without a good certificate get as far
 * as their first request; {@link createMutualTlsServer} does both.
 *
 * Node's own verdict is not asked for (`rejectUnauthorized` is off): it needs the root among the CAs, and would then let in
 * every sibling CA under the same root; and it cannot tell an expired certificate of ours from an expired one of anybody.
 *
 * @throws ConfigurationError if a certificate is no certificate, the private key does not fit or is that of a CA, there is no CA,
 *   or a further option would undo what this is for
 */
export function createTlsServerOptions(options: TlsServerOptions): ServerOptions {
  const { certificate, privateKey, passphrase, deviceIssuers, bootstrapIssuers, ticketKeys } = options;
  const { minimumVersion = 'TLSv1.2', sessionTimeoutSeconds = 300, server = {} } = options;
  const leaf = assertKeyFits(certificate, privateKey, passphrase);
  if (deviceIssuers.length === 0)
    throw new ConfigurationError('deviceIssuers', { message: 'at least one is needed' });
  const ca = [...deviceIssuers, ...bootstrapIssuers];
  for (const pem of ca) {
    // A key that signs for devices has no business on a machine that faces the network.
    if (readCa(pem).publicKey.equals(leaf.publicKey))
      throw new ConfigurationError('privateKey', { message: 'must not be that of a CA' });
  }
  assertVersion(minimumVersion);
  assertWholeNumber('sessionTimeoutSeconds', sessionTimeoutSeconds, 1, 86_400);
  if (ticketKeys !== undefined && ticketKeys.length !== 48)
    throw new ConfigurationError('ticketKeys', { message: 'must be 48 bytes' });
  const unsafe = GUARDED.find((name) => name in server);
  if (unsafe !== undefined)
    throw new ConfigurationError(`server.${unsafe}`, { message: 'says who is let in' });
  return {
    ...server,
    cert: certificate,
    key: privateKey,
    ...(passphrase === undefined ? {} : { passphrase }),
    ca,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: minimumVersion,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    sessionTimeout: sessionTimeoutSeconds,
    // At most 32 characters. Node's default is the same for all servers of a process.
    sessionIdContext: sha256Hex(Buffer.from(ca.join())).slice(0, 32),
    ...(ticketKeys === undefined ? {} : { ticketKeys: Buffer.from(ticketKeys) }),
  };
}

function assertKeyFits(
  certificate: string,
  privateKey: string,
  passphrase: string | undefined,
): X509Certificate {
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
  return leaf;
}

/** For callers without types: what TLS would take silently must not be an old version. */
function assertVersion(minimumVersion: string): void {
  if (minimumVersion === 'TLSv1.2' || minimumVersion === 'TLSv1.3') return;
  throw new ConfigurationError('minimumVersion', { message: 'must be TLSv1.2 or TLSv1.3' });
}

function readCa(pem: string): X509Certificate {
  let certificate: X509Certificate;
  let others: number;
  try {
    certificate = new X509Certificate(pem);
    others = parsePem(pem, 'CERTIFICATE').length - 1;
  } catch (cause) {
    throw new ConfigurationError('deviceIssuers, bootstrapIssuers', {
      message: 'one is no PEM certificate',
      cause,
    });
  }
  if (certificate.ca && others === 0) return certificate;
  throw new ConfigurationError('deviceIssuers, bootstrapIssuers', {
    message: 'one is not exactly one CA certificate',
  });
}
