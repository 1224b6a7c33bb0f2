// authentication: imports core, contracts, x509.

import { hash } from 'node:crypto';
import { isIP } from 'node:net';
import type { PeerCertificateSource, PeerRequest } from '../../contracts/peer-certificate.js';
import { assertWholeNumber } from '../../core/assert-option.js';
import { createBoundedCache } from '../../core/bounded-cache.js';
import { ConfigurationError, RejectedError } from '../../core/errors.js';
import type { ForwardedFormat } from './forwarded-format.js';
import { assertHeaderNames } from './header-name.js';
import { createHeaderReader } from './header-reader.js';
import type { ProxyTrust } from './proxy-trust.js';

/** What client certificates are forwarded by. */
export interface ForwardedCertificatesOptions {
  /** The form in which the proxy forwards them: exactly one, such as {@link nginx}`()`. */
  readonly format: ForwardedFormat;
  /**
   * How a request shows that it came through the proxy, such as {@link proxyAddresses}. Of several, every one must hold.
   * Required: whoever reaches the server past the proxy could otherwise send any certificate they have ever seen.
   */
  readonly proxy: ProxyTrust | readonly ProxyTrust[];
  /**
   * The header to which the proxy appends the address of its client, lower-case, such as `x-forwarded-for`. Of several
   * addresses the last one counts: those before it are the client's own word. Default: none, and no address is known.
   */
  readonly addressHeader?: string;
  /**
   * Of how many different header values to remember what they were read as, about 600 bytes each, 2 to 1,000,000: devices send
   * requests in bursts, and reading is most of the work. Default 4,096.
   */
  readonly cacheCapacity?: number;
}

/**
 * Client certificates that a proxy forwards in headers, because TLS ends there. The proxy must set or remove every header of
 * the format on every request, on those without certificate too.
 *
 * On each request, in this order: the request must come through the trusted proxy (with or without certificate); no header
 * of the format or the trust may be there twice, under a name with `_` in place of `-`, or longer than 16 KiB; then the
 * format is read, with the proxy's word that it verified the certificate where this kind of proxy gives one. The
 * certificate of the connection itself, if it has one, is the proxy's and is never taken for the client's.
 *
 * What it hands out is not verified by us: the authenticator verifies chain, dates and key usage of each certificate again.
 *
 * @throws ConfigurationError if there is no trust, or two of them or trust and format want the same header
 */
export function createForwardedCertificates(options: ForwardedCertificatesOptions): PeerCertificateSource {
  const { format, addressHeader, cacheCapacity = 4096 } = options;
  assertWholeNumber('cacheCapacity', cacheCapacity, 2, 1_000_000);
  const trusts = 'findFault' in options.proxy ? [options.proxy] : [...options.proxy];
  if (trusts.length === 0) {
    throw new ConfigurationError('proxy', { message: 'say how the proxy is told from anyone else' });
  }
  const trustHeaders = trusts.flatMap(({ headers }) => headers);
  assertHeaderNames({
    ...Object.fromEntries(format.headers.map(({ name }, index) => [`format.headers[${index}]`, name])),
    ...Object.fromEntries(trustHeaders.map((name, index) => [`proxy.headers[${index}]`, name])),
    addressHeader,
  });
  const readHeaders = createHeaderReader(format.headers, trustHeaders);
  const readBefore = createBoundedCache<Uint8Array>(cacheCapacity);

  /** The same values are read as the same certificate, whoever sends them: nothing of a connection or a client is remembered. */
  function readCertificate(values: readonly (string | undefined)[]): Uint8Array | null {
    const key = keyOf(values);
    const known = readBefore.get(key);
    // A copy: what is remembered is nobody else's to change.
    if (known !== undefined) return Buffer.from(known);
    const certificate = format.readCertificate(values);
    if (certificate !== null) readBefore.set(key, Buffer.from(certificate));
    return certificate;
  }

  function findFault(request: PeerRequest): string | null {
    for (const trust of trusts) {
      const fault = trust.findFault(request);
      if (fault !== null) return fault;
    }
    return null;
  }

  return {
    readPeerCertificate(request) {
      const fault = findFault(request);
      if (fault !== null) throw new RejectedError('proxy_untrusted', { message: fault });
      const certificate = readCertificate(readHeaders(request.rawHeaders));
      return certificate === null ? null : { certificate };
    },

    readAddress(request) {
      if (addressHeader === undefined || findFault(request) !== null) return null;
      const address = lastValue(request.rawHeaders, addressHeader)?.split(',').at(-1)?.trim() ?? '';
      return isIP(address) === 0 ? null : address;
    },
  };
}

/** The SHA-256 of a text that no other values have: each goes with its length. */
function keyOf(values: readonly (string | undefined)[]): string {
  let text = '';
  for (const value of values) text += value === undefined ? '-' : `${value.length}:${value}`;
  return hash('sha256', text, 'binary');
}

/** The value of the last line with that name. */
function lastValue(rawHeaders: readonly string[], name: string): string | undefined {
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) {
    const candidate = rawHeaders[at];
    if (candidate?.length === name.length && candidate.toLowerCase() === name) return rawHeaders[at + 1];
  }
  return undefined;
}
