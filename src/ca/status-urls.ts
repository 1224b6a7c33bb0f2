// ca: imports core, contracts, x509.

import { ConfigurationError } from '../core/errors.js';

/** Where the status listener publishes what relying parties ask for; these URLs stand in certificates for good. */
export interface StatusUrls {
  crl(issuerId: string, shard: number): string;
  /** Of the delta CRL to the list of a shard; `null` for that to the complete list of the issuer. */
  deltaCrl(issuerId: string, shard: number | null): string;
  issuer(issuerId: string): string;
  readonly ocsp: string;
}

/** Longer ones make every certificate longer, three times over. */
const MAX_LENGTH = 200;

/**
 * Reads the public base URL of the status listener. It is http, not https: what is fetched is signed anyway, and a client that
 * has to check a certificate in order to check a certificate may never end (RFC 5280 section 8).
 *
 * @throws ConfigurationError `statusUrl` unless it is an http URL of at most 200 characters without credentials, query and
 *   fragment
 */
export function createStatusUrls(statusUrl: string): StatusUrls {
  const url = URL.canParse(statusUrl) ? new URL(statusUrl) : null;
  if (url?.protocol !== 'http:' || url.username !== '' || url.password !== '') throw refused();
  // Looked for in the text: an empty query or fragment leaves no trace in the parsed URL.
  if (/[?#\s]/.test(statusUrl)) throw refused();
  const base = url.href.replace(/\/+$/, '');
  if (base.length > MAX_LENGTH) throw refused();
  return {
    crl: (issuerId, shard) => `${base}/crl/${issuerId}/${shard}.crl`,
    deltaCrl: (issuerId, shard) => `${base}/crl/${issuerId}/${shard ?? 'full'}.delta.crl`,
    issuer: (issuerId) => `${base}/issuers/${issuerId}.cer`,
    ocsp: `${base}/ocsp`,
  };
}

function refused(): ConfigurationError {
  return new ConfigurationError('statusUrl', {
    message: `must be an http URL of at most ${MAX_LENGTH} characters without credentials, query and fragment`,
  });
}
