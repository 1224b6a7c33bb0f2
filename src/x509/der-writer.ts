// x509: imports core and x509 only.

import { ConfigurationError } from '../core/errors.js';
import { constructedContextTag, contextTag, derTag } from './der-tag.js';

/** More arcs, or longer ones, than any object identifier in use has. */
const OBJECT_IDENTIFIER = /^[0-2](\.(0|[1-9][0-9]{0,38})){1,30}$/;
/** The characters of a PrintableString (ITU-T X.680 section 41.4). */
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;
/** Those of an IA5String that a URL or mail address may hold. */
const VISIBLE_ASCII = /^[\x21-\x7e]*$/;

/**
 * Writes DER (ITU-T X.690 section 10 and 11): one method for each type, each returning the whole element. A value that the
 * type cannot hold throws {@link ConfigurationError}: what is written comes from options, never from a client.
 */
export const der = {
  sequence: (...elements: readonly Uint8Array[]): Uint8Array => encodeElement(derTag.sequence, ...elements),

  /** SET OF: the elements are put in the order that DER demands (X.690 section 11.6). */
  setOf: (...elements: readonly Uint8Array[]): Uint8Array =>
    encodeElement(derTag.set, ...[...elements].sort((a, b) => Buffer.compare(a, b))),

  /** INTEGER from a number of any size, or from the big-endian octets of one that is not negative. */
  integer(value: bigint | Uint8Array): Uint8Array {
    return encodeElement(
      derTag.integer,
      typeof value === 'bigint' ? twosComplement(value) : magnitude(value),
    );
  },

  enumerated: (value: number): Uint8Array => encodeElement(derTag.enumerated, Uint8Array.of(value)),

  boolean: (value: boolean): Uint8Array => encodeElement(derTag.boolean, Uint8Array.of(value ? 0xff : 0x00)),

  null: (): Uint8Array => encodeElement(derTag.null),

  /** OBJECT IDENTIFIER from dotted form. */
  objectIdentifier: (dotted: string): Uint8Array =>
    encodeElement(derTag.objectIdentifier, objectIdentifierContent(dotted)),

  /** BIT STRING of whole octets, as keys and signatures are. */
  bitString: (octets: Uint8Array): Uint8Array => encodeElement(derTag.bitString, Uint8Array.of(0), octets),

  /** BIT STRING of named bits, without zero bits at its end (X.690 section 11.2.2). */
  namedBits(bits: readonly number[]): Uint8Array {
    const last = Math.max(-1, ...bits);
    const octets = new Uint8Array(Math.ceil((last + 1) / 8));
    for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
    return encodeElement(derTag.bitString, Uint8Array.of(octets.length * 8 - (last + 1)), octets);
  },

  octetString: (...octets: readonly Uint8Array[]): Uint8Array => encodeElement(derTag.octetString, ...octets),

  utf8String: (text: string): Uint8Array => encodeElement(derTag.utf8String, Buffer.from(text, 'utf8')),

  printableString: (text: string): Uint8Array =>
    encodeElement(derTag.printableString, ascii(text, PRINTABLE)),

  /** Context tag over the octets of a URL, mail address or host name: `[n] IMPLICIT IA5String`. */
  contextIa5String: (tag: number, text: string): Uint8Array =>
    encodeElement(contextTag(tag), ascii(text, VISIBLE_ASCII)),

  /** Time in the form of certificates and CRLs: UTCTime up to 2049, then GeneralizedTime (RFC 5280 section 4.1.2.5). */
  time: (at: Date): Uint8Array => (isUtcTime(at) ? encodeTime(derTag.utcTime, at) : der.generalizedTime(at)),

  /** GeneralizedTime to the second, as OCSP has it (RFC 6960 section 4.2.2.1). Part of a second is cut off. */
  generalizedTime: (at: Date): Uint8Array => encodeTime(derTag.generalizedTime, at),

  /** `[n] IMPLICIT` of a primitive type. */
  context: (tag: number, ...content: readonly Uint8Array[]): Uint8Array =>
    encodeElement(contextTag(tag), ...content),

  /** `[n] EXPLICIT` of anything, or `[n] IMPLICIT` of a constructed type. */
  constructedContext: (tag: number, ...content: readonly Uint8Array[]): Uint8Array =>
    encodeElement(constructedContextTag(tag), ...content),
} as const;

