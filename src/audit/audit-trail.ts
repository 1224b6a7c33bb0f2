// audit: imports core and contracts.

import { UnavailableError } from '../core/errors.js';
import type { AuditEntry, AuditStore } from '../contracts/audit-store.js';
import type { DeviceTrustEvent, EventSink } from '../contracts/event-sink.js';
import { FIRST_HASH, hashAuditEntry } from './audit-hash.js';

/** How the audit trail is kept. */
export interface AuditTrailOptions {
  readonly audit: AuditStore;
  /** Gets each event once it is in the trail: your log, your alarms. Default: nobody. */
  readonly events?: EventSink;
  /**
   * Whether refused application requests are in the trail too. They change nothing, and whoever holds a revoked certificate can make
   * as many as they like, each a write to the store; the sink gets them in any case. Default `false`.
   */
  readonly keepRefusedRequests?: boolean;
}

/** An event sink that keeps what it is given. */
export interface AuditTrail extends EventSink {
  record(event: DeviceTrustEvent): Promise<void>;
}

/** An event that waits for its place in the trail. */
interface Waiting {
  readonly body: string;
  readonly deviceId: string | null;
  readonly done: () => void;
  readonly fail: (cause: unknown) => void;
}

/** Events that are appended together share one write. */
const MAX_GROUP = 64;
/** Each try but the last was lost to another process that got further. */
const MAX_TRIES = 50;

/**
 * Makes an event sink that keeps every decision and every act of an administrator in the store, each entry chained to the one
 * before by its hash, so that nothing can be changed or taken out of the middle without being seen. An event that could not be
 * kept rejects, and so what it tells of does not happen.
 *
 * Events that come while one is being written go out together with the next write; one that comes alone goes out at once.
 *
 * @throws UnavailableError `store_unavailable`, from `record`
 */
export function createAuditTrail(options: AuditTrailOptions): AuditTrail {
  const { audit, events, keepRefusedRequests = false } = options;
  const waiting: Waiting[] = [];
  let writing = false;
  /** The end of the trail as far as this process knows; `undefined` if it does not. */
  let head: AuditEntry | null | undefined;

  async function append(group: readonly Waiting[]): Promise<void> {
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      head ??= await audit.findAuditHead();
      const entries = chain(head, group);
      if (await audit.appendAudit(entries)) {
        head = entries.at(-1) ?? head;
        return;
      }
      head = undefined;
    }
    throw new UnavailableError('store_unavailable', {
      message: 'too many processes write to the audit trail',
    });
  }

  async function writeAll(): Promise<void> {
    writing = true;
    while (waiting.length > 0) {
      const group = waiting.splice(0, MAX_GROUP);
      try {
        await append(group);
        for (const { done } of group) done();
      } catch (cause) {
        // What became of the write is not known, so neither is the end of the trail.
        head = undefined;
        for (const { fail } of group) fail(cause);
      }
    }
    writing = false;
  }

  function keep(event: DeviceTrustEvent): Promise<void> {
    const deviceId = 'deviceId' in event ? event.deviceId : null;
    return new Promise((done, fail) => {
      waiting.push({ body: JSON.stringify(event), deviceId, done, fail });
      if (!writing) void writeAll();
    });
  }

  return {
    async record(event) {
      if (event.type !== 'request_refused' || keepRefusedRequests) await keep(event);
      await events?.record(event);
    },
  };
}

/** Entries that follow `head` and each other. */
function chain(head: AuditEntry | null, group: readonly Waiting[]): readonly AuditEntry[] {
  let sequence = head?.sequence ?? 0;
  let previousHash = head?.hash ?? FIRST_HASH;
  return group.map(({ body, deviceId }) => {
    sequence += 1;
    const entry = { sequence, body, deviceId, previousHash, hash: hashAuditEntry({ previousHash, body }) };
    previousHash = entry.hash;
    return entry;
  });
}
