// stores/memory: imports core, contracts, stores/format and this folder only.

import type { AttestedKey, AttestedKeyName, AttestedKeyStore } from '../../contracts/attested-key-store.js';
import {
  assertAttestedKey,
  assertAttestedKeyName,
  assertReceipt,
  assertUseOfAttestedKey,
  isSameRegistration,
  toUse,
} from '../format/attested-key.js';
import type { Forgetful } from './memory-retention.js';

/** Attested keys of one process, gone when the process ends. */
export function createMemoryAttestedKeyStore(): AttestedKeyStore & Forgetful {
  const keys = new Map<string, AttestedKey>();

  return {
    async registerAttestedKey(key) {
      assertAttestedKey(key);
      const kept = keys.get(toMapKey(key));
      if (kept && !isSameRegistration(kept, key)) return { outcome: 'exists' };
      keys.set(toMapKey(key), kept ? { ...kept, deviceId: key.deviceId } : copyKey(key));
      return { outcome: 'registered' };
    },

    async findAttestedKey(name) {
      assertAttestedKeyName(name);
      const kept = keys.get(toMapKey(name));
      return kept ? copyKey(kept) : null;
    },

    async useAttestedKey(request) {
      assertUseOfAttestedKey(request);
      const kept = keys.get(toMapKey(request));
      const { result, isNew } = toUse(kept, request);
      if (kept && isNew) {
        const { counter, use, at } = request;
        keys.set(toMapKey(request), { ...kept, counter, lastUse: use, lastUsedAt: new Date(at) });
      }
      return result;
    },

    async replaceReceipt(request) {
      assertAttestedKeyName(request);
      assertReceipt(request.receipt);
      const kept = keys.get(toMapKey(request));
      if (!kept) return false;
      keys.set(toMapKey(request), { ...kept, receipt: Uint8Array.from(request.receipt) });
      return true;
    },

    forget({ before, limit }) {
      const unused = [...keys]
        .filter(([, { lastUsedAt }]) => lastUsedAt < before)
        .sort(([, left], [, right]) => left.lastUsedAt.getTime() - right.lastUsedAt.getTime())
        .slice(0, limit);
      for (const [name] of unused) keys.delete(name);
      return unused.length;
    },
  };
}

function toMapKey({ provider, keyId }: AttestedKeyName): string {
  return JSON.stringify([provider, keyId]);
}

/** A `Date` or byte array that a caller holds can be changed. */
function copyKey({ provider, keyId, deviceId, details, counter, lastUse, ...key }: AttestedKey): AttestedKey {
  return {
    provider,
    keyId,
    publicKey: Uint8Array.from(key.publicKey),
    deviceId,
    details,
    receipt: key.receipt && Uint8Array.from(key.receipt),
    attestedAt: new Date(key.attestedAt),
    counter,
    lastUse,
    lastUsedAt: new Date(key.lastUsedAt),
  };
}
