// x509: imports core and x509 only.

import { encodeHex } from '../core/bytes.js';
import { MalformedError } from '../core/errors.js';
import { derTag } from './der-tag.js';
import { parseDerTime } from './der-time.js';
import { parseObjectIdentifier } from './object-identifier.js';

/**
 * Walks over strict DER (ITU-T X.690 section 10 and 11) from element to element: definite and minimal lengths only, tag
 * numbers below 31, minimal integers, canonical booleans and object identifiers, no trailing bytes.
 *
 * What it hands out are views of the bytes it was given, not copies: do not change those bytes afterwards. Every method
 * throws {@link MalformedError} `der_malformed` if the next element is not what was asked for.
 */
export class DerReader {
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private at: number;
  private contentStart = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** True if nothing is left to read. */
  atEnd(): boolean {
    return this.at === this.end;
  }

  /** Where the next element starts, in octets from the start of the bytes given to the outermost reader. */
  get offset(): number {
    return this.at;
  }

  /** Identifier octet of the next element; 0 if nothing is left. */
  nextTag(): number {
    return this.at < this.end ? (this.bytes[this.at] ?? 0) : 0;
  }

  /** A reader of what is inside the next element; this reader moves on past it. */
  enter(tag: number): DerReader {
    const end = this.readHeader(tag);
    return new DerReader(this.bytes, this.contentStart, end);
  }

  /** The content octets of the next element. */
  content(tag: number): Uint8Array {
    const end = this.readHeader(tag);
    return this.bytes.subarray(this.contentStart, end);
  }

  /** The content octets of the next element as lower-case hex. */
  hex(tag: number): string {
    const end = this.readHeader(tag);
    return this.toHex(this.contentStart, end);
  }

  /** The content octets of the next element as text, one character for each octet. */
  latin1(tag: number): string {
    const content = this.content(tag);
    return Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1');
  }

  /** The whole next element, with its tag and length. */
  element(tag: number): Uint8Array {
    const start = this.at;
    return this.bytes.subarray(start, this.readHeader(tag));
  }

  /** Passes over the next element and looks only at its tag and length. */
  skip(tag: number): void {
    this.readHeader(tag);
  }

  /** Whole elements of a SET OF, each read by `read`, in the order that DER demands (X.690 section 11.6). */
  setOf(tag: number, read: (reader: DerReader) => void): void {
    const inside = this.enter(tag);
    let previous: Uint8Array | null = null;
    while (!inside.atEnd()) {
      const start = inside.at;
      read(inside);
      if (previous === null && inside.atEnd()) return;
      const current = this.bytes.subarray(start, inside.at);
      if (previous !== null && Buffer.compare(current, previous) < 0)
        throw malformed('a SET OF is not in order');
      previous = current;
    }
  }

  /** BOOLEAN: `FF` or `00`. */
  boolean(tag: number = derTag.boolean): boolean {
    const end = this.readHeader(tag);
    const value = this.bytes[this.contentStart];
    if (end - this.contentStart !== 1 || (value !== 0x00 && value !== 0xff)) {
      throw malformed('a BOOLEAN is neither 00 nor FF');
    }
    return value === 0xff;
  }

  /** An INTEGER of any size as the lower-case hex of its content octets: two's complement. */
  integerHex(): string {
    const end = this.readHeader(derTag.integer);
    this.checkInteger(this.contentStart, end);
    return this.toHex(this.contentStart, end);
  }

  /** The content octets of an INTEGER: two's complement, without needless leading octets. */
  integer(tag: number = derTag.integer): Uint8Array {
    const end = this.readHeader(tag);
    this.checkInteger(this.contentStart, end);
    return this.bytes.subarray(this.contentStart, end);
  }

  /** The octets of an INTEGER that is not negative, without the one that only carries the sign. */
  unsignedInteger(): Uint8Array {
    const content = this.integer();
    const first = content[0] ?? 0;
    if (first >= 0x80) throw malformed('a number is negative');
    return first === 0 && content.length > 1 ? content.subarray(1) : content;
  }

  /** An INTEGER or ENUMERATED from 0 to 2^31 - 1. */
  smallInteger(tag: number = derTag.integer): number {
    const content = this.integer(tag);
    if (content.length > 4 || (content[0] ?? 0x80) >= 0x80) throw malformed('an INTEGER is out of range');
    return bigEndian(content, 0, content.length);
  }

