// x509: imports core and x509 only.

import { encodeHex } from '../core/bytes.js';
import { derTag } from './der-tag.js';
import { DerReader, malformed } from './der-reader.js';
import { decodeDerString } from './der-string.js';
import { oid } from './oid.js';
import { skipWellFormed } from './skip-well-formed.js';

/** One attribute of a distinguished name, such as the common name. */
export interface NameAttribute {
  /** OID of the attribute type, in dotted form. */
  readonly type: string;
  /** Identifier octet of the value. */
  readonly tag: number;
  /** The value as text; `null` if it is of no string type, or does not fit its type. */
  readonly text: string | null;
  /** DER of the value. */
  readonly value: Uint8Array;
}

/** A distinguished name in the order of its DER: relative names, of mostly one attribute each. */
export type DistinguishedName = readonly (readonly NameAttribute[])[];

/** Short names of attribute types (RFC 4514 section 3 and usage). */
const shortNames = new Map<string, string>([
  [oid.commonName, 'CN'],
  [oid.countryName, 'C'],
  [oid.organizationName, 'O'],
  [oid.organizationalUnitName, 'OU'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.12', 'title'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
]);

/** Names in use have up to some fifteen. They are compared each with each where they come in another order. */
const MAX_ATTRIBUTES = 64;

/** Passes over a Name (RFC 5280 section 4.1.2.4) of up to 64 attributes, checks its form, and returns its DER. */
export function readName(reader: DerReader): Uint8Array {
  const der = reader.element(derTag.sequence);
  const names = new DerReader(der).enter(derTag.sequence);
  let all = 0;
  while (!names.atEnd()) {
    const before = all;
    names.setOf(derTag.set, (set) => {
      if (all >= MAX_ATTRIBUTES) throw malformed('a name has too many attributes');
      const attribute = set.enter(derTag.sequence);
      attribute.objectIdentifier();
      skipWellFormed(attribute);
      attribute.finish();
      all += 1;
    });
    if (all === before) throw malformed('a relative name has no attribute');
  }
  return der;
}

/**
 * Reads a DER Name.
 *
 * @throws MalformedError `der_malformed`
 */
export function parseName(der: Uint8Array): DistinguishedName {
  const reader = new DerReader(der);
  const sets = reader.enter(derTag.sequence);
  reader.finish();
  const name: NameAttribute[][] = [];
  while (!sets.atEnd()) {
    const attributes: NameAttribute[] = [];
    sets.setOf(derTag.set, (set) => {
      const attribute = set.enter(derTag.sequence);
      const type = attribute.objectIdentifier();
      const tag = attribute.nextTag();
      const value = attribute.element(tag);
      attribute.finish();
      attributes.push({ type, tag, text: decodeDerString(tag, new DerReader(value).content(tag)), value });
    });
    name.push(attributes);
  }
  return name;
}

/** The text of every attribute of that type, in order; values that are no text are passed over. */
export function findNameText(der: Uint8Array, type: string): readonly string[] {
  const texts = parseName(der)
    .flat()
    .filter((attribute) => attribute.type === type)
    .map(({ text }) => text);
  return texts.filter((text) => text !== null);
}

/** True for a Name without any relative name in it. */
export function isEmptyName(der: Uint8Array): boolean {
  return der.length === 2;
}

/**
 * Whether two DER Names are the same: byte for byte, or else by RFC 5280 section 7.1, by which case and the amount of
 * white space do not matter in a PrintableString or UTF8String, nor which of the two it is.
 *
 * @throws MalformedError `der_malformed` if one of them is no Name
 */
export function isSameName(a: Uint8Array, b: Uint8Array): boolean {
  if (Buffer.compare(a, b) === 0) return true;
  const left = parseName(a);
  return left.length === parseName(b).length && isNameWithin(a, b);
}

/** Whether a DER Name is the base, or below it: begins with all the relative names of the base. */
export function isNameWithin(der: Uint8Array, base: Uint8Array): boolean {
  const name = parseName(der);
  const prefix = parseName(base);
  return (
    prefix.length <= name.length &&
    prefix.every((attributes, index) => isSameSet(attributes, name[index] ?? []))
  );
}

/** The name as text for people, in the manner of RFC 4514: last relative name first. */
export function describeName(der: Uint8Array): string {
  const relativeNames = parseName(der).map((attributes) => attributes.map(describeAttribute).join('+'));
  return relativeNames.reverse().join(',');
}

function describeAttribute({ type, text, value }: NameAttribute): string {
  const name = shortNames.get(type) ?? type;
  if (text === null) return `${name}=#${encodeHex(value)}`;
  const escaped = text
    .replaceAll(/["+,;<>\\=]/g, (character) => `\\${character}`)
    .replaceAll(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
      (character) => `\\${encodeHex(Buffer.from(character)).replaceAll(/(..)(?=.)/g, '$1\\')}`,
    )
    .replace(/^[ #]/, (character) => `\\${character}`)
    .replace(/ $/, '\\ ');
  return `${name}=${escaped}`;
}

function isSameSet(a: readonly NameAttribute[], b: readonly NameAttribute[]): boolean {
  if (a.length !== b.length) return false;
  const rest = [...b];
  return a.every((attribute) => {
    const index = rest.findIndex((candidate) => isSameAttribute(attribute, candidate));
    if (index >= 0) rest.splice(index, 1);
    return index >= 0;
  });
}

function isSameAttribute(a: NameAttribute, b: NameAttribute): boolean {
  if (a.type !== b.type) return false;
  if (Buffer.compare(a.value, b.value) === 0) return true;
  const left = comparable(a);
  return left !== null && left === comparable(b);
}

/** Text prepared for comparison, in the spirit of RFC 4518; `null` for what is compared by its bytes only. */
function comparable({ tag, text }: NameAttribute): string | null {
  if (text === null || (tag !== derTag.printableString && tag !== derTag.utf8String)) return null;
  return text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim();
}
