// x509: imports core and x509 only.

import { derTag } from './der-tag.js';
import { headerLength, writeHeader } from './der-writer.js';

/**
 * Puts what was signed and its signature together: the outer form that certificates and requests share (RFC 5280 section
 * 4.1, RFC 2986 section 4.2).
 *
 * @param toBeSigned DER of the inner structure
 * @param signatureAlgorithm DER AlgorithmIdentifier
 * @param signature value of the signature bit string
 */
export function encodeSigned(
  toBeSigned: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
): Uint8Array {
  const bits = 1 + signature.length;
  const length = toBeSigned.length + signatureAlgorithm.length + headerLength(bits) + bits;
  const signed = new Uint8Array(headerLength(length) + length);
  let at = writeHeader(signed, 0, derTag.sequence, length);
  signed.set(toBeSigned, at);
  at += toBeSigned.length;
  signed.set(signatureAlgorithm, at);
  // The octet between header and signature is the number of unused bits: 0.
  at = writeHeader(signed, at + signatureAlgorithm.length, derTag.bitString, bits);
  signed.set(signature, at + 1);
  return signed;
}
