// audit: imports core and contracts.

import type { AuditEntry, AuditStore } from '../contracts/audit-store.js';
import { FIRST_HASH, hashAuditEntry } from './audit-hash.js';

/** A place in the trail that was written down elsewhere. */
export interface AuditAnchor {
  readonly sequence: number;
  /** Lower-case hex. */
  readonly hash: string;
}

/** What became of the trail. */
export type AuditInspection =
  /** Each entry follows the one before. `head` is what to write down for the next time; `null` of an empty trail. */
  | { readonly intact: true; readonly entries: number; readonly head: AuditAnchor | null }
  /** The first entry with which something is wrong. */
  | { readonly intact: false; readonly sequence: number; readonly problem: AuditProblem };

/** What can be wrong with an entry. */
export type AuditProblem =
  /** One is not there. */
  | 'gap'
  /** It does not name the hash of the entry before. */
  | 'chain_broken'
  /** Its text is not what was hashed. */
  | 'body_changed'
  /** It says that it is about another device than its text does. */
  | 'device_changed'
  /** The trail ends before the place that was written down, or has another entry there. */
  | 'anchor_missing';

const PAGE = 1000;

/**
 * Walks the whole audit trail and proves its chain. A trail that was cut off at its end is still a chain: to see that, pass the
 * `head` of an earlier inspection that was kept elsewhere.
 *
 * @throws UnavailableError `store_unavailable`
 */
export async function inspectAuditTrail(options: {
  readonly audit: Pick<AuditStore, 'listAudit'>;
  readonly anchor?: AuditAnchor;
}): Promise<AuditInspection> {
  const { audit, anchor } = options;
  let head: AuditAnchor = { sequence: 0, hash: FIRST_HASH };
  let anchored = anchor === undefined;
  for (;;) {
    const page = await audit.listAudit({ afterSequence: head.sequence, limit: PAGE });
    for (const entry of page) {
      const problem = findProblem(entry, head);
      if (problem !== null) return { intact: false, sequence: head.sequence + 1, problem };
      head = { sequence: entry.sequence, hash: entry.hash };
      if (anchor?.sequence === entry.sequence && anchor.hash === entry.hash) anchored = true;
    }
    if (page.length < PAGE) break;
  }
  if (!anchored) return { intact: false, sequence: anchor?.sequence ?? 0, problem: 'anchor_missing' };
  return { intact: true, entries: head.sequence, head: head.sequence === 0 ? null : head };
}

function findProblem(entry: AuditEntry, before: AuditAnchor): AuditProblem | null {
  if (entry.sequence !== before.sequence + 1) return 'gap';
  if (entry.previousHash !== before.hash) return 'chain_broken';
  if (hashAuditEntry(entry) !== entry.hash) return 'body_changed';
  return readDeviceId(entry.body) === entry.deviceId ? null : 'device_changed';
}

/** The device is a column beside the text, for look-ups; only the text is hashed. `undefined` of text that is no event. */
function readDeviceId(body: string): unknown {
  try {
    const event: unknown = JSON.parse(body);
    return typeof event === 'object' && event !== null && 'deviceId' in event ? event.deviceId : null;
  } catch {
    return undefined;
  }
}
