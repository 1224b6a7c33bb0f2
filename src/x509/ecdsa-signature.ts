// x509: imports core and x509 only.

/**
 * Whether the bytes are an Ecdsa-Sig-Value (RFC 3279 section 2.2.3) in strict DER: two positive minimal integers, none
 * longer than the curve's order, and nothing else. OpenSSL looks for the same; here it does not depend on that.
 *
 * @param orderBytes length of the order of the curve in octets, at most 66
 */
export function isCanonicalEcdsaSignature(signature: Uint8Array, orderBytes: number): boolean {
  // The longest is that of P-521: above 127 octets the length takes a second octet.
  const long = signature[1] === 0x81;
  const start = long ? 3 : 2;
  const length = signature[start - 1];
  if (signature[0] !== 0x30 || length === undefined || length !== signature.length - start) return false;
  if (long ? length < 0x80 : length >= 0x80) return false;
  const middle = endOfPositiveInteger(signature, start, orderBytes);
  return middle !== -1 && endOfPositiveInteger(signature, middle, orderBytes) === signature.length;
}

/** Where the integer ends that starts there; -1 if it is not a positive, minimal one that is short enough. */
function endOfPositiveInteger(bytes: Uint8Array, start: number, maxBytes: number): number {
  const length = bytes[start + 1];
  const first = bytes[start + 2];
  if (bytes[start] !== 0x02 || length === undefined || length === 0 || first === undefined) return -1;
  if (first >= 0x80) return -1;
  if (first === 0) {
    if (length === 1 || (bytes[start + 3] ?? 0) < 0x80 || length - 1 > maxBytes) return -1;
  } else if (length > maxBytes) {
    return -1;
  }
  const end = start + 2 + length;
  return end <= bytes.length ? end : -1;
}
