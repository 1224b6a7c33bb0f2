// authentication: imports core, contracts, x509.

import { decodeBase64, decodeSha256, equalBytes, sha256 } from '../../core/bytes.js';
import { derTag } from '../../x509/der-tag.js';
import { DerReader } from '../../x509/der-reader.js';
import { malformed } from './forwarded-error.js';

// The encodings in which proxies write a certificate into a header. Every function here throws MalformedError
// `forwarded_certificate_malformed` for anything but its own form, and looks no deeper into the DER than its outermost
// tag and length: whoever uses the certificate parses it.

type Certificates = readonly [Uint8Array, ...Uint8Array[]];

const BEGIN = '-----BEGINCERTIFICATE-----';
const END = '-----ENDCERTIFICATE-----';

/** Every character of PEM; of its white space nothing is kept. */
const PEM_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=- \r\n';

/** Two hex digits -> what they stand for. */
const ESCAPES = new Map(
  PEM_CHARACTERS.split('').flatMap((character) => {
    const digits = character.charCodeAt(0).toString(16).padStart(2, '0');
    return [digits, digits.toUpperCase()].map((escape): [string, string] => [escape, character.trim()]);
  }),
);

/** Reads base64 of the DER of one certificate. */
export function decodeCertificate(base64: string): Uint8Array {
  const der = decodeBase64(base64);
  if (der === null) throw malformed('the certificate is not in base64');
  try {
    const reader = new DerReader(der);
    reader.skip(derTag.sequence);
    reader.finish();
  } catch (cause) {
    throw malformed('the certificate is not in DER', cause);
  }
  return der;
}

/** Reads PEM with spaces for line ends: one certificate or more, and nothing else. */
export function decodePemCertificates(pem: string): Certificates {
  return decodeSqueezedPem(pem.replaceAll(' ', ''));
}

/** Reads percent-encoded PEM: one certificate or more, and nothing else. A plus is a plus, as in a path, and no space. */
export function decodeUrlEncodedPemCertificates(value: string): Certificates {
  return decodeSqueezedPem(squeezePercentEncoded(value));
}

/** The one certificate that is due. */
export function onlyCertificate(certificates: Certificates): Uint8Array {
  if (certificates.length > 1) throw malformed('there is more than one certificate');
  return certificates[0];
}

/** Checks the SHA-256 that a proxy sent along, in hex, base64 or base64url. */
export function verifyCertificateHash(certificate: Uint8Array, hash: string): void {
  const expected = decodeSha256(hash);
  if (expected === null) throw malformed('the hash of the certificate is no SHA-256');
  if (!equalBytes(sha256(certificate), expected)) throw malformed('the hash is that of another certificate');
}

/**
 * Reads percent-encoding (RFC 3986 section 2.1) of PEM and leaves its white space out, in one go: from escape to escape this
 * takes half the time of decodeURIComponent, and it is done on every request.
 */
function squeezePercentEncoded(value: string): string {
  let text = '';
  let from = 0;
  for (let at = value.indexOf('%'); at >= 0; at = value.indexOf('%', from)) {
    const character = ESCAPES.get(value.slice(at + 1, at + 3));
    if (character === undefined) throw malformed('the percent-encoding is not one of PEM');
    text += value.slice(from, at) + character;
    from = at + 3;
  }
  return text + value.slice(from);
}

/** PEM without any white space. */
function decodeSqueezedPem(pem: string): Certificates {
  const certificates: Uint8Array[] = [];
  for (let at = 0; at < pem.length;) {
    const end = pem.indexOf(END, at);
    if (!pem.startsWith(BEGIN, at) || end < 0) throw malformed('the certificate is not in PEM');
    certificates.push(decodeCertificate(pem.slice(at + BEGIN.length, end)));
    at = end + END.length;
  }
  const [first, ...others] = certificates;
  if (first === undefined) throw malformed('there is no certificate');
  return [first, ...others];
}
