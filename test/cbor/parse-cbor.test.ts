import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CborReader } from '../../src/cbor/cbor-reader.js';
import { type CborValue, isCborMap } from '../../src/cbor/cbor-value.js';
import { parseCbor } from '../../src/cbor/parse-cbor.js';
import { MalformedError } from '../../src/core/errors.js';
import { thrownBy } from '../thrown-by.js';

const hex = (text: string) => Buffer.from(text, 'hex');
const bytes = (text: string) => Uint8Array.from(hex(text));

/** Byte strings come as views; compared as plain bytes. */
function plain(value: CborValue): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (isCborMap(value)) return new Map([...value].map(([key, item]) => [key, plain(item)]));
  return Array.isArray(value) ? value.map((item: CborValue) => plain(item)) : value;
}

function refusalOf(text: string, options = {}) {
  const error = thrownBy(() => parseCbor(hex(text), options));
  if (!(error instanceof MalformedError)) throw error;
  return { code: error.code, message: error.message };
}

const refused = (message: string) => ({ code: 'evidence_malformed', message: `not CBOR: ${message}` });

describe('CBOR of RFC 8949 appendix A', () => {
  it.each<[string, unknown]>([
    ['00', 0],
    ['01', 1],
    ['0a', 10],
    ['17', 23],
    ['1818', 24],
    ['1819', 25],
    ['1864', 100],
    ['1903e8', 1000],
    ['1a000f4240', 1_000_000],
    ['1b000000e8d4a51000', 1_000_000_000_000],
    ['1bffffffffffffffff', 18_446_744_073_709_551_615n],
    ['3bffffffffffffffff', -18_446_744_073_709_551_616n],
    ['20', -1],
    ['29', -10],
    ['3863', -100],
    ['3903e7', -1000],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['f7', undefined],
    ['40', bytes('')],
    ['4401020304', bytes('01020304')],
    ['60', ''],
    ['6161', 'a'],
    ['6449455446', 'IETF'],
    ['62225c', '"\\'],
    ['62c3bc', '\u00fc'],
    ['63e6b0b4', '\u6c34'],
    ['64f0908591', '\u{10151}'],
    ['80', []],
    ['83010203', [1, 2, 3]],
    ['8301820203820405', [1, [2, 3], [4, 5]]],
    [
      '98190102030405060708090a0b0c0d0e0f101112131415161718181819',
      Array.from({ length: 25 }, (_, index) => index + 1),
    ],
    ['a0', new Map()],
    [
      'a201020304',
      new Map([
        [1, 2],
        [3, 4],
      ]),
    ],
    [
      'a26161016162820203',
      new Map<string, unknown>([
        ['a', 1],
        ['b', [2, 3]],
      ]),
    ],
    ['826161a161626163', ['a', new Map([['b', 'c']])]],
  ])('%s is read', (text, expected) => {
    expect(plain(parseCbor(hex(text)))).toEqual(expected);
  });

  it.each([
    ['c249010000000000000000', 'bignum'],
    ['c11a514b67b0', 'tag'],
    ['d74401020304', 'tag'],
    ['d818456449455446', 'tag'],
    ['f90000', 'half-precision float'],
    ['fa47c35000', 'single-precision float'],
    ['fb3ff199999999999a', 'double-precision float'],
    ['f0', 'unassigned simple value'],
    ['f8ff', 'unassigned simple value'],
    ['f818', 'reserved simple value'],
    ['ff', 'break without a start'],
  ])('%s, a %s, is refused', (text) => {
    expect(refusalOf(text)).toEqual(
      refused('there is a tag, a floating-point number or an unknown simple value'),
    );
  });

  it.each([
    '5f42010243030405ff',
    '7f657374726561646d696e67ff',
    '9fff',
    '9f018202039f0405ffff',
    'bf61610161629f0203ffff',
  ])('%s, of indefinite length, is refused', (text) => {
    expect(refusalOf(text)).toEqual(refused('a length is not definite'));
  });
});

