// testing: may import everything; nothing imports it.

import type { StoredCrl } from '../../contracts/crl-store.js';

/** When the samples were made. */
const THIS_UPDATE = new Date('2026-03-01T12:00:00.123Z');

/** List number `number`, in fresh objects. */
export function sampleCrl(number: bigint, change: Partial<StoredCrl> = {}): StoredCrl {
  const crl = Uint8Array.of(0x30, 0x82, 0x00, 0xff, 0x80, Number(number % 251n));
  return {
    issuerId: 'a1'.repeat(20),
    crlShard: 7,
    number,
    thisUpdate: new Date(THIS_UPDATE),
    nextUpdate: new Date(THIS_UPDATE.getTime() + 3_600_001),
    logSequence: 12,
    entryCount: 3,
    bytes: crl.length,
    crl,
    deltaCrl: null,
    base: null,
    ...change,
  };
}
