// cbor: imports core and cbor only.

import { isUtf8 } from 'node:buffer';
import type { MalformedErrorCode } from '../core/error-code.js';
import { MalformedError } from '../core/errors.js';
import type { CborInteger, CborMap, CborValue } from './cbor-value.js';

/** Limits of a {@link CborReader}, and how it refuses. */
export interface CborOptions {
  /** How deep arrays and maps may stand in one another; an item that is neither has depth 0. Default: 8. */
  readonly maxDepth?: number;
  /** How many data items there may be in all, keys of maps included. Default: 1,024. */
  readonly maxItems?: number;
  /** The error code for bytes that are something else. Default: `evidence_malformed`. */
  readonly code?: MalformedErrorCode;
  /** What the bytes should be, for the message. Default: `CBOR`. */
  readonly what?: string;
}

const majorType = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5 } as const;

/** Additional information of the first octet: that many octets with the argument follow it (RFC 8949 section 3). */
const argumentOctets = new Map([
  [24, 1],
  [25, 2],
  [26, 4],
  [27, 8],
]);

/** Simple values (RFC 8949 section 3.3): the whole first octet. */
const simpleValues = new Map<number, boolean | null | undefined>([
  [0xf4, false],
  [0xf5, true],
  [0xf6, null],
  [0xf7, undefined],
]);

/**
 * Reads data items of a strict subset of CBOR (RFC 8949) one after another: whole numbers, byte and text strings, arrays,
 * maps, booleans, null and undefined. Lengths are definite, every argument has its shortest form (section 4.2.1), texts are
 * UTF-8, keys of maps are whole numbers or texts and come once. The order of the keys is not asked. Tags, floating-point
 * numbers and other simple values are refused.
 *
 * Byte strings are views of the bytes it was given, not copies: do not change those bytes afterwards.
 */
export class CborReader {
  private readonly bytes: Buffer;
  private readonly maxDepth: number;
  private readonly code: MalformedErrorCode;
  private readonly what: string;
  private itemsLeft: number;
  private at: number;

  /** @param start where the first item starts */
  constructor(bytes: Uint8Array, options: CborOptions = {}, start = 0) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.maxDepth = options.maxDepth ?? 8;
    this.itemsLeft = options.maxItems ?? 1024;
    this.code = options.code ?? 'evidence_malformed';
    this.what = options.what ?? 'CBOR';
    this.at = start;
  }

  /** Where the next item starts; after the last one, where it ended. */
  get offset(): number {
    return this.at;
  }

  /**
   * Reads one data item with all that is in it.
   *
   * @throws MalformedError with the code of the options
   */
  read(): CborValue {
    return this.readItem(0);
  }

  /**
   * Makes sure that nothing is left.
   *
   * @throws MalformedError with the code of the options
   */
  finish(): void {
    if (this.at !== this.bytes.length) throw this.malformed('there are bytes after the last item');
  }

  private readItem(depth: number): CborValue {
    this.itemsLeft -= 1;
    if (this.itemsLeft < 0) throw this.malformed('there are too many items');
    const first = this.bytes[this.at];
    if (first === undefined) throw this.malformed('an item is missing');
    if (simpleValues.has(first)) {
      this.at += 1;
      return simpleValues.get(first);
    }
    switch (first >> 5) {
      case majorType.unsigned:
        return exact(this.readArgument());
      case majorType.negative:
        return exact(-1n - this.readArgument());
      case majorType.bytes:
        return this.readString();
      case majorType.text:
        return this.readText();
      case majorType.array:
        return this.readArray(depth);
      case majorType.map:
        return this.readMap(depth);
      default:
        throw this.malformed('there is a tag, a floating-point number or an unknown simple value');
    }
  }

  private readArgument(): bigint {
    const information = (this.bytes[this.at] ?? 0) & 0x1f;
    this.at += 1;
    if (information < 24) return BigInt(information);
    const octets = argumentOctets.get(information);
    if (octets === undefined) throw this.malformed('a length is not definite');
    if (this.at + octets > this.bytes.length) throw this.malformed('an item is cut off');
    let argument = 0n;
    for (const octet of this.bytes.subarray(this.at, this.at + octets)) {
      argument = argument * 256n + BigInt(octet);
    }
    this.at += octets;
    const smallest = octets === 1 ? 24n : 256n ** BigInt(octets / 2);
    if (argument < smallest) throw this.malformed('an argument is not in its shortest form');
    return argument;
  }

  private readString(): Uint8Array {
    const length = this.readArgument();
    if (length > BigInt(this.bytes.length - this.at)) throw this.malformed('a string is cut off');
    const start = this.at;
    this.at += Number(length);
    return this.bytes.subarray(start, this.at);
  }

  private readText(): string {
    const octets = this.readString();
    if (!isUtf8(octets)) throw this.malformed('a text is not UTF-8');
    return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('utf8');
  }

  private readArray(depth: number): readonly CborValue[] {
    const count = this.readCount(depth);
    const items: CborValue[] = [];
    while (items.length < count) items.push(this.readItem(depth + 1));
    return items;
  }

  private readMap(depth: number): CborMap {
    const count = this.readCount(depth);
    const map = new Map<CborInteger | string, CborValue>();
    while (map.size < count) {
      const key = this.readItem(depth + 1);
      if (typeof key !== 'number' && typeof key !== 'bigint' && typeof key !== 'string') {
        throw this.malformed('a key is neither a whole number nor a text');
      }
      if (map.has(key)) throw this.malformed('a key comes twice');
      map.set(key, this.readItem(depth + 1));
    }
    return map;
  }

  /** How many items or pairs follow; more than the items that are allowed in all is refused before any of them is read. */
  private readCount(depth: number): number {
    if (depth >= this.maxDepth) throw this.malformed('items stand too deep in one another');
    const count = this.readArgument();
    if (count > BigInt(this.itemsLeft)) throw this.malformed('there are too many items');
    return Number(count);
  }

  private malformed(message: string): MalformedError {
    return new MalformedError(this.code, { message: `not ${this.what}: ${message}` });
  }
}

function exact(value: bigint): CborInteger {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
