import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBase64,
  decodeHex,
  decodeSha256,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
  equalBytes,
  sha256,
  sha256Hex,
} from '../../src/core/bytes.js';

const bytes = (...octets: readonly number[]) => Uint8Array.from(octets);
const plain = (octets: Uint8Array | null) => (octets === null ? null : [...octets]);

describe('decodeBase64', () => {
  it.each([
    ['', []],
    ['AA', [0]],
    ['AA==', [0]],
    ['AAA', [0, 0]],
    ['AAA=', [0, 0]],
    ['AAAA', [0, 0, 0]],
    ['+/8=', [0xfb, 0xff]],
    ['+/8', [0xfb, 0xff]],
    ['-_8=', [0xfb, 0xff]],
    ['-_8', [0xfb, 0xff]],
  ])('reads "%s"', (text, octets) => {
    expect(plain(decodeBase64(text))).toEqual(octets);
  });

  it.each([
    ['one character alone', 'A'],
    ['one character over', 'AAAAA'],
    ['padding alone', '='],
    ['two characters of padding alone', '=='],
    ['four characters of padding', '===='],
    ['too little padding', 'AA='],
    ['too much padding', 'AAA=='],
    ['padding where none is due', 'AAAA='],
    ['a whole group of padding', 'AAAA===='],
    ['three characters of padding', 'A==='],
    ['padding in the middle', 'AA==AA=='],
    ['a stray bit in the last character', 'AB'],
    ['a stray bit before padding', 'AB=='],
    ['a stray bit in the last of three', 'AAB='],
    ['both alphabets at once', '+_8='],
    ['a space before', ' AAAA'],
    ['a line end after', 'AAAA\n'],
    ['a line end inside', 'AA\nAA'],
    ['a dot', 'AA.A'],
    ['a percent escape', 'AA%3D'],
    ['a letter that is not ASCII', 'AAAÄ'],
    ['NUL', 'AAA\0'],
  ])('refuses %s', (_, text) => {
    expect(decodeBase64(text)).toBeNull();
  });

  it('reads back whatever was written, in either alphabet, padded or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
        const standard = encodeBase64(octets);
        for (const text of [standard, standard.replaceAll('=', ''), encodeBase64Url(octets)]) {
          expect(plain(decodeBase64(text))).toEqual([...octets]);
        }
      }),
    );
  });

  it('reads no two texts of one alphabet and padding as the same bytes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        const octets = decodeBase64(text);
        if (octets === null) return;
        const unpadded = text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
        expect(encodeBase64Url(octets)).toBe(unpadded);
      }),
      { examples: [['AAAA'], ['AA=='], ['AB']] },
    );
  });
});

describe('decodeHex', () => {
  it.each([
    ['', []],
    ['00ff', [0, 255]],
    ['aBcD', [0xab, 0xcd]],
    ['AB:CD', [0xab, 0xcd]],
  ])('reads "%s"', (text, octets) => {
    expect(plain(decodeHex(text))).toEqual(octets);
  });

  it.each([
    '0',
    '000',
    'gg',
    '0x00',
    ':',
    'AB:',
    ':AB',
    'A:BC',
    'AB:C',
    'AB::CD',
    'ABCD:EF',
    'ab cd',
    'ab\n',
  ])('refuses "%s"', (text) => {
    expect(decodeHex(text)).toBeNull();
  });

  it('reads back whatever was written, in any case and with colons', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
        const hex = encodeHex(octets);
        for (const text of [hex, hex.toUpperCase(), hex.replaceAll(/(..)(?=.)/g, '$1:')]) {
          expect(plain(decodeHex(text))).toEqual([...octets]);
        }
      }),
    );
  });
});

describe('decodeSha256', () => {
  it('reads a digest in every form that people paste', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (digest) => {
        const hex = encodeHex(digest);
        const forms = [
          hex,
          hex.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:'),
          encodeBase64(digest),
          encodeBase64Url(digest),
        ];
        for (const text of forms) expect(plain(decodeSha256(text))).toEqual([...digest]);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['31 bytes of hex', '00'.repeat(31)],
    ['33 bytes of hex', '00'.repeat(33)],
    ['31 bytes of base64', encodeBase64(new Uint8Array(31))],
    ['33 bytes of base64', encodeBase64(new Uint8Array(33))],
    ['SHA-1 with colons', 'AB:'.repeat(19) + 'AB'],
    ['a space at the end', `${'00'.repeat(32)} `],
  ])('refuses %s', (_, text) => {
    expect(decodeSha256(text)).toBeNull();
  });
});

describe('equalBytes', () => {
  it('is true for the same bytes only', () => {
    expect(equalBytes(bytes(), bytes())).toBe(true);
    expect(equalBytes(bytes(1, 2), bytes(1, 2))).toBe(true);
    expect(equalBytes(bytes(1, 2), bytes(1, 3))).toBe(false);
    expect(equalBytes(bytes(1, 2), bytes(2, 2))).toBe(false);
  });

  it('is false, and throws nothing, for other lengths', () => {
    expect(equalBytes(bytes(1, 2), bytes(1))).toBe(false);
    expect(equalBytes(bytes(), bytes(0))).toBe(false);
  });
});

describe('sha256', () => {
  it('is the SHA-256 of the parts one after another', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 4 }), (parts) => {
        const whole = Buffer.concat(parts);
        const expected = createHash('sha256').update(whole).digest('hex');
        expect(encodeHex(sha256(...parts))).toBe(expected);
        expect(sha256Hex(whole)).toBe(expected);
      }),
    );
  });

  it('knows the test vector of FIPS 180-4', () => {
    expect(sha256Hex(Buffer.from('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

describe('encoders', () => {
  it('write the part that a view shows, not the memory behind it', () => {
    const part = Uint8Array.from([9, 1, 2, 9]).subarray(1, 3);
    expect(encodeHex(part)).toBe('0102');
    expect(encodeBase64(part)).toBe('AQI=');
    expect(encodeBase64Url(part)).toBe('AQI');
  });
});
