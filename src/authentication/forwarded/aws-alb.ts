// authentication: imports core, contracts, x509.

import { DerReader } from '../../x509/der-reader.js';
import { constructedContextTag, derTag } from '../../x509/der-tag.js';
import { readSerialNumber } from '../../x509/serial-number.js';
import { decodeUrlEncodedPemCertificates, onlyCertificate } from './encoded-certificate.js';
import { malformed, missing } from './forwarded-error.js';
import type { ForwardedFormat } from './forwarded-format.js';
import { assertHeaderNames } from './header-name.js';

/** Name of the header of an Application Load Balancer in passthrough mode. */
export interface AwsAlbPassthroughOptions {
  /** Renamed by the listener attribute for `X-Amzn-Mtls-Clientcert`. Default `x-amzn-mtls-clientcert`. */
  readonly chainHeader?: string;
}

/**
 * AWS Application Load Balancer, mutual TLS in passthrough mode: `X-Amzn-Mtls-Clientcert`, the percent-encoded PEM of all
 * that the client presented, leaf first, in which `+`, `=` and `/` are left as they are.
 *
 * The proxy's word: there is none. The load balancer verifies nothing but that the client holds the key of the leaf; chain,
 * dates and purpose are verified by the authenticator, as for every other format. No header means that the client has
 * none. Every certificate must be in form; the leaf alone is handed on.
 *
 * @throws ConfigurationError if the name is not a lower-case header name without underscore
 */
export function awsAlbPassthrough(options: AwsAlbPassthroughOptions = {}): ForwardedFormat {
  const { chainHeader = 'x-amzn-mtls-clientcert' } = options;
  assertHeaderNames({ chainHeader });
  return {
    headers: [{ name: chainHeader }],
    readCertificate([chain]) {
      return chain === undefined ? null : decodeUrlEncodedPemCertificates(chain)[0];
    },
  };
}

/** Names of the headers of an Application Load Balancer in verify mode. */
export interface AwsAlbVerifyOptions {
  /** Renamed by the listener attribute for `X-Amzn-Mtls-Clientcert-Leaf`. Default `x-amzn-mtls-clientcert-leaf`. */
  readonly leafHeader?: string;
  /** Renamed by the listener attribute for `X-Amzn-Mtls-Clientcert-Serial-Number`. Default `x-amzn-mtls-clientcert-serial-number`. */
  readonly serialNumberHeader?: string;
}

/**
 * AWS Application Load Balancer, mutual TLS in verify mode: `X-Amzn-Mtls-Clientcert-Leaf`, the percent-encoded PEM of the leaf,
 * and `X-Amzn-Mtls-Clientcert-Serial-Number`, its serial number in hex.
 *
 * The proxy's word: the load balancer ends connections whose certificate does not chain to its trust store, so that both
 * headers mean a verified certificate, if only these headers come from it. The serial number must be that of the leaf; a
 * serial number without leaf is `forwarded_certificate_missing`; a leaf without serial number is
 * `forwarded_certificate_malformed`; neither means that the client has none.
 *
 * @throws ConfigurationError if a name is not a lower-case header name without underscore, or both are the same
 */
export function awsAlbVerify(options: AwsAlbVerifyOptions = {}): ForwardedFormat {
  const {
    leafHeader = 'x-amzn-mtls-clientcert-leaf',
    serialNumberHeader = 'x-amzn-mtls-clientcert-serial-number',
  } = options;
  assertHeaderNames({ leafHeader, serialNumberHeader });
  return {
    headers: [{ name: leafHeader }, { name: serialNumberHeader }],
    readCertificate([leaf, serialNumber]) {
      if (leaf === undefined && serialNumber === undefined) return null;
      if (serialNumber === undefined) throw malformed(`there is no ${serialNumberHeader}`);
      const digits = significantDigits(serialNumber);
      if (leaf === undefined) throw missing();
      const certificate = onlyCertificate(decodeUrlEncodedPemCertificates(leaf));
      if (significantDigits(serialNumberOf(certificate)) !== digits) {
        throw malformed('the serial number is that of another certificate');
      }
      return certificate;
    },
  };
}

/** Hex in lower case without leading zeros: whether they are written is not documented. */
function significantDigits(serialNumber: string): string {
  const digits = serialNumber.toLowerCase().replaceAll(':', '');
  if (!/^[0-9a-f]+$/.test(digits)) throw malformed('the serial number is not in hex');
  return digits.replace(/^0+(?=.)/, '');
}

function serialNumberOf(certificate: Uint8Array): string {
  try {
    const tbs = new DerReader(certificate).enter(derTag.sequence).enter(derTag.sequence);
    if (tbs.nextTag() === constructedContextTag(0)) tbs.skip(constructedContextTag(0));
    return readSerialNumber(tbs);
  } catch (cause) {
    throw malformed('the certificate has no serial number', cause);
  }
}
