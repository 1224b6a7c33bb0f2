// integrity/huawei: imports core only.

import { isUtf8 } from 'node:buffer';
import { decodeBase64 } from '../../core/bytes.js';
import { MalformedError } from '../../core/errors.js';

/** A token taken apart; nothing in it is verified. */
export interface UnverifiedHuaweiToken {
  /** The header as it came: not decoded, so that it can be looked up. */
  readonly header: string;
  /** What is signed: the text before the last dot, as it came. */
  readonly signingInput: Uint8Array;
  readonly payload: unknown;
  readonly signature: Uint8Array;
}

/** Real tokens have about 6,000 characters. */
const MAX_TOKEN_LENGTH = 16_384;

/**
 * Takes a compact JWS (RFC 7515 section 7.1) apart. Contrary to the RFC, HMS Core writes its parts with base64 padding and
 * signs the padded text: nothing here may be put in order before the signature is verified. Whether the signature itself is
 * padded is covered by nothing, so that one token has two spellings: know a token by its nonce, not by its text.
 *
 * @throws MalformedError `evidence_malformed`
 */
export function parseHuaweiToken(token: unknown): UnverifiedHuaweiToken {
  if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH) {
    throw malformed(`token must be a string of at most ${MAX_TOKEN_LENGTH} characters`);
  }
  const [header, payload, signature, ...more] = token.split('.');
  if (!header || !payload || !signature || more.length > 0)
    throw malformed('the token does not have three parts');
  return {
    header,
    signingInput: Buffer.from(token.slice(0, token.lastIndexOf('.'))),
    payload: parsePart(payload),
    signature: decodePart(signature),
  };
}

/** What the header of a token claims. */
export interface UnverifiedHuaweiHeader {
  readonly alg: string;
  /** DER certificates, leaf first. */
  readonly x5c: readonly Uint8Array[];
}

/** Header members with which a token would choose keys or rules of its own (RFC 7515 section 4.1, RFC 7797). */
const REFUSED_MEMBERS = ['crit', 'b64', 'jku', 'jwk', 'x5u'] as const;

/**
 * Reads the header of a token: `alg`, `x5c`, and `typ` if it is `JWS`. Others are ignored.
 *
 * @throws MalformedError `evidence_malformed`
 */
export function parseHuaweiHeader(header: string): UnverifiedHuaweiHeader {
  const json = parsePart(header);
  if (typeof json !== 'object' || json === null) throw malformed('the header of the token is not an object');
  const refused = REFUSED_MEMBERS.find((member) => Object.hasOwn(json, member));
  if (refused !== undefined) throw malformed(`the token has the header member ${refused}`);
  if ('typ' in json && json.typ !== 'JWS') throw malformed('typ in the header of the token is not JWS');
  if (!('alg' in json) || typeof json.alg !== 'string') throw malformed('the header of the token has no alg');
  if (!('x5c' in json) || !Array.isArray(json.x5c)) throw malformed('the header of the token has no x5c');
  return { alg: json.alg, x5c: json.x5c.map(decodeCertificate) };
}

/** Entries of `x5c` are base64 and not base64url (RFC 7515 section 4.1.6); we take both. */
function decodeCertificate(entry: unknown): Uint8Array {
  const der = typeof entry === 'string' ? decodeBase64(entry) : null;
  if (der === null) throw malformed('an entry of x5c is not base64');
  return der;
}

/** Base64url, with or without padding. */
function decodePart(part: string): Buffer {
  const bytes = /[+/]/.test(part) ? null : decodeBase64(part);
  if (bytes === null) throw malformed('a part of the token is not base64url');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function parsePart(part: string): unknown {
  const bytes = decodePart(part);
  if (!isUtf8(bytes)) throw malformed('a part of the token is not UTF-8');
  try {
    return JSON.parse(bytes.toString());
  } catch (cause) {
    throw malformed('a part of the token is not JSON', cause);
  }
}

function malformed(message: string, cause?: unknown): MalformedError {
  return new MalformedError('evidence_malformed', { message, cause });
}
