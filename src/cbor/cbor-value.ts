// cbor: imports core and cbor only.

/** A whole number: `number` where it is exact (up to 2^53 - 1 on either side of zero), `bigint` beyond. */
export type CborInteger = number | bigint;

/** A map by whole numbers and texts, in the order in which it was written. */
export type CborMap = ReadonlyMap<CborInteger | string, CborValue>;

/** A data item of CBOR (RFC 8949) of the kinds that attestations use: no tags, no floating-point numbers. */
export type CborValue =
  CborInteger | string | Uint8Array | boolean | null | undefined | readonly CborValue[] | CborMap;

/** Whether a data item is a map. */
export function isCborMap(value: CborValue): value is CborMap {
  return value instanceof Map;
}
