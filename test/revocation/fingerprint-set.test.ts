import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createFingerprintSet } from '../../src/revocation/fingerprint-set.js';

const hex = (octets: number) => randomBytes(octets).toString('hex');

describe('a set of fingerprints', () => {
  it.each([
    ['serial numbers', () => hex(16)],
    ['longer serial numbers', () => hex(20)],
    ['hashes', () => hex(32)],
    ['device ids', () => randomUUID()],
  ])('has every one of 50,000 %s, and none that was not added', (_, make) => {
    const set = createFingerprintSet();
    const added = Array.from({ length: 50_000 }, make);
    for (const name of added) set.add(name);
    expect(added.filter((name) => !set.mayHave(name))).toEqual([]);
    expect(Array.from({ length: 50_000 }, make).filter((name) => set.mayHave(name))).toEqual([]);
    expect(set.size).toBe(50_000);
  });

  it('keeps counted names apart', () => {
    const set = createFingerprintSet();
    const count = (index: number) => index.toString(16).padStart(32, '0');
    for (let index = 0; index < 20_000; index += 2) set.add(count(index));
    for (let index = 0; index < 20_000; index += 1) expect(set.mayHave(count(index))).toBe(index % 2 === 0);
  });

  it('counts a name once, however often it is added', () => {
    const set = createFingerprintSet();
    const name = hex(16);
    for (let times = 0; times < 1000; times += 1) set.add(name);
    expect(set.size).toBe(1);
  });

  it('takes a name of zeros, and short and empty ones, for names like others', () => {
    const set = createFingerprintSet();
    expect(set.mayHave('0'.repeat(32))).toBe(false);
    for (const name of ['0'.repeat(32), 'ab', '']) {
      set.add(name);
      expect(set.mayHave(name)).toBe(true);
    }
    expect(set.mayHave(hex(16))).toBe(false);
  });

  it('says yes to a name that shares the last 64 bits: the store has to be asked', () => {
    const set = createFingerprintSet();
    const end = hex(8);
    set.add(`${hex(8)}${end}`);
    expect(set.mayHave(`${hex(8)}${end}`)).toBe(true);
  });

  it('takes at most 18 bytes a name once it has grown', () => {
    const set = createFingerprintSet();
    for (let index = 0; index < 300_000; index += 1) set.add(hex(16));
    expect(set.bytes / set.size).toBeLessThan(19);
    expect(set.bytes / set.size).toBeGreaterThan(8);
  });
});
