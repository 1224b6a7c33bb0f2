// testing: may import everything; nothing imports it.

import { type CborValue, isCborMap } from '../cbor/cbor-value.js';

/**
 * Writes CBOR (RFC 8949) in its shortest form, keys of maps in the order that they have. For what fakes need: no `bigint`, and
 * numbers below 2^32.
 */
export function encodeCbor(value: CborValue): Uint8Array {
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (typeof value === 'string') return encodeText(value);
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (isCborMap(value)) {
    const items = [...value].flatMap(([key, item]) => [encodeCbor(key), encodeCbor(item)]);
    return Buffer.concat([head(5, value.size), ...items]);
  }
  if (Array.isArray(value)) {
    return Buffer.concat([head(4, value.length), ...value.map((item: CborValue) => encodeCbor(item))]);
  }
  return Uint8Array.of(value === true ? 0xf5 : value === false ? 0xf4 : 0xf6);
}

function encodeText(text: string): Uint8Array {
  const octets = Buffer.from(text);
  return Buffer.concat([head(3, octets.length), octets]);
}

function head(major: number, argument: number): Uint8Array {
  const first = major << 5;
  if (argument < 24) return Uint8Array.of(first | argument);
  if (argument < 0x100) return Uint8Array.of(first | 24, argument);
  const octets = Buffer.alloc(argument < 0x1_0000 ? 3 : 5);
  octets[0] = first | (octets.length === 3 ? 25 : 26);
  octets.writeUIntBE(argument, 1, octets.length - 1);
  return octets;
}
