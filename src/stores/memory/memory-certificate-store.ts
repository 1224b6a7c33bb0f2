// stores/memory: imports core, contracts and this folder only.

import { MalformedError, UnavailableError } from '../../core/errors.js';
import type {
  CertificateIntent,
  CertificateRecord,
  CertificateStore,
} from '../../contracts/certificate-store.js';
import { createNameMap } from './name-map.js';

/** A certificate store that can also forget. */
export interface MemoryCertificateStore extends CertificateStore {
  /**
   * Drops records of certificates that ended before a time, at most `limit` (1 to 10,000) of them, oldest intent
   * first, and resolves to how many.
   */
  pruneExpired(expired: { readonly before: Date; readonly limit: number }): Promise<number>;
}

/** A record and its place in the order of intent. */
interface Entry {
  readonly sequence: number;
  record: CertificateRecord;
}

/** A certificate store of one process, gone when the process ends: for tests and demonstrations. */
export function createMemoryCertificateStore(): MemoryCertificateStore {
  /** In order of intent. */
  let entries: Entry[] = [];
  const byName = createNameMap<Entry>();
  const byRequest = new Map<string, Entry>();
  const byDevice = new Map<string, Entry[]>();
  const byKey = new Map<string, Entry[]>();
  let lastSequence = 0;

  function add(intent: CertificateIntent): void {
    if (byName.get(intent) !== undefined) {
      throw new UnavailableError('store_unavailable', {
        message: 'a certificate with this serial number is recorded',
      });
    }
    const record = { ...intent, certificate: null, issuedAt: null, firstUsedAt: null, supersededAt: null };
    lastSequence += 1;
    const entry: Entry = { sequence: lastSequence, record: copyRecord(record) };
    entries.push(entry);
    byName.set(intent, entry);
    byRequest.set(intent.requestId, entry);
    append(byDevice, intent.deviceId, entry);
    append(byKey, intent.publicKeySha256, entry);
  }

  function drop(entry: Entry): void {
    const { record } = entry;
    byName.delete(record);
    byRequest.delete(record.requestId);
    remove(byDevice, record.deviceId, entry);
    remove(byKey, record.publicKeySha256, entry);
  }

  function update(entry: Entry, change: Partial<CertificateRecord>): void {
    entry.record = copyRecord({ ...entry.record, ...change });
  }

  return {
    async recordIntent(intent, { keyHeldFrom }) {
      const sameRequest = byRequest.get(intent.requestId);
      if (sameRequest) return { outcome: 'request_exists', record: copyRecord(sameRequest.record) };
      const holder = latest(
        (byKey.get(intent.publicKeySha256) ?? []).filter(
          ({ record }) => record.deviceId !== intent.deviceId && record.notAfter >= keyHeldFrom,
        ),
      );
      if (holder) return { outcome: 'key_in_use', record: copyRecord(holder.record) };
      add(intent);
      return { outcome: 'recorded' };
    },

    async recordIssued(name, issued) {
      const entry = byName.get(name);
      if (!entry) return null;
      if (entry.record.certificate === null) update(entry, issued);
      return copyRecord(entry.record);
    },

    async recordFirstUse(name, at) {
      const used = byName.get(name);
      if (!used || used.record.firstUsedAt !== null) return;
      update(used, { firstUsedAt: at });
      for (const entry of byDevice.get(used.record.deviceId) ?? []) {
        if (entry.sequence >= used.sequence) break;
        if (entry.record.supersededAt === null) update(entry, { supersededAt: at });
      }
    },

    async find(query) {
      const entry =
        query.by === 'name'
          ? byName.get(query)
          : query.by === 'request'
            ? byRequest.get(query.requestId)
            : latest(byKey.get(query.publicKeySha256) ?? []);
      return entry?.record ?? null;
    },

    async list({ deviceId, publicKeySha256, notAfterFrom, cursor, limit }) {
      assertLimit(limit, 1000);
      const after = parseCursor(cursor);
      const candidates =
        deviceId !== undefined
          ? (byDevice.get(deviceId) ?? [])
          : publicKeySha256 !== undefined
            ? (byKey.get(publicKeySha256) ?? [])
            : entries;
      const page: Entry[] = [];
      for (
        let index = findAfter(candidates, after);
        index < candidates.length && page.length <= limit;
        index += 1
      ) {
        const entry = candidates[index];
        if (!entry) break;
        if (publicKeySha256 !== undefined && entry.record.publicKeySha256 !== publicKeySha256) continue;
        if (notAfterFrom !== undefined && entry.record.notAfter <= notAfterFrom) continue;
        page.push(entry);
      }
      const more = page.length > limit;
      const shown = page.slice(0, limit);
      const last = shown.at(-1);
      return {
        records: shown.map(({ record }) => copyRecord(record)),
        cursor: more && last ? String(last.sequence) : null,
      };
    },

    async pruneExpired({ before, limit }) {
      assertLimit(limit, 10_000);
      const expired = new Set(entries.filter(({ record }) => record.notAfter < before).slice(0, limit));
      for (const entry of expired) drop(entry);
      entries = entries.filter((entry) => !expired.has(entry));
      return expired.size;
    },
  };
}

function append(index: Map<string, Entry[]>, key: string, entry: Entry): void {
  const entries = index.get(key);
  if (entries) entries.push(entry);
  else index.set(key, [entry]);
}

function remove(index: Map<string, Entry[]>, key: string, entry: Entry): void {
  const rest = (index.get(key) ?? []).filter((other) => other !== entry);
  if (rest.length > 0) index.set(key, rest);
  else index.delete(key);
}

/** The entry with the latest end; of several with the same end the one that was intended last. */
function latest(entries: readonly Entry[]): Entry | undefined {
  return entries.reduce<Entry | undefined>(
    (best, entry) => (best && best.record.notAfter > entry.record.notAfter ? best : entry),
    undefined,
  );
}

/** Index of the first entry after a place in the order; the entries are in order, so half of them go at each step. */
function findAfter(entries: readonly Entry[], sequence: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.sequence ?? Infinity) <= sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}

function parseCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (!/^[1-9][0-9]{0,14}$/.test(cursor)) {
    throw new MalformedError('request_malformed', {
      message: 'the cursor is not one that this store gave out',
    });
  }
  return Number(cursor);
}

function assertLimit(limit: number, maximum: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > maximum) {
    throw new MalformedError('request_malformed', { message: `the limit must be 1 to ${maximum}` });
  }
}

/** The store keeps and hands out copies, because a `Date` or byte array that a caller holds can be changed. */
function copyRecord(record: CertificateRecord): CertificateRecord {
  return {
    ...record,
    notBefore: new Date(record.notBefore),
    notAfter: new Date(record.notAfter),
    toBeSigned: Uint8Array.from(record.toBeSigned),
    appraisal: {
      reasons: [...record.appraisal.reasons],
      verdicts: record.appraisal.verdicts.map((verdict) => ({
        ...verdict,
        issuedAt: new Date(verdict.issuedAt),
      })),
      claimed: { ...record.appraisal.claimed },
    },
    intendedAt: new Date(record.intendedAt),
    certificate: record.certificate && Uint8Array.from(record.certificate),
    issuedAt: record.issuedAt && new Date(record.issuedAt),
    firstUsedAt: record.firstUsedAt && new Date(record.firstUsedAt),
    supersededAt: record.supersededAt && new Date(record.supersededAt),
  };
}
