import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSignerCache } from '../../../src/integrity/huawei/signer-cache.js';
import { tokenProfiles } from '../../../src/integrity/huawei/token-profile.js';
import type { VerifiedSigner } from '../../../src/integrity/huawei/verify-signer.js';

const at = (day: number) => new Date(Date.UTC(2026, 0, day));
const profile = tokenProfiles[0]!;
const signer: VerifiedSigner = {
  profile,
  algorithm: 'RS256',
  key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
  notBefore: at(10),
  notAfter: at(20),
};

describe('createSignerCache', () => {
  it('finds a signer by the very text of its header, and only while its chain is valid', () => {
    const cache = createSignerCache();
    cache.remember('header', signer);

    expect(cache.find('header', at(10))).toBe(signer);
    expect(cache.find('header', at(20))).toBe(signer);
    expect(cache.find('header', at(9))).toBeNull();
    expect(cache.find('header', at(21))).toBeNull();
    expect(cache.find('header', new Date(Number.NaN))).toBeNull();
    expect(cache.find('header=', at(15))).toBeNull();
  });

  it('keeps at most 16 signers, the newest', () => {
    const cache = createSignerCache();
    for (let index = 0; index < 17; index++) cache.remember(`${index}`, signer);

    expect(cache.find('0', at(15))).toBeNull();
    expect(cache.find('1', at(15))).toBe(signer);
    expect(cache.find('16', at(15))).toBe(signer);
  });
});
