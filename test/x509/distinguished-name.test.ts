import { describe, expect, it } from 'vitest';
import { derTag } from '../../src/x509/der-tag.js';
import { DerReader } from '../../src/x509/der-reader.js';
import { der, encodeElement } from '../../src/x509/der-writer.js';
import {
  describeName,
  findNameText,
  isEmptyName,
  isNameWithin,
  isSameName,
  parseName,
  readName,
} from '../../src/x509/distinguished-name.js';
import { oid } from '../../src/x509/oid.js';
import { thrownBy } from '../thrown-by.js';
import { name, nameOf } from './forge.js';

const printable = (text: string) => encodeElement(derTag.printableString, Buffer.from(text));
const cn = (value: Uint8Array) => nameOf([oid.commonName, value]);

/** A Name of one relative name with several attributes. */
const several = (...values: readonly [string, Uint8Array][]) =>
  der.sequence(der.setOf(...values.map(([type, value]) => der.sequence(der.objectIdentifier(type), value))));

describe('two names', () => {
  it.each([
    ['with the same bytes', name('Device CA'), name('Device CA')],
    ['that differ in case', name('Device CA'), name('DEVICE ca')],
    ['that differ in white space', name('Device CA'), name('  Device   CA ')],
    ['of which one is a PrintableString', name('Device CA'), cn(printable('device CA'))],
    ['that differ in the composition of a character', name('Zo\u00eb'), name('Zoe\u0308')],
    ['of nothing', der.sequence(), der.sequence()],
    [
      'with the same bytes in one part and another case in the next',
      nameOf([oid.commonName, der.integer(1n)], [oid.commonName, printable('a')]),
      nameOf([oid.commonName, der.integer(1n)], [oid.commonName, printable('A')]),
    ],
  ])('%s are the same', (_, a, b) => {
    expect(isSameName(a, b)).toBe(true);
    expect(isSameName(b, a)).toBe(true);
  });

  it.each([
    ['that differ in a letter', name('Device CA'), name('Device CB')],
    ['that differ in where there is white space', name('DeviceCA'), name('Device CA')],
    [
      'that differ in the type of an attribute',
      name('x'),
      nameOf([oid.organizationName, der.utf8String('x')]),
    ],
    [
      'in another order',
      nameOf([oid.organizationName, printable('a')], [oid.commonName, printable('b')]),
      nameOf([oid.commonName, printable('b')], [oid.organizationName, printable('a')]),
    ],
    [
      'of which one has more',
      nameOf([oid.organizationName, printable('a')]),
      nameOf([oid.organizationName, printable('a')], [oid.commonName, printable('b')]),
    ],
    ['in strings of other types', cn(encodeElement(derTag.ia5String, Buffer.from('x'))), name('x')],
    [
      'in strings of other types, even with the same text',
      cn(encodeElement(derTag.teletexString, Buffer.from('x'))),
      cn(encodeElement(derTag.ia5String, Buffer.from('x'))),
    ],
    [
      'of which one has another attribute in the same relative name',
      several([oid.commonName, printable('a')]),
      several([oid.commonName, printable('a')], [oid.organizationName, printable('b')]),
    ],
    [
      'of which one has an attribute twice, the other something else beside it',
      several([oid.commonName, printable('a')], [oid.commonName, printable('a')]),
      several([oid.commonName, printable('a')], [oid.commonName, printable('b')]),
    ],
    ['of which one has a relative name of nothing', der.sequence(), der.sequence(der.setOf())],
    ['that are no text', cn(der.integer(1n)), cn(der.integer(2n))],
    [
      'in broken UTF-8',
      cn(encodeElement(derTag.utf8String, Buffer.of(0xff))),
      cn(encodeElement(derTag.utf8String, Buffer.of(0xfe))),
    ],
    ['of which one is nothing', der.sequence(), name('x')],
  ])('%s are not the same', (_, a, b) => {
    expect(isSameName(a, b)).toBe(false);
    expect(isSameName(b, a)).toBe(false);
  });

  it('with several attributes in a relative name are the same whatever the order of those', () => {
    const a = several([oid.commonName, printable('b')], [oid.organizationName, printable('a')]);
    const b = several([oid.organizationName, der.utf8String('A')], [oid.commonName, der.utf8String('B')]);
    expect(isSameName(a, b)).toBe(true);
    expect(
      isSameName(a, several([oid.commonName, printable('b')], [oid.organizationName, printable('c')])),
    ).toBe(false);
  });
});

