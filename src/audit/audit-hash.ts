// audit: imports core and contracts.

import { encodeHex, sha256 } from '../core/bytes.js';
import type { AuditEntry } from '../contracts/audit-store.js';

/** `previousHash` of the first entry. */
export const FIRST_HASH = '0'.repeat(64);

/** The hash of an entry: SHA-256 of the bytes of the hash before it and the text of its event. */
export function hashAuditEntry({ previousHash, body }: Pick<AuditEntry, 'previousHash' | 'body'>): string {
  return encodeHex(sha256(Buffer.from(previousHash, 'hex'), Buffer.from(body, 'utf8')));
}
