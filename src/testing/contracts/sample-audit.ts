// testing: may import everything; nothing imports it.

import { encodeHex, sha256 } from '../../core/bytes.js';
import type { AuditEntry } from '../../contracts/audit-store.js';

/** What the first entry of a trail follows. */
const BEGINNING = { sequence: 0, hash: '0'.repeat(64) };

/** The entry after another (`null`: the first of a trail), with its hash. */
export function auditAfter(
  head: AuditEntry | null,
  body: string,
  deviceId: string | null = null,
): AuditEntry {
  const { sequence, hash: previousHash } = head ?? BEGINNING;
  const hash = encodeHex(sha256(Buffer.from(previousHash, 'hex'), Buffer.from(body, 'utf8')));
  return { sequence: sequence + 1, body, deviceId, previousHash, hash };
}

/** A chain of entries after another, one for each body. */
export function auditChain(head: AuditEntry | null, bodies: readonly string[]): readonly AuditEntry[] {
  const chain: AuditEntry[] = [];
  for (const body of bodies) chain.push(auditAfter(chain.at(-1) ?? head, body));
  return chain;
}
