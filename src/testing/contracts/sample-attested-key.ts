// testing: may import everything; nothing imports it.

import type { AttestedKey, UseAttestedKeyRequest } from '../../contracts/attested-key-store.js';
import { days } from './sample-intent.js';

/** A key that was attested and not used since, in fresh objects. */
export function sampleAttestedKey(change: Partial<AttestedKey> = {}): AttestedKey {
  return {
    provider: 'app-attest',
    keyId: 'k1',
    publicKey: Uint8Array.from({ length: 91 }, (_, index) => index * 7),
    deviceId: 'd1'.repeat(16),
    details: '{"environment":"production"}',
    receipt: Uint8Array.of(0x30, 0x80, 0x00, 0xff),
    attestedAt: days(0),
    counter: 0,
    lastUse: useHash(0),
    lastUsedAt: days(0),
    ...change,
  };
}

/** A use of {@link sampleAttestedKey}. */
export function sampleUse(change: Partial<UseAttestedKeyRequest> = {}): UseAttestedKeyRequest {
  return { provider: 'app-attest', keyId: 'k1', counter: 1, use: useHash(1), at: days(1), ...change };
}

/** SHA-256 of what a key was used for, as far as a store can tell. */
export function useHash(index: number): string {
  return (0x5a00 + index).toString(16).repeat(16);
}