  /** NULL. */
  null(): void {
    const end = this.readHeader(derTag.null);
    if (end !== this.contentStart) throw malformed('a NULL is not empty');
  }

  /** An OBJECT IDENTIFIER in dotted form. */
  objectIdentifier(tag: number = derTag.objectIdentifier): string {
    const end = this.readHeader(tag);
    return parseObjectIdentifier(this.bytes, this.contentStart, end);
  }

  /** The octets of a BIT STRING that has no unused bits, as keys and signatures are. */
  bitStringOctets(tag: number = derTag.bitString): Uint8Array {
    const end = this.readHeader(tag);
    const start = this.contentStart;
    if (start === end || this.bytes[start] !== 0) throw malformed('a BIT STRING does not hold whole octets');
    return this.bytes.subarray(start + 1, end);
  }

  /**
   * A BIT STRING of up to 24 named bits as a number in which bit `i` (`1 << i`) is the named bit `i`. DER allows no zero
   * bits at the end of it (X.690 section 11.2.2).
   */
  namedBits(tag: number = derTag.bitString): number {
    const content = this.content(tag);
    const unused = content[0] ?? 8;
    const last = content[content.length - 1] ?? 0;
    if (unused > 7 || content.length > 4 || (content.length === 1 && unused !== 0)) {
      throw malformed('a BIT STRING of named bits has a wrong length');
    }
    if (content.length > 1 && (last & (0xff >> (8 - unused))) !== 0)
      throw malformed('unused bits are not zero');
    if (content.length > 1 && ((last >> unused) & 1) === 0) {
      throw malformed('a BIT STRING of named bits ends with a zero bit');
    }
    let bits = 0;
    for (let index = 0; index < (content.length - 1) * 8 - unused; index += 1) {
      if (((content[1 + (index >> 3)] ?? 0) & (0x80 >> (index & 7))) !== 0) bits |= 1 << index;
    }
    return bits;
  }

  /** A UTCTime or GeneralizedTime in a form of RFC 5280 section 4.1.2.5. */
  time(): Date {
    const tag = this.nextTag();
    const end = this.readHeader(tag);
    return new Date(parseDerTime(tag, this.bytes, this.contentStart, end));
  }

  /** Makes sure that nothing is left. */
  finish(): void {
    if (this.at !== this.end) throw malformed('there are bytes after the last element');
  }

  /** Straight from a Buffer if it is one: a list of a million serial numbers takes half the time without views of them. */
  private toHex(start: number, end: number): string {
    const { bytes } = this;
    return Buffer.isBuffer(bytes) ? bytes.toString('hex', start, end) : encodeHex(bytes.subarray(start, end));
  }

  private checkInteger(start: number, end: number): void {
    const first = this.bytes[start] ?? 0;
    const second = this.bytes[start + 1] ?? 0;
    if (start === end) throw malformed('an INTEGER is empty');
    if (start + 1 < end && ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80))) {
      throw malformed('an INTEGER is not minimal');
    }
  }

  /** Reads tag and length, moves past the element and returns where it ends. */
  private readHeader(expected: number): number {
    const { bytes, at } = this;
    const tag = bytes[at];
    const first = bytes[at + 1];
    if (tag === undefined || first === undefined || at + 2 > this.end)
      throw malformed('an element is cut off');
    if (tag !== expected) throw malformed(`the tag is ${tag} where ${expected} is due`);
    if ((tag & 0x1f) === 0x1f) throw malformed('a tag number is above 30');
    let length = first;
    let start = at + 2;
    if (first >= 0x80) {
      const octets = first - 0x80;
      // 0x80 is the indefinite form of BER; four octets are 4 GiB.
      if (octets === 0 || octets > 4 || start + octets > this.end)
        throw malformed('a length is not definite');
      length = bigEndian(bytes, start, start + octets);
      start += octets;
      if (length < 0x80 || length < 256 ** (octets - 1)) throw malformed('a length is not minimal');
    }
    const end = start + length;
    if (end > this.end) throw malformed('an element is longer than what holds it');
    this.contentStart = start;
    this.at = end;
    return end;
  }
}

function bigEndian(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 256 + (bytes[at] ?? 0);
  return value;
}

/** The error of every parser of this room for bytes that are not what they should be. */
export function malformed(message: string): MalformedError {
  return new MalformedError('der_malformed', { message });
}
