// core: imports nothing of ours.

import { hash, timingSafeEqual } from 'node:crypto';

/** SHA-256 (FIPS 180-4) of the parts one after another. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return hash('sha256', parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts), 'buffer');
}

/** SHA-256 of the bytes as lower-case hex: the form in which the library names keys and certificates. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** True if both hold the same bytes; takes the same time wherever they differ. Lengths are not secret. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Lower-case hex. */
export function encodeHex(bytes: Uint8Array): string {
  return view(bytes).toString('hex');
}

/** Base64url without padding (RFC 4648 section 5). */
export function encodeBase64Url(bytes: Uint8Array): string {
  return view(bytes).toString('base64url');
}

/** Standard base64 with padding (RFC 4648 section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  return view(bytes).toString('base64');
}

/**
 * Reads base64 or base64url, padded or not, and nothing else: no white space, no foreign character, no stray bits in
 * the last character. Returns `null` if the text is anything else, so that the caller can name what was malformed.
 */
export function decodeBase64(text: string): Uint8Array | null {
  // What comes back as it was is standard base64 with padding: nearly all that is ever read here, in a fifth of the time.
  const standard = Buffer.from(text, 'base64');
  if (standard.toString('base64') === text) return standard;
  const unpadded = text.endsWith('==') ? text.slice(0, -2) : text.endsWith('=') ? text.slice(0, -1) : text;
  const padding = text.length - unpadded.length;
  if (padding !== 0 && text.length % 4 !== 0) return null;
  if (unpadded.length % 4 === 1) return null;
  const urlAlphabet = /^[A-Za-z0-9_-]*$/.test(unpadded);
  if (!urlAlphabet && !/^[A-Za-z0-9+/]*$/.test(unpadded)) return null;
  const bytes = Buffer.from(unpadded, 'base64url');
  const canonical = bytes.toString('base64url');
  return canonical === (urlAlphabet ? unpadded : unpadded.replaceAll('+', '-').replaceAll('/', '_'))
    ? bytes
    : null;
}

/** Reads hex of any case, with or without colons between the octets; `null` if the text is anything else. */
export function decodeHex(text: string): Uint8Array | null {
  const digits = text.includes(':') ? text.replaceAll(':', '') : text;
  if (text.includes(':') && !/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2})*$/.test(text)) return null;
  return digits.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(digits) ? Buffer.from(digits, 'hex') : null;
}

/**
 * Reads a SHA-256 digest as people paste it: hex (with or without colons), base64 or base64url. `null` if it is not
 * 32 bytes in one of these.
 */
export function decodeSha256(text: string): Uint8Array | null {
  const bytes = decodeHex(text)?.length === 32 ? decodeHex(text) : decodeBase64(text);
  return bytes?.length === 32 ? bytes : null;
}

/** A `Buffer` over the same memory. */
function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