describe('a name', () => {
  const whole = nameOf(
    [oid.countryName, printable('DE')],
    [oid.organizationName, der.utf8String('Example, Inc.')],
    [oid.commonName, der.utf8String('a device')],
  );

  it('is within those that it begins with', () => {
    expect(isNameWithin(whole, nameOf([oid.countryName, printable('de')]))).toBe(true);
    expect(isNameWithin(whole, whole)).toBe(true);
    expect(isNameWithin(whole, der.sequence())).toBe(true);
    expect(isNameWithin(whole, nameOf([oid.countryName, printable('FR')]))).toBe(false);
    expect(isNameWithin(nameOf([oid.countryName, printable('DE')]), whole)).toBe(false);
    expect(isNameWithin(der.sequence(), der.sequence(der.setOf()))).toBe(false);
  });

  it('is told to people with its last part first', () => {
    expect(describeName(whole)).toBe('CN=a device,O=Example\\, Inc.,C=DE');
    expect(describeName(der.sequence())).toBe('');
  });

  it('is told to people without letting it play tricks on them', () => {
    expect(describeName(name(' #a+b="c";<d>\\e '))).toBe('CN=\\ #a\\+b\\=\\"c\\"\\;\\<d\\>\\\\e\\ ');
    expect(describeName(name('#a'))).toBe('CN=\\#a');
    expect(describeName(name('a\n\u001b[31mb\u202e'))).toBe('CN=a\\0a\\1b[31mb\\e2\\80\\ae');
    expect(describeName(nameOf(['1.2.3', der.integer(5n)]))).toBe('1.2.3=#020105');
  });

  it('is told to people with every attribute of a relative name, each by its short name', () => {
    const types = [
      [oid.commonName, 'CN'],
      [oid.countryName, 'C'],
      [oid.organizationName, 'O'],
      [oid.organizationalUnitName, 'OU'],
      ['2.5.4.5', 'serialNumber'],
      ['2.5.4.7', 'L'],
      ['2.5.4.8', 'ST'],
      ['2.5.4.12', 'title'],
      ['0.9.2342.19200300.100.1.25', 'DC'],
      [oid.emailAddress, 'emailAddress'],
    ] as const;
    for (const [type, short] of types) {
      expect(describeName(nameOf([type, printable('x')]))).toBe(`${short}=x`);
    }
    expect(
      describeName(several([oid.commonName, printable('a')], [oid.organizationName, printable('b')])),
    ).toBe('CN=a+O=b');
  });

  it('gives the text of its attributes of one type', () => {
    expect(findNameText(whole, oid.commonName)).toEqual(['a device']);
    expect(
      findNameText(
        nameOf([oid.commonName, printable('a')], [oid.commonName, der.utf8String('b')]),
        oid.commonName,
      ),
    ).toEqual(['a', 'b']);
    expect(findNameText(cn(der.integer(1n)), oid.commonName)).toEqual([]);
  });

  it.each([
    ['UTF8String', derTag.utf8String, 'c3a9', 'é'],
    ['TeletexString', derTag.teletexString, 'e9', 'é'],
    ['BMPString', derTag.bmpString, '00e9', 'é'],
    ['broken UTF8String', derTag.utf8String, 'e9', null],
    ['broken BMPString', derTag.bmpString, '00', null],
    ['PrintableString beyond ASCII', derTag.printableString, 'e9', null],
    ['UniversalString', derTag.universalString, '000000e9', null],
    ['UTF8String with a byte order mark', derTag.utf8String, 'efbbbf61', '\ufeffa'],
    ['PrintableString partly beyond ASCII', derTag.printableString, '61e9', null],
    ['PrintableString up to the end of ASCII', derTag.printableString, '617f', 'a\u007f'],
    ['IA5String', derTag.ia5String, '6140', 'a@'],
  ])('has text in a %s', (_, tag, hex, text) => {
    const [[attribute] = []] = parseName(cn(encodeElement(tag, Buffer.from(hex, 'hex'))));
    expect(attribute).toMatchObject({ type: oid.commonName, tag, text });
  });

  it('has up to 64 attributes', () => {
    const der64 = nameOf(...Array.from({ length: 64 }, () => [oid.commonName, der.utf8String('a')] as const));
    expect(readName(new DerReader(der64))).toEqual(der64);
  });

  it('of nothing is empty', () => {
    expect(isEmptyName(der.sequence())).toBe(true);
    expect(isEmptyName(whole)).toBe(false);
  });

  it.each([
    ['a relative name of nothing', der.sequence(der.setOf())],
    [
      'an attribute without a value',
      der.sequence(der.setOf(der.sequence(der.objectIdentifier(oid.commonName)))),
    ],
    [
      'an attribute with two values',
      der.sequence(der.setOf(der.sequence(der.objectIdentifier(oid.commonName), der.null(), der.null()))),
    ],
    [
      '65 relative names',
      nameOf(...Array.from({ length: 65 }, () => [oid.commonName, der.utf8String('a')] as const)),
    ],
    [
      '65 attributes in one',
      several(
        ...Array.from(
          { length: 65 },
          (_, index) => [`1.2.${String(index)}`, der.null()] as [string, Uint8Array],
        ),
      ),
    ],
    ['an attribute without a type', der.sequence(der.setOf(der.sequence(der.null())))],
    ['a sequence where a set is due', der.sequence(der.sequence())],
    ['no sequence', der.setOf()],
  ])('is malformed: %s', (_, bytes) => {
    expect(thrownBy(() => readName(new DerReader(bytes)))).toMatchObject({ code: 'der_malformed' });
  });
});