describe('CBOR', () => {
  it.each([
    ['9007199254740991 is a number', '1b001fffffffffffff', 9_007_199_254_740_991],
    ['9007199254740992 is a bigint', '1b0020000000000000', 9_007_199_254_740_992n],
    ['-9007199254740991 is a number', '3b001ffffffffffffe', -9_007_199_254_740_991],
    ['-9007199254740992 is a bigint', '3b001fffffffffffff', -9_007_199_254_740_992n],
  ])('%s', (_, text, expected) => {
    expect(parseCbor(hex(text))).toBe(expected);
  });

  it.each(['1817', '1900ff', '1a0000ffff', '1b00000000ffffffff', '580161', '59000161', '980101', 'b8010101'])(
    '%s, with an argument that has a shorter form, is refused',
    (text) => {
      expect(refusalOf(text)).toEqual(refused('an argument is not in its shortest form'));
    },
  );

  it.each(['1c', '1d', '1e', '1f', '5c', '7d', '9e', 'bc'])('%s, of reserved form, is refused', (text) => {
    expect(refusalOf(text)).toEqual(refused('a length is not definite'));
  });

  it.each([
    ['', 'an item is missing'],
    ['82', 'an item is missing'],
    ['8201', 'an item is missing'],
    ['a101', 'an item is missing'],
    ['18', 'an item is cut off'],
    ['1900', 'an item is cut off'],
    ['1b00000000000000', 'an item is cut off'],
    ['4201', 'a string is cut off'],
    ['6261', 'a string is cut off'],
    ['5bffffffffffffffff', 'a string is cut off'],
    ['0000', 'there are bytes after the last item'],
    ['a000', 'there are bytes after the last item'],
    ['a201020103', 'a key comes twice'],
    ['a2616101616102', 'a key comes twice'],
    ['a21b0020000000000000011b002000000000000002', 'a key comes twice'],
    ['a1410101', 'a key is neither a whole number nor a text'],
    ['a1f501', 'a key is neither a whole number nor a text'],
    ['a18001', 'a key is neither a whole number nor a text'],
    ['61ff', 'a text is not UTF-8'],
    ['62c0af', 'a text is not UTF-8'],
    ['63eda080', 'a text is not UTF-8'],
  ])('%j is refused: %s', (text, message) => {
    expect(refusalOf(text)).toEqual(refused(message));
  });

  it('tells a number from a text as a key', () => {
    expect(parseCbor(hex('a2010261310a'))).toEqual(
      new Map<number | string, number>([
        [1, 2],
        ['1', 10],
      ]),
    );
  });

  it('stands as deep as is allowed and no deeper', () => {
    expect(plain(parseCbor(hex('8181818181818180')))).toEqual([[[[[[[[]]]]]]]]);
    expect(refusalOf('818181818181818180')).toEqual(refused('items stand too deep in one another'));
    expect(parseCbor(hex('00'), { maxDepth: 0 })).toBe(0);
    expect(refusalOf('80', { maxDepth: 0 })).toEqual(refused('items stand too deep in one another'));
    expect(refusalOf('a0', { maxDepth: 0 })).toEqual(refused('items stand too deep in one another'));
    expect(refusalOf('a10181f6', { maxDepth: 1 })).toEqual(refused('items stand too deep in one another'));
  });

  it('holds as many items as are allowed and no more', () => {
    expect(parseCbor(hex('83010203'), { maxItems: 4 })).toEqual([1, 2, 3]);
    expect(refusalOf('83010203', { maxItems: 3 })).toEqual(refused('there are too many items'));
    expect(refusalOf('a201020304', { maxItems: 4 })).toEqual(refused('there are too many items'));
    expect(refusalOf('9affffffff')).toEqual(refused('there are too many items'));
    expect(refusalOf('bbffffffffffffffff')).toEqual(refused('there are too many items'));
  });

  it('refuses under the name that it is given', () => {
    expect(refusalOf('', { code: 'request_malformed', what: 'a note' })).toEqual({
      code: 'request_malformed',
      message: 'not a note: an item is missing',
    });
  });

  it('is read from a view into other bytes', () => {
    const view = new Uint8Array(bytes('ffff430102036161ff').buffer, 2, 4);
    expect(plain(parseCbor(view))).toEqual(bytes('010203'));
  });
});

describe('a reader of CBOR', () => {
  it('says where an item ended', () => {
    const reader = new CborReader(hex('ff830102036161'), {}, 1);
    expect(reader.read()).toEqual([1, 2, 3]);
    expect(reader.offset).toBe(5);
    expect(
      thrownBy(() => {
        reader.finish();
      }),
    ).toBeInstanceOf(MalformedError);
    expect(reader.read()).toBe('a');
    expect(reader.offset).toBe(7);
    reader.finish();
  });

  it('counts its items over all that it reads', () => {
    const reader = new CborReader(hex('0000'), { maxItems: 1 });
    expect(reader.read()).toBe(0);
    expect(thrownBy(() => reader.read())).toBeInstanceOf(MalformedError);
  });
});

/** The shortest encoding, written independently of the reader. */
function encode(value: unknown): Buffer {
  const head = (major: number, argument: bigint) => {
    const [information, octets] =
      argument < 24n
        ? [Number(argument), 0]
        : argument < 0x100n
          ? [24, 1]
          : argument < 0x10000n
            ? [25, 2]
            : argument < 0x100000000n
              ? [26, 4]
              : [27, 8];
    const rest = octets === 0 ? '' : argument.toString(16).padStart(octets * 2, '0');
    return Buffer.concat([Buffer.of((major << 5) | information), hex(rest)]);
  };
  if (typeof value === 'boolean') return Buffer.of(value ? 0xf5 : 0xf4);
  if (value === null) return Buffer.of(0xf6);
  if (value === undefined) return Buffer.of(0xf7);
  if (typeof value === 'number' || typeof value === 'bigint') {
    const number = BigInt(value);
    return number < 0n ? head(1, -1n - number) : head(0, number);
  }
  if (typeof value === 'string') {
    const octets = Buffer.from(value);
    return Buffer.concat([head(3, BigInt(octets.length)), octets]);
  }
  if (value instanceof Uint8Array) return Buffer.concat([head(2, BigInt(value.length)), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, BigInt(value.length)), ...value.map(encode)]);
  if (!(value instanceof Map)) throw new Error('nothing to encode');
  return Buffer.concat([head(5, BigInt(value.size)), ...[...value].flat().map(encode)]);
}

const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }),
);
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const { item } = fc.letrec<{ item: unknown }>((tie) => ({
  item: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    integer,
    text,
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(true, false, null, undefined),
    fc.array(tie('item'), { maxLength: 5 }),
    fc
      .array(fc.tuple(fc.oneof(integer, text), tie('item')), { maxLength: 5 })
      .map((pairs) => new Map<unknown, unknown>(pairs)),
  ),
}));

describe('any CBOR', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(item, (value) => {
        expect(plain(parseCbor(encode(value)))).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it('has one encoding, and bytes of any form are that or a typed refusal', () => {
    const mutated = fc.tuple(item, fc.nat(), fc.nat({ max: 255 })).map(([value, at, octet]) => {
      const encoded = encode(value);
      encoded[at % encoded.length] = octet;
      return Uint8Array.from(encoded);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), mutated), (input) => {
        let value: CborValue;
        try {
          value = parseCbor(input);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
          return;
        }
        expect(Uint8Array.from(encode(value))).toEqual(input);
      }),
      { numRuns: 3000 },
    );
  });
});
