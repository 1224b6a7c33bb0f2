// stores/memory: imports core, contracts and this folder only.

import { MalformedError } from '../../core/errors.js';
import type { AuditEntry, AuditStore } from '../../contracts/audit-store.js';
import { assertLimit } from './assert-limit.js';

/** What the first entry of a trail follows. */
const BEGINNING = { sequence: 0, hash: '0'.repeat(64) };

/** An audit trail of one process, gone when the process ends. */
export function createMemoryAuditStore(): AuditStore {
  const trail: AuditEntry[] = [];
  return {
    async appendAudit(entries) {
      assertChain(entries);
      const [first] = entries;
      if (first && !follows(first, trail.at(-1) ?? BEGINNING)) return false;
      trail.push(...entries.map((entry) => ({ ...entry })));
      return true;
    },

    async findAuditHead() {
      const head = trail.at(-1);
      return head ? { ...head } : null;
    },

    async listAudit({ afterSequence, deviceId, limit }) {
      assertLimit(limit, 1000);
      return trail
        .slice(afterSequence)
        .filter((entry) => deviceId === undefined || entry.deviceId === deviceId)
        .slice(0, limit)
        .map((entry) => ({ ...entry }));
    },
  };
}

/** @throws MalformedError `request_malformed` if the entries do not follow each other */
function assertChain(entries: readonly AuditEntry[]): void {
  for (const [index, entry] of entries.slice(1).entries()) {
    const before = entries[index];
    if (before && !follows(entry, before)) {
      throw new MalformedError('request_malformed', {
        message: `entry ${entry.sequence} does not follow the entry before it`,
      });
    }
  }
}

function follows(entry: AuditEntry, before: Pick<AuditEntry, 'sequence' | 'hash'>): boolean {
  return entry.sequence === before.sequence + 1 && entry.previousHash === before.hash;
}
