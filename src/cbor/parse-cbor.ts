// cbor: imports core and cbor only.

import { type CborOptions, CborReader } from './cbor-reader.js';
import type { CborValue } from './cbor-value.js';

/**
 * Reads the one data item that the bytes are, as {@link CborReader} does; nothing may be left after it.
 *
 * @throws MalformedError with the code of the options, `evidence_malformed` by default
 */
export function parseCbor(bytes: Uint8Array, options: CborOptions = {}): CborValue {
  const reader = new CborReader(bytes, options);
  const value = reader.read();
  reader.finish();
  return value;
}
