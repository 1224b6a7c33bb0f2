// revocation: imports core, contracts, x509.

/** A set of names that can say no for certain, and yes with next to no doubt; nothing is ever taken out. */
export interface FingerprintSet {
  add(name: string): void;
  /** `false`: the name was never added. `true`: it was, or another one with the same last 64 bits. */
  mayHave(name: string): boolean;
  readonly size: number;
  /** Memory that it holds, outside of the JavaScript heap. */
  readonly bytes: number;
}

/** So many parts, each with a table of its own, so that growing copies little at a time. */
const PARTS = 64;
const FIRST_CAPACITY = 16;
/** Above this, a search for what is not there looks at many slots. */
const MAX_LOAD = 0.65;
/** More would leave much of the memory empty after growing, less would copy more often. */
const GROWTH = 1.5;

/** Slots of two words each; both zero in an empty one. */
interface Part {
  slots: Uint32Array;
  capacity: number;
  used: number;
}

/**
 * Creates a set for millions of serial numbers, device ids and hashes: of each name its last 16 hexadecimal digits are kept,
 * in tables with open addressing, ten to sixteen bytes a name. As objects or strings ten million of them would take 600 MB of heap, and
 * each full garbage collection would have to walk them.
 *
 * All these names are random in those digits, so among ten million the chance that a name that is not there looks as if
 * it were is less than one in 10^11; who gets a `true` asks the store.
 */
export function createFingerprintSet(): FingerprintSet {
  const parts = Array.from({ length: PARTS }, (): Part => ({
    slots: new Uint32Array(2 * FIRST_CAPACITY),
    capacity: FIRST_CAPACITY,
    used: 0,
  }));
  let size = 0;
  let bytes = PARTS * 8 * FIRST_CAPACITY;

  function grow(part: Part): void {
    const { slots: former } = part;
    bytes -= former.byteLength;
    part.capacity = Math.floor(part.capacity * GROWTH);
    part.slots = new Uint32Array(2 * part.capacity);
    bytes += part.slots.byteLength;
    for (let at = 0; at < former.length; at += 2) {
      const low = former[at] ?? 0;
      const high = former[at + 1] ?? 0;
      if (low !== 0 || high !== 0) place(part, low, high, mix(low, high));
    }
  }

  return {
    add(name) {
      const low = readDigits(name, name.length);
      // An empty slot is two zeros; a name that is all zeros is taken for its neighbour.
      const high = readDigits(name, name.length - 8) || (low === 0 ? 1 : 0);
      const hash = mix(low, high);
      const part = partOf(parts, hash);
      if (!place(part, low, high, hash)) return;
      part.used += 1;
      size += 1;
      if (part.used > part.capacity * MAX_LOAD) grow(part);
    },

    mayHave(name) {
      if (size === 0) return false;
      const low = readDigits(name, name.length);
      const high = readDigits(name, name.length - 8) || (low === 0 ? 1 : 0);
      const hash = mix(low, high);
      const { slots, capacity } = partOf(parts, hash);
      for (let slot = slotOf(hash, capacity); ; slot = slot + 1 === capacity ? 0 : slot + 1) {
        const a = slots[2 * slot];
        const b = slots[2 * slot + 1];
        if (a === low && b === high) return true;
        if (a === 0 && b === 0) return false;
      }
    },

    get size() {
      return size;
    },
    get bytes() {
      return bytes;
    },
  };
}

/** Puts a fingerprint where it belongs; `false` if it is there already. There is always an empty slot. */
function place({ slots, capacity }: Part, low: number, high: number, hash: number): boolean {
  for (let slot = slotOf(hash, capacity); ; slot = slot + 1 === capacity ? 0 : slot + 1) {
    const a = slots[2 * slot];
    const b = slots[2 * slot + 1];
    if (a === low && b === high) return false;
    if (a === 0 && b === 0) {
      slots[2 * slot] = low;
      slots[2 * slot + 1] = high;
      return true;
    }
  }
}

/** The eight digits that end before `end`, as a number; other characters count as some digit or other. */
function readDigits(name: string, end: number): number {
  let value = 0;
  for (let at = end < 8 ? 0 : end - 8; at < end; at += 1) {
    const code = name.charCodeAt(at);
    // 0 to 9 end in their value; a to f end in 1 to 6 and have the bit above.
    value = (value << 4) | ((code & 15) + 9 * (code >> 6));
  }
  return value >>> 0;
}

/** Spreads what is not random either, such as counted serial numbers (the finalizer of MurmurHash3). */
function mix(low: number, high: number): number {
  let hash = low ^ Math.imul(high, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** For the compiler alone: there is a part for each value of these bits. */
const EMPTY: Part = { slots: new Uint32Array(2), capacity: 1, used: 0 };

function partOf(parts: readonly Part[], hash: number): Part {
  const part = parts[hash & (PARTS - 1)];
  return part ?? EMPTY;
}

/** By the upper 24 bits: the lower ones have chosen the part. */
function slotOf(hash: number, capacity: number): number {
  return Math.floor(((hash >>> 8) * capacity) / 0x1000000);
}
