// integrity/apple: imports x509 and this folder only.

import { encodeElement } from '../../x509/der-writer.js';
import { derTag } from '../../x509/der-tag.js';
import { malformed } from './malformed-evidence.js';

/** A constructed OCTET STRING: one that is given in pieces. */
const OCTET_STRING_IN_PIECES = derTag.octetString | 0x20;
/** Both octets of what ends an element of indefinite length. */
const END_OF_CONTENTS = 0x0000;
const INDEFINITE = 0x80;
/** In a receipt of Apple they stand 6 deep. */
const MAX_DEPTH = 12;

/**
 * Turns BER (ITU-T X.690 section 8) with indefinite lengths and OCTET STRINGs in pieces, as Apple writes receipts, into
 * elements of definite length that a DER reader can walk over. What has a definite length, certificates for instance, stays as
 * it is octet for octet: it has to be DER already.
 *
 * @throws MalformedError `evidence_malformed` if it is not one element, and nothing after it
 */
export function normalizeBer(bytes: Uint8Array): Uint8Array {
  const normalizer = new BerNormalizer(bytes);
  const element = normalizer.element(bytes.length, 0);
  if (!normalizer.atEnd(bytes.length)) throw malformed('there are bytes after the receipt');
  return element;
}

class BerNormalizer {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  atEnd(end: number): boolean {
    return this.at === end;
  }

  /** The next element, which must end where `end` is or before. */
  element(end: number, depth: number): Uint8Array {
    const start = this.at;
    const tag = this.octet(end);
    if ((tag & 0x1f) === 0x1f || tag === 0) throw malformed('the receipt has a tag of another form');
    const contentEnd = this.contentEnd(end);
    if (contentEnd !== null && tag !== OCTET_STRING_IN_PIECES) {
      this.at = contentEnd;
      return this.bytes.subarray(start, contentEnd);
    }
    if ((tag & 0x20) === 0) throw malformed('a length in the receipt is not definite');
    if (depth >= MAX_DEPTH) throw malformed('elements of the receipt stand too deep in one another');
    const parts: Uint8Array[] = [];
    while (!this.isFinished(contentEnd, end)) {
      const part = this.element(contentEnd ?? end, depth + 1);
      parts.push(tag === OCTET_STRING_IN_PIECES ? piece(part) : part);
    }
    return encodeElement(tag === OCTET_STRING_IN_PIECES ? derTag.octetString : tag, ...parts);
  }

  /** Whether a constructed element has no more content; moves past what ends one of indefinite length. */
  private isFinished(contentEnd: number | null, end: number): boolean {
    if (contentEnd !== null) return this.atEnd(contentEnd);
    if (this.at + 2 > end) throw malformed('the receipt is cut off');
    const next = ((this.bytes[this.at] ?? 0) << 8) | (this.bytes[this.at + 1] ?? 0);
    if (next !== END_OF_CONTENTS) return false;
    this.at += 2;
    return true;
  }

  /** Where the content ends that starts after the length octets; `null` for an indefinite length. */
  private contentEnd(end: number): number | null {
    const first = this.octet(end);
    if (first === INDEFINITE) return null;
    let length = first;
    if (first > INDEFINITE) {
      const octets = first - INDEFINITE;
      if (octets > 4) throw malformed('a length in the receipt is out of range');
      length = 0;
      for (let index = 0; index < octets; index += 1) length = length * 256 + this.octet(end);
      if (length < 0x80 || length < 256 ** (octets - 1)) {
        throw malformed('a length in the receipt is not in its shortest form');
      }
    }
    if (length > end - this.at) throw malformed('the receipt is cut off');
    return this.at + length;
  }

  private octet(end: number): number {
    const octet = this.at < end ? this.bytes[this.at] : undefined;
    if (octet === undefined) throw malformed('the receipt is cut off');
    this.at += 1;
    return octet;
  }
}

/** The octets of one piece of an OCTET STRING; pieces of pieces are whole by now. */
function piece(element: Uint8Array): Uint8Array {
  if (element[0] !== derTag.octetString) throw malformed('a piece of an OCTET STRING is something else');
  const first = element[1] ?? 0;
  return element.subarray(first < 0x80 ? 2 : 2 + (first & 0x7f));
}
