import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedError } from '../../src/core/errors.js';
import { DerReader } from '../../src/x509/der-reader.js';
import { derTag } from '../../src/x509/der-tag.js';
import { der, encodeElement } from '../../src/x509/der-writer.js';
import { skipWellFormed } from '../../src/x509/skip-well-formed.js';
import { thrownBy } from '../thrown-by.js';

const reader = (hex: string) => new DerReader(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

function expectMalformed(call: () => unknown): void {
  const error = thrownBy(call);
  expect(error).toBeInstanceOf(MalformedError);
  expect(error).toMatchObject({ code: 'der_malformed' });
}

describe('a DER reader', () => {
  it('walks from element to element, into them and to their end', () => {
    const outer = reader('30 08 02 01 05 30 03 01 01 ff');
    const sequence = outer.enter(derTag.sequence);
    expect(sequence.nextTag()).toBe(derTag.integer);
    expect(sequence.smallInteger()).toBe(5);
    const inner = sequence.enter(derTag.sequence);
    expect(inner.boolean()).toBe(true);
    expect(inner.atEnd()).toBe(true);
    inner.finish();
    sequence.finish();
    outer.finish();
    expect(outer.nextTag()).toBe(0);
  });

  it('hands out views of whole elements and of their content', () => {
    const bytes = Buffer.from('0403aabbcc', 'hex');
    expect(Buffer.from(new DerReader(bytes).element(derTag.octetString))).toEqual(bytes);
    const content = new DerReader(bytes).content(derTag.octetString);
    bytes[2] = 0x11;
    expect(Buffer.from(content).toString('hex')).toBe('11bbcc');
  });

  it('reads plain byte arrays as it reads Buffers', () => {
    const bytes = Uint8Array.from([0x02, 0x02, 0x00, 0xff, 0x06, 0x03, 0x55, 0x04, 0x03]);
    const plain = new DerReader(bytes);
    expect(plain.integerHex()).toBe('00ff');
    expect(plain.objectIdentifier()).toBe('2.5.4.3');
  });

  it.each([
    ['the wrong tag', '04 00'],
    ['nothing', ''],
    ['a tag without a length', '30'],
    ['a length beyond the end', '30 02 00'],
    ['the indefinite form', '30 80 00 00'],
    ['a long length where a short one does', '30 81 01 00'],
    ['a length with a leading zero octet', `30 82 00 80 ${'00'.repeat(128)}`],
    ['a length of five octets', '30 85 00 00 00 00 00'],
    ['a length of 0xff octets', '30 ff'],
    ['a length that is cut off', '30 82 01'],
  ])('refuses %s', (_, hex) => {
    expectMalformed(() => reader(hex).enter(derTag.sequence));
  });

  it('refuses tag numbers above 30, even if asked for them', () => {
    expectMalformed(() => reader('bf 85 3d 00').enter(0xbf));
  });

  it('knows of nothing beyond the end of what it is inside of', () => {
    const inside = reader('30 00 05 00').enter(derTag.sequence);
    expect(inside.atEnd()).toBe(true);
    expect(inside.nextTag()).toBe(0);
  });

  it('tells where it is, counted from the start of all the bytes', () => {
    const outer = reader('05 00 30 02 05 00');
    expect(outer.offset).toBe(0);
    outer.null();
    const inside = outer.enter(derTag.sequence);
    expect([inside.offset, outer.offset]).toEqual([4, 6]);
  });

  it('does not look beyond the end of what it is inside of', () => {
    const inside = reader('30 02 02 03 01 01 01').enter(derTag.sequence);
    expectMalformed(() => inside.integer());
  });

  it.each(['01 00', '01 01 01', '01 01 7f', '01 02 00 00'])('refuses %s as a BOOLEAN', (hex) => {
    expectMalformed(() => reader(hex).boolean());
  });

  it('reads a BOOLEAN of 00 as false', () => {
    expect(reader('01 01 00').boolean()).toBe(false);
  });

  it.each(['02 00', '02 02 00 7f', '02 02 ff 80', '02 03 00 00 80'])('refuses %s as an INTEGER', (hex) => {
    expectMalformed(() => reader(hex).integer());
    expectMalformed(() => reader(hex).integerHex());
    expectMalformed(() => reader(hex).smallInteger());
  });

  it('reads small integers from 0 to 2^31 - 1 and nothing else as such', () => {
    expect(reader('02 01 00').smallInteger()).toBe(0);
    expect(reader('02 04 7f ff ff ff').smallInteger()).toBe(0x7fffffff);
    expectMalformed(() => reader('02 01 ff').smallInteger());
    expectMalformed(() => reader('02 01 80').smallInteger());
    expectMalformed(() => reader('02 05 00 80 00 00 00').smallInteger());
  });

  it('reads numbers that are not negative without the octet of the sign', () => {
    expect(Buffer.from(reader('02 02 00 80').unsignedInteger()).toString('hex')).toBe('80');
    expect(Buffer.from(reader('02 01 00').unsignedInteger()).toString('hex')).toBe('00');
    expectMalformed(() => reader('02 01 80').unsignedInteger());
  });

  it('refuses a NULL with content', () => {
    reader('05 00').null();
    expectMalformed(() => {
      reader('05 01 00').null();
    });
  });

  it.each(['06 00', '06 02 55 80', '06 03 80 55 04', '06 04 55 80 04 03', `06 41 ${'01'.repeat(65)}`])(
    'refuses %s as an OBJECT IDENTIFIER',
    (hex) => {
      expectMalformed(() => reader(hex).objectIdentifier());
    },
  );

  it('reads whole octets of a BIT STRING, and refuses one with unused bits', () => {
    expect(Buffer.from(reader('03 03 00 aa bb').bitStringOctets()).toString('hex')).toBe('aabb');
    expectMalformed(() => reader('03 02 01 fe').bitStringOctets());
    expectMalformed(() => reader('03 00').bitStringOctets());
  });

  it('reads named bits', () => {
    expect(reader('03 02 07 80').namedBits()).toBe(1);
    expect(reader('03 02 01 06').namedBits()).toBe((1 << 5) | (1 << 6));
    expect(reader('03 03 07 00 80').namedBits()).toBe(1 << 8);
    expect(reader('03 01 00').namedBits()).toBe(0);
    expect(reader('03 04 00 00 00 01').namedBits()).toBe(1 << 23);
  });

  it.each([
    ['with a zero bit at the end', '03 02 00 06'],
    ['with unused bits that are not zero', '03 02 01 07'],
    ['with more unused bits than an octet has', '03 02 08 00'],
    ['without an octet for the unused bits', '03 00'],
    ['with unused bits of no octet', '03 01 07'],
    ['of more than 24 bits', '03 05 00 00 00 00 01'],
  ])('refuses named bits %s', (_, hex) => {
    expectMalformed(() => reader(hex).namedBits());
  });

  it('refuses a SET OF that is not in order', () => {
    const read = (hex: string) => {
      const seen: number[] = [];
      reader(hex).setOf(derTag.set, (set) => seen.push(set.smallInteger()));
      return seen;
    };
    expect(read('31 06 02 01 01 02 01 02')).toEqual([1, 2]);
    expect(read('31 06 02 01 01 02 01 01')).toEqual([1, 1]);
    expect(read('31 00')).toEqual([]);
    expectMalformed(() => read('31 06 02 01 02 02 01 01'));
  });

  it('refuses bytes after the last element', () => {
    const trailing = reader('05 00 00');
    trailing.null();
    expectMalformed(() => {
      trailing.finish();
    });
  });
});

describe('times', () => {
  const time = (tag: number, text: string) =>
    new DerReader(encodeElement(tag, Buffer.from(text, 'latin1'))).time().toISOString();

  it('have their century by the 50-year rule', () => {
    expect(time(derTag.utcTime, '491231235959Z')).toBe('2049-12-31T23:59:59.000Z');
    expect(time(derTag.utcTime, '500101000000Z')).toBe('1950-01-01T00:00:00.000Z');
    expect(time(derTag.generalizedTime, '20500101000000Z')).toBe('2050-01-01T00:00:00.000Z');
    expect(time(derTag.generalizedTime, '99991231235959Z')).toBe('9999-12-31T23:59:59.000Z');
    expect(time(derTag.utcTime, '240229000000Z')).toBe('2024-02-29T00:00:00.000Z');
    expect(time(derTag.generalizedTime, '20000229000000Z')).toBe('2000-02-29T00:00:00.000Z');
    expect(time(derTag.generalizedTime, '01000101000000Z')).toBe('0100-01-01T00:00:00.000Z');
  });

  it.each([
    [derTag.utcTime, '2501010000Z'],
    [derTag.utcTime, '250101000000+0000'],
    [derTag.utcTime, '250101000000'],
    [derTag.utcTime, '20250101000000Z'],
    [derTag.utcTime, '250001000000Z'],
    [derTag.utcTime, '251301000000Z'],
    [derTag.utcTime, '250230000000Z'],
    [derTag.utcTime, '250229000000Z'],
    [derTag.utcTime, '250431000000Z'],
    [derTag.utcTime, '250631000000Z'],
    [derTag.utcTime, '250931000000Z'],
    [derTag.utcTime, '251131000000Z'],
    [derTag.utcTime, '250100000000Z'],
    [derTag.utcTime, '250101240000Z'],
    [derTag.utcTime, '250101006000Z'],
    [derTag.utcTime, '250101000060Z'],
    [derTag.utcTime, '25010100000 Z'],
    [derTag.utcTime, '-50101000000Z'],
    [derTag.utcTime, '2501010000:0Z'],
    [derTag.utcTime, '25010100000:Z'],
    [derTag.generalizedTime, '20250101000000+'],
    [derTag.generalizedTime, '20250101000000.5Z'],
    [derTag.generalizedTime, '20250101000000'],
    [derTag.generalizedTime, '250101000000Z'],
    [derTag.generalizedTime, '00500101000000Z'],
    [derTag.generalizedTime, '19000229000000Z'],
    [derTag.utf8String, '250101000000Z'],
    [derTag.utf8String, '20250101000000Z'],
    [derTag.utf8String, '0101000000Z'],
  ])('of tag %i do not have the form %s', (tag, text) => {
    expectMalformed(() => time(tag, text));
  });
});

describe('an element of any type', () => {
  it.each([
    ['30 03 02 01 01'],
    ['31 06 02 01 01 02 01 02'],
    ['a0 02 05 00'],
    ['80 03 01 02 03'],
    ['0c 02 c3 a9'],
    ['30 00'],
  ])('is passed over: %s', (hex) => {
    const bytes = reader(hex);
    skipWellFormed(bytes);
    bytes.finish();
  });

  it.each([
    ['a constructed string', '24 04 04 02 00 00'],
    ['a primitive SEQUENCE', '10 00'],
    ['end of contents', '00 00'],
    ['an integer inside that is not minimal', '30 04 02 02 00 01'],
    ['a BOOLEAN inside that is 01', '30 03 01 01 01'],
    ['a set inside that is not in order', '30 08 31 06 02 01 02 02 01 01'],
    ['an identifier inside that is cut off', '30 03 06 01 80'],
    ['an inner element that is cut off', '30 03 04 02 00'],
    ['too many levels', '30 80'],
  ])('is refused: %s', (_, hex) => {
    expectMalformed(() => {
      skipWellFormed(reader(hex));
    });
  });

  it('is refused beyond 16 levels, and never exhausts the stack', () => {
    let bytes: Uint8Array = der.null();
    for (let level = 0; level < 16; level += 1) bytes = der.sequence(bytes);
    skipWellFormed(new DerReader(bytes));
    const deeper = der.sequence(bytes);
    expectMalformed(() => {
      skipWellFormed(new DerReader(deeper));
    });
    const tower = Buffer.concat(Array.from({ length: 5000 }, () => Buffer.from('3084000f4240', 'hex')));
    expectMalformed(() => {
      skipWellFormed(new DerReader(tower));
    });
  });

  it('leads to a malformed error or to the end, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          skipWellFormed(new DerReader(bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: 'der_malformed' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what was written', () => {
  it('is read again: integers', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 200n), max: 1n << 200n }), (value) => {
        const hex = new DerReader(der.integer(value)).integerHex();
        expect(BigInt.asIntN(hex.length * 4, BigInt(`0x${hex}`))).toBe(value);
      }),
    );
  });

  it('is read again: object identifiers, those of UUIDs too', () => {
    const arc = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
    const dotted = fc.oneof(
      fc.tuple(fc.constantFrom('0', '1'), fc.integer({ min: 0, max: 39 }), arc).map((arcs) => arcs.join('.')),
      fc.tuple(fc.constant('2'), arc, arc).map((arcs) => arcs.join('.')),
    );
    fc.assert(
      fc.property(dotted, (text) => {
        expect(new DerReader(der.objectIdentifier(text)).objectIdentifier()).toBe(text);
      }),
    );
  });

  it('is read again: times', () => {
    const seconds = fc.integer({ min: Date.UTC(1950, 0) / 1000, max: Date.UTC(9999, 11, 31) / 1000 });
    fc.assert(
      fc.property(seconds, (second) => {
        const at = new Date(second * 1000);
        expect(new DerReader(der.time(at)).time()).toEqual(at);
      }),
    );
  });

  it('is read again: lengths of every size', () => {
    for (const length of [0, 127, 128, 255, 256, 65_535, 65_536, 70_000]) {
      expect(new DerReader(der.octetString(Buffer.alloc(length))).content(derTag.octetString)).toHaveLength(
        length,
      );
    }
  });
});
