import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ConfigurationError } from '../../src/core/errors.js';
import { DerReader } from '../../src/x509/der-reader.js';
import { derTag } from '../../src/x509/der-tag.js';
import { der, encodeElement } from '../../src/x509/der-writer.js';
import { runTool } from '../run-tool.js';
import { thrownBy } from '../thrown-by.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('the DER writer', () => {
  it.each([
    [0n, '020100'],
    [127n, '02017f'],
    [128n, '02020080'],
    [256n, '02020100'],
    [-1n, '0201ff'],
    [-128n, '020180'],
    [-129n, '0202ff7f'],
    [2n ** 64n, '0209010000000000000000'],
  ])('writes the integer %s in the fewest octets', (value, expected) => {
    expect(hex(der.integer(value))).toBe(expected);
  });

  it.each([
    ['', '020100'],
    ['0000', '020100'],
    ['0001', '020101'],
    ['80', '02020080'],
    ['00ff', '020200ff'],
  ])('writes the magnitude %s as a number that is not negative', (octets, expected) => {
    expect(hex(der.integer(Buffer.from(octets, 'hex')))).toBe(expected);
  });

  it.each([
    ['2.5.4.3', '0603550403'],
    ['1.2.840.113549', '06062a864886f70d'],
    ['2.999', '06028837'],
    ['0.39', '060127'],
  ])('writes the object identifier %s', (dotted, expected) => {
    const encoded = der.objectIdentifier(dotted);
    expect(new DerReader(encoded).objectIdentifier()).toBe(dotted);
    expect(hex(encoded)).toBe(expected);
  });

  it.each([
    '',
    '1',
    '3.1',
    '1.40',
    '0.40',
    '1.2.',
    '1.02',
    '1.a',
    'x',
    ' 1.2',
    '1.2 ',
    '11.2',
    `1.2${'.3'.repeat(30)}`,
  ])('refuses the object identifier "%s"', (dotted) => {
    const error = thrownBy(() => der.objectIdentifier(dotted));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({
      option: 'objectIdentifier',
      message: 'objectIdentifier: is not an OBJECT IDENTIFIER in dotted form',
    });
  });

  it.each([
    [[], '030100'],
    [[0], '03020780'],
    [[5, 6], '03020106'],
    [[0, 8], '0303078080'],
  ])('writes the named bits %j without zero bits at the end', (bits, expected) => {
    expect(hex(der.namedBits(bits))).toBe(expected);
  });

  it.each([
    ['2049-12-31T23:59:59.999Z', '170d3439313233313233353935395a'],
    ['2050-01-01T00:00:00Z', '180f32303530303130313030303030305a'],
    ['1950-01-01T00:00:00Z', '170d3530303130313030303030305a'],
    ['9999-12-31T23:59:59Z', '180f39393939313233313233353935395a'],
    ['1949-12-31T23:59:59Z', '180f31393439313233313233353935395a'],
    ['0000-01-01T00:00:00Z', '180f30303030303130313030303030305a'],
  ])(
    'writes the time %s as UTCTime from 1950 to 2049, and as GeneralizedTime elsewhere',
    (time, expected) => {
      expect(hex(der.time(new Date(time)))).toBe(expected);
    },
  );

  it('refuses a date that is none, and one that has five digits in its year', () => {
    for (const date of [
      new Date(NaN),
      new Date('+010000-01-01T00:00:00Z'),
      new Date('-000001-12-31T23:59:59Z'),
    ]) {
      const error = thrownBy(() => der.time(date));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({ option: 'time', message: 'time: is not a date that DER can hold' });
    }
  });

  it('refuses characters that PrintableString does not have', () => {
    expect(hex(der.printableString('A 1'))).toBe('1303412031');
    for (const wrong of ['a@b', '@a', 'a@']) {
      const error = thrownBy(() => der.printableString(wrong));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({
        option: 'text',
        message: 'text: has a character that its ASN.1 type does not allow',
      });
    }
    expect(hex(der.contextIa5String(6, 'a:~!'))).toBe('8604613a7e21');
    for (const wrong of ['http://ä', ' a', 'a ']) {
      expect(thrownBy(() => der.contextIa5String(6, wrong))).toMatchObject({ option: 'text' });
    }
  });

  it('puts a SET OF in order', () => {
    const [one, two] = [der.integer(1n), der.integer(2n)];
    expect(hex(der.setOf(two, one))).toBe('3106020101020102');
  });

  it.each([0, 1, 127, 128, 255, 256, 65_535, 65_536, 0xff_ffff, 0x100_0000])(
    'writes a length of %i octets that the reader takes',
    (length) => {
      const element = encodeElement(derTag.octetString, new Uint8Array(length));
      expect(new DerReader(element).content(derTag.octetString).length).toBe(length);
    },
  );

  it('writes integers and object identifiers that the strict reader reads back', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 160n), 2n ** 160n), (value) => {
        const content = new DerReader(der.integer(value)).integer();
        expect(BigInt.asIntN(content.length * 8, BigInt(`0x${hex(content)}`))).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, 2n ** 120n), { minLength: 1, maxLength: 3 }), (arcs) => {
        const dotted = `2.${arcs.join('.')}`;
        expect(new DerReader(der.objectIdentifier(dotted)).objectIdentifier()).toBe(dotted);
      }),
    );
  });

  it('writes what OpenSSL reads', () => {
    const everything = der.sequence(
      der.integer(65537n),
      der.boolean(true),
      der.null(),
      der.objectIdentifier('2.5.4.3'),
      der.utf8String('Zürich'),
      der.setOf(der.printableString('B'), der.printableString('A')),
      der.constructedContext(3, der.octetString(new Uint8Array(200))),
      der.time(new Date('2026-03-01T12:34:56Z')),
    );
    const { status, output } = runTool('openssl', ['asn1parse', '-inform', 'DER', '-in', '@der'], {
      der: everything,
    });
    expect(status).toBe(0);
    expect(output).toMatch(
      /INTEGER\s+:010001[\s\S]*BOOLEAN\s+:255[\s\S]*commonName[\s\S]*UTCTIME\s+:260301123456Z/,
    );
  });
});
