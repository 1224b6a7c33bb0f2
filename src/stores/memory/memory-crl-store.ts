// stores/memory: imports core, contracts and this folder only.

import type { CrlDescription, CrlStore, StoredCrl } from '../../contracts/crl-store.js';
import type { CrlScope } from '../../contracts/revoked-certificates.js';

/** The published lists of one process, gone when the process ends. */
export function createMemoryCrlStore(): CrlStore {
  const crls = new Map<string, StoredCrl>();
  return {
    async findCrl(scope, { unlessNumber } = {}) {
      const found = crls.get(toKey(scope));
      if (!found) return null;
      return found.number === unlessNumber ? 'unchanged' : copyCrl(found);
    },

    async publishCrl(crl, { expectedNumber }) {
      const current = crls.get(toKey(crl))?.number ?? null;
      if (current !== expectedNumber || (current !== null && crl.number <= current)) return false;
      crls.set(toKey(crl), copyCrl(crl));
      return true;
    },

    async listCrls() {
      return Array.from(crls.values(), describe);
    },
  };
}

function toKey({ issuerId, crlShard }: CrlScope): string {
  return `${issuerId}/${crlShard ?? 'complete'}`;
}

/** Everything but the bytes. */
function describe(stored: StoredCrl): CrlDescription {
  const { issuerId, crlShard, number, thisUpdate, nextUpdate, logSequence, entryCount, bytes } = stored;
  return {
    issuerId,
    crlShard,
    number,
    thisUpdate: new Date(thisUpdate),
    nextUpdate: new Date(nextUpdate),
    logSequence,
    entryCount,
    bytes,
  };
}

/** The store keeps and hands out copies, because a `Date` or byte array that a caller holds can be changed. */
function copyCrl(stored: StoredCrl): StoredCrl {
  return {
    ...describe(stored),
    crl: Uint8Array.from(stored.crl),
    deltaCrl: stored.deltaCrl && Uint8Array.from(stored.deltaCrl),
    base: stored.base && { ...stored.base, thisUpdate: new Date(stored.base.thisUpdate) },
  };
}
