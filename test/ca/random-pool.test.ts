import { describe, expect, it } from 'vitest';
import { createRandomPool } from '../../src/ca/random-pool.js';

/** Counts up, so that it shows when an octet comes twice. */
function counting(): { readonly random: (size: number) => Uint8Array; readonly sizes: number[] } {
  const sizes: number[] = [];
  let next = 0;
  const random = (size: number): Uint8Array => {
    sizes.push(size);
    const octets = new Uint32Array(size).map(() => next++);
    return Uint8Array.from(octets, (octet) => octet % 251);
  };
  return { random, sizes };
}

describe('a pool of random octets', () => {
  it('asks its source seldom and hands each octet out once', () => {
    const { random, sizes } = counting();
    const pool = createRandomPool(random);
    const drawn = Array.from({ length: 128 }, () => [...pool(20)]).flat();
    expect(sizes).toEqual([1280, 1280]);
    expect(drawn).toEqual(Array.from({ length: 2560 }, (_, index) => index % 251));
  });

  it('gives as many as it is asked for, however many that is', () => {
    const pool = createRandomPool(counting().random);
    for (const size of [1, 0, 1279, 7, 5000, 20]) expect(pool(size)).toHaveLength(size);
  });
});