/** One element: identifier octet, length in the fewest octets, content. */
export function encodeElement(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of content) length += part.length;
  const element = new Uint8Array(headerLength(length) + length);
  let at = writeHeader(element, 0, tag, length);
  for (const part of content) {
    element.set(part, at);
    at += part.length;
  }
  return element;
}

/** How many octets tag and length take before content of that length. */
export function headerLength(contentLength: number): number {
  if (contentLength < 0x80) return 2;
  if (contentLength < 0x100) return 3;
  if (contentLength < 0x1_0000) return 4;
  return contentLength < 0x100_0000 ? 5 : 6;
}

/** Writes tag and length at `at`, and returns where the content starts. */
export function writeHeader(target: Uint8Array, at: number, tag: number, contentLength: number): number {
  const octets = headerLength(contentLength) - 2;
  target[at] = tag;
  target[at + 1] = octets === 0 ? contentLength : 0x80 | octets;
  for (let index = 0; index < octets; index += 1) {
    target[at + 2 + index] = contentLength >>> (8 * (octets - 1 - index));
  }
  return at + 2 + octets;
}

/** Whether certificates and CRLs have a time as UTCTime: the years 1950 to 2049. */
export function isUtcTime(at: Date): boolean {
  const year = at.getUTCFullYear();
  return year >= 1950 && year <= 2049;
}

/**
 * Writes the content of a UTCTime (13 octets) or GeneralizedTime (15 octets) at `at`, and returns where it ends.
 *
 * @throws ConfigurationError if the date is none, or the type cannot hold its year
 */
export function writeTime(target: Uint8Array, at: number, tag: number, time: Date): number {
  const year = time.getUTCFullYear();
  const long = tag === derTag.generalizedTime;
  if (!(long ? year >= 0 && year <= 9999 : isUtcTime(time))) {
    throw new ConfigurationError('time', { message: 'is not a date that DER can hold' });
  }
  let next = long ? writeTwoDigits(target, at, Math.floor(year / 100)) : at;
  next = writeTwoDigits(target, next, year % 100);
  next = writeTwoDigits(target, next, time.getUTCMonth() + 1);
  next = writeTwoDigits(target, next, time.getUTCDate());
  next = writeTwoDigits(target, next, time.getUTCHours());
  next = writeTwoDigits(target, next, time.getUTCMinutes());
  next = writeTwoDigits(target, next, time.getUTCSeconds());
  target[next] = 0x5a;
  return next + 1;
}

function encodeTime(tag: number, at: Date): Uint8Array {
  const content = new Uint8Array(tag === derTag.utcTime ? 13 : 15);
  writeTime(content, 0, tag, at);
  return encodeElement(tag, content);
}

function writeTwoDigits(target: Uint8Array, at: number, value: number): number {
  target[at] = 0x30 + Math.floor(value / 10);
  target[at + 1] = 0x30 + (value % 10);
  return at + 2;
}

function ascii(text: string, allowed: RegExp): Uint8Array {
  if (!allowed.test(text)) {
    throw new ConfigurationError('text', { message: 'has a character that its ASN.1 type does not allow' });
  }
  return Buffer.from(text, 'latin1');
}

function twosComplement(value: bigint): Uint8Array {
  let octets = 1;
  while (BigInt.asIntN(octets * 8, value) !== value) octets += 1;
  const hex = BigInt.asUintN(octets * 8, value).toString(16);
  return Buffer.from(hex.padStart(octets * 2, '0'), 'hex');
}

/** Without needless zero octets in front, and with the one that keeps the number from being negative. */
function magnitude(octets: Uint8Array): Uint8Array {
  let start = 0;
  while (start < octets.length && octets[start] === 0) start += 1;
  const digits = octets.subarray(start);
  return (digits[0] ?? 0xff) < 0x80 ? digits : Buffer.concat([Uint8Array.of(0), digits]);
}

/** X.690 section 8.19: the first two arcs are one number, each number in groups of seven bits. */
function objectIdentifierContent(dotted: string): Uint8Array {
  const [first = 0n, second = 0n, ...rest] = OBJECT_IDENTIFIER.test(dotted)
    ? dotted.split('.').map(BigInt)
    : [9n];
  if (first > 2n || (first < 2n && second > 39n)) {
    throw new ConfigurationError('objectIdentifier', {
      message: 'is not an OBJECT IDENTIFIER in dotted form',
    });
  }
  return Buffer.from([first * 40n + second, ...rest].flatMap(base128));
}

function base128(arc: bigint): readonly number[] {
  const groups = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) groups.unshift(Number(rest & 0x7fn) | 0x80);
  return groups;
}
