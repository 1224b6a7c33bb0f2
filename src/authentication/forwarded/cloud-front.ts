// authentication: imports core, contracts, x509.

import {
  decodeUrlEncodedPemCertificates,
  onlyCertificate,
  verifyCertificateHash,
} from './encoded-certificate.js';
import { malformed, missing } from './forwarded-error.js';
import type { ForwardedFormat } from './forwarded-format.js';
import { assertHeaderNames } from './header-name.js';

/** Names of the headers, where a CloudFront function renames them. */
export interface CloudFrontOptions {
  /** Default `cloudfront-viewer-cert-present`. */
  readonly presentHeader?: string;
  /** Default `cloudfront-viewer-cert-pem`. */
  readonly pemHeader?: string;
  /** Default `cloudfront-viewer-cert-sha256`. */
  readonly sha256Header?: string;
}

/**
 * Amazon CloudFront, viewer mTLS in required or optional mode, with an origin request policy that includes
 * `CloudFront-Viewer-Cert-Present` (`1` or `0`), `-Pem` (percent-encoded PEM of the leaf) and `-Sha256` (hex). In passthrough mode,
 * in which nothing is verified, CloudFront sends no `-Pem`: use {@link rfc9440} there.
 *
 * The proxy's word: in these modes CloudFront ends connections whose certificate it can not verify, and of those alone it
 * sends a PEM. Present `1`, a PEM and its hash are accepted; `0` without PEM means that the viewer has none; `1` without PEM is
 * `forwarded_certificate_missing`; a hash that is absent or does not fit, and anything else, is
 * `forwarded_certificate_malformed`.
 *
 * @throws ConfigurationError if a name is not a lower-case header name without underscore, or two are the same
 */
export function cloudFront(options: CloudFrontOptions = {}): ForwardedFormat {
  const {
    presentHeader = 'cloudfront-viewer-cert-present',
    pemHeader = 'cloudfront-viewer-cert-pem',
    sha256Header = 'cloudfront-viewer-cert-sha256',
  } = options;
  assertHeaderNames({ presentHeader, pemHeader, sha256Header });
  return {
    headers: [{ name: presentHeader }, { name: pemHeader }, { name: sha256Header }],
    readCertificate([present, pem = '', hash = '']) {
      if (present === '0' && pem === '') return null;
      if (present !== '1') throw malformed(`${presentHeader} does not go with ${pemHeader}`);
      if (pem === '') throw missing();
      const certificate = onlyCertificate(decodeUrlEncodedPemCertificates(pem));
      verifyCertificateHash(certificate, hash);
      return certificate;
    },
  };
}
