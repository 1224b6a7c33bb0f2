// x509: imports core and x509 only.

import { MalformedError } from '../core/errors.js';
import { der } from './der-writer.js';
import { oid } from './oid.js';

/** Arcs above this are computed with big integers: those of UUIDs (2.25) have 128 bits. */
const MAX_PLAIN_ARC = 2 ** 45;

/** More octets than this are no object identifier that anyone uses. */
const MAX_OCTETS = 64;

/**
 * Those with a name, by a hash of their content octets. They are most of what we meet, and finding them costs a fraction of
 * reading them, as it makes no text.
 */
const known = new Map<number, { readonly content: Uint8Array; readonly dotted: string }>();
for (const dotted of Object.values(oid)) {
  const content = der.objectIdentifier(dotted).subarray(2);
  known.set(hash(content, 0, content.length), { content, dotted });
}

/**
 * Reads the content octets of an OBJECT IDENTIFIER (ITU-T X.690 section 8.19).
 *
 * @returns dotted form
 * @throws MalformedError `der_malformed`
 */
export function parseObjectIdentifier(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const candidate = known.get(hash(bytes, start, end));
  if (candidate !== undefined && holds(candidate.content, bytes, start, end)) return candidate.dotted;
  return decode(bytes, start, end);
}

function hash(bytes: Uint8Array, start: number, end: number): number {
  let value = end - start;
  for (let at = start; at < end; at += 1) value = (Math.imul(value, 31) + (bytes[at] ?? 0)) | 0;
  return value;
}

function holds(content: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (content.length !== end - start) return false;
  for (let at = start; at < end; at += 1) if (content[at - start] !== bytes[at]) return false;
  return true;
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  let arc = 0;
  let long: bigint | null = null;
  let arcStart = true;
  if (end - start > MAX_OCTETS) throw malformed('is too long');
  for (let at = start; at < end; at += 1) {
    const octet = bytes[at] ?? 0;
    if (arcStart && octet === 0x80) throw malformed('is not minimal');
    if (long !== null) long = long * 128n + BigInt(octet & 0x7f);
    else if (arc > MAX_PLAIN_ARC) long = BigInt(arc) * 128n + BigInt(octet & 0x7f);
    else arc = arc * 128 + (octet & 0x7f);
    arcStart = octet < 0x80;
    if (!arcStart) continue;
    if (text === '') {
      const first = Math.min(Math.floor(arc / 40), 2);
      text = `${first}.${String(long === null ? arc - first * 40 : long - 80n)}`;
    } else {
      text += `.${String(long ?? arc)}`;
    }
    arc = 0;
    long = null;
  }
  if (!arcStart || text === '') throw malformed('is cut off');
  return text;
}

function malformed(what: string): MalformedError {
  return new MalformedError('der_malformed', { message: `an OBJECT IDENTIFIER ${what}` });
}
