// integrity/huawei: imports this folder only.

import type { VerifiedSigner } from './verify-signer.js';

/** Huawei has a handful of signing certificates at a time; a header has about 5,000 characters. */
const MAX_ENTRIES = 16;

/**
 * Remembers signers by the text of the header that proved them, certificates and all: verifying a chain costs as much as
 * verifying twenty tokens, and all tokens of a signer begin with the same text.
 */
export interface SignerCache {
  /** The signer that this header has proved before, if every certificate of its chain is valid now; else `null`. */
  find(header: string, now: Date): VerifiedSigner | null;
  /** To be called only when a signature of the signer has been verified, so that nobody else can fill the cache. */
  remember(header: string, signer: VerifiedSigner): void;
}

export function createSignerCache(): SignerCache {
  // A list: with so few entries, comparing these long texts is much cheaper than hashing one.
  let entries: readonly { readonly header: string; readonly signer: VerifiedSigner }[] = [];
  return {
    find(header, now) {
      const signer = entries.find((entry) => entry.header === header)?.signer;
      return signer && signer.notBefore <= now && now <= signer.notAfter ? signer : null;
    },
    remember(header, signer) {
      if (entries.some((entry) => entry.header === header)) return;
      entries = [{ header, signer }, ...entries].slice(0, MAX_ENTRIES);
    },
  };
}
