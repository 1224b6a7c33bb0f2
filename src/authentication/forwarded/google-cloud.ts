// authentication: imports core, contracts, x509.

import { verifyCertificateHash } from './encoded-certificate.js';
import { malformed, missing, unverified } from './forwarded-error.js';
import type { ForwardedFormat } from './forwarded-format.js';
import { assertHeaderNames } from './header-name.js';
import { decodeByteSequence } from './rfc9440.js';

/** Names of the custom request headers of the load balancer's backend service. */
export interface GoogleCloudOptions {
  /** Carries `{client_cert_present}`. Default `x-client-cert-present`. */
  readonly presentHeader?: string;
  /** Carries `{client_cert_chain_verified}`. Default `x-client-cert-chain-verified`. */
  readonly chainVerifiedHeader?: string;
  /** Carries `{client_cert_leaf}`. Default `x-client-cert-leaf`. */
  readonly leafHeader?: string;
  /** Carries `{client_cert_sha256_fingerprint}`, which is optional. Default `x-client-cert-hash`. */
  readonly hashHeader?: string;
}

/**
 * Google Cloud Application Load Balancers: custom request headers of the backend service, of the variables
 * `client_cert_present`, `client_cert_chain_verified`, `client_cert_leaf` (the leaf in the form of RFC 9440) and, if you like,
 * `client_cert_sha256_fingerprint` (base64). The default names are those of Google's examples.
 *
 * The proxy's word: present `true`, chain verified `true` and a leaf are accepted; present `false` without leaf means that the
 * client has none; chain verified `false` is `forwarded_certificate_unverified`, for the mode
 * `ALLOW_INVALID_OR_MISSING_CLIENT_CERT` forwards those too; no leaf though one was verified (it is left out above 16 KB) is
 * `forwarded_certificate_missing`; a hash that does not fit, and anything else, is `forwarded_certificate_malformed`. A header
 * whose variable has no value is sent empty: an empty leaf or hash counts as absent.
 *
 * @throws ConfigurationError if a name is not a lower-case header name without underscore, or two are the same
 */
export function googleCloud(options: GoogleCloudOptions = {}): ForwardedFormat {
  const {
    presentHeader = 'x-client-cert-present',
    chainVerifiedHeader = 'x-client-cert-chain-verified',
    leafHeader = 'x-client-cert-leaf',
    hashHeader = 'x-client-cert-hash',
  } = options;
  assertHeaderNames({ presentHeader, chainVerifiedHeader, leafHeader, hashHeader });
  return {
    headers: [
      { name: presentHeader },
      { name: chainVerifiedHeader },
      { name: leafHeader },
      { name: hashHeader },
    ],
    readCertificate([present, verified, leaf = '', hash = '']) {
      if (present === 'false' && leaf === '') return null;
      if (present !== 'true') throw malformed(`${presentHeader} does not go with ${leafHeader}`);
      if (verified === 'false') throw unverified();
      if (verified !== 'true') throw malformed(`${chainVerifiedHeader} is neither true nor false`);
      if (leaf === '') throw missing();
      const certificate = decodeByteSequence(leaf);
      if (hash !== '') verifyCertificateHash(certificate, hash);
      return certificate;
    },
  };
}
