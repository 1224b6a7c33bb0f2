// integrity/android: imports x509 only.

import { malformed } from '../../x509/der-reader.js';

/** One `[n] EXPLICIT` field of an AuthorizationList. */
export interface TaggedField {
  readonly tag: number;
  /** DER of the value inside. A view. */
  readonly value: Uint8Array;
}

/** Identifier octet of a constructed element of the context-specific class; its last five bits are the tag number. */
const CONSTRUCTED_CONTEXT = 0xa0;
/** In place of the number: it follows in groups of seven bits (ITU-T X.690 section 8.1.2.4). */
const LONG_FORM = 0x1f;
/** Twenty-one bits; the largest tag in use is 724. */
const MAX_TAG_OCTETS = 3;
const MAX_LENGTH_OCTETS = 3;

/**
 * Reads the content of an AuthorizationList. Its tag numbers go above 30, which no certificate field has, and so the reader
 * of those does not take them. Strict about lengths and tags, but not about their order: phones differ from DER there.
 *
 * @throws MalformedError `der_malformed`, for a tag that comes twice too
 */
export function readTaggedFields(content: Uint8Array): readonly TaggedField[] {
  const fields: TaggedField[] = [];
  const seen = new Set<number>();
  for (let at = 0; at < content.length;) {
    const { tag, next } = readTag(content, at);
    if (seen.has(tag)) throw malformed(`the tag ${tag} comes twice`);
    seen.add(tag);
    const { length, start } = readLength(content, next);
    at = start + length;
    if (at > content.length) throw malformed('a field is longer than its list');
    fields.push({ tag, value: content.subarray(start, at) });
  }
  return fields;
}

function readTag(bytes: Uint8Array, at: number): { readonly tag: number; readonly next: number } {
  const first = bytes[at] ?? 0;
  if ((first & 0xe0) !== CONSTRUCTED_CONTEXT) throw malformed('a field of a list has no explicit tag');
  if ((first & 0x1f) !== LONG_FORM) return { tag: first & 0x1f, next: at + 1 };
  let tag = 0;
  for (let index = 1; index <= MAX_TAG_OCTETS; index += 1) {
    const octet = bytes[at + index];
    if (octet === undefined) break;
    tag = (tag << 7) | (octet & 0x7f);
    if (tag === 0) break;
    if (octet >= 0x80) continue;
    if (tag < LONG_FORM) break;
    return { tag, next: at + 1 + index };
  }
  throw malformed('a tag is cut off, not minimal or too large');
}

function readLength(bytes: Uint8Array, at: number): { readonly length: number; readonly start: number } {
  const first = bytes[at];
  if (first === undefined) throw malformed('a field is cut off');
  if (first < 0x80) return { length: first, start: at + 1 };
  const octets = first - 0x80;
  const start = at + 1 + octets;
  if (octets === 0 || octets > MAX_LENGTH_OCTETS || start > bytes.length) {
    throw malformed('a length is not definite');
  }
  let length = 0;
  for (const octet of bytes.subarray(at + 1, start)) length = length * 256 + octet;
  if (length < 0x80 || length < 256 ** (octets - 1)) throw malformed('a length is not minimal');
  return { length, start };
}
