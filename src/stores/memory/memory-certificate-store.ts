// stores/memory: imports core, contracts and this folder only.

import type { CertificateSearch } from '../../contracts/certificate-search.js';
import type { CertificateStore } from '../../contracts/certificate-store.js';
import { createCertificateIndex, type CertificateEntry } from './certificate-index.js';
import { copyRecord } from './copy-record.js';
import { matchesFilter } from './matches-filter.js';
import type { Forgetful } from './memory-retention.js';
import { pageOf } from './page-of.js';

/** A certificate store of one process; a search looks at every record. */
export function createMemoryCertificateStore(): CertificateStore & CertificateSearch & Forgetful {
  const index = createCertificateIndex();

  const isLatest = (entry: CertificateEntry): boolean =>
    index.ofDevice(entry.record.deviceId).at(-1) === entry;

  return {
    async recordIntent(intent, { keyHeldFrom }) {
      const sameRequest = index.ofRequest(intent.requestId);
      if (sameRequest) return { outcome: 'request_exists', record: copyRecord(sameRequest.record) };
      const holder = endingLast(
        index
          .ofKey(intent.publicKeySha256)
          .filter(({ record }) => record.deviceId !== intent.deviceId && record.notAfter >= keyHeldFrom),
      );
      if (holder) return { outcome: 'key_in_use', record: copyRecord(holder.record) };
      index.add(intent);
      return { outcome: 'recorded' };
    },

    async recordIssued(name, issued) {
      const entry = index.ofName(name);
      if (!entry) return null;
      if (entry.record.certificate === null) index.update(entry, issued);
      return copyRecord(entry.record);
    },

    async recordFirstUse(name, at) {
      const used = index.ofName(name);
      if (!used || used.record.firstUsedAt !== null) return;
      index.update(used, { firstUsedAt: at });
      for (const entry of index.ofDevice(used.record.deviceId)) {
        if (entry.sequence >= used.sequence) break;
        if (entry.record.supersededAt === null) index.update(entry, { supersededAt: at });
      }
    },

    async find(query) {
      switch (query.by) {
        case 'name':
          return index.ofName(query)?.record ?? null;
        case 'request':
          return index.ofRequest(query.requestId)?.record ?? null;
        case 'key':
          return endingLast(index.ofKey(query.publicKeySha256))?.record ?? null;
        case 'device':
          return index.ofDevice(query.deviceId).at(-1)?.record ?? null;
      }
    },

    async list({ deviceId, publicKeySha256, notAfterFrom, ...page }) {
      const candidates =
        deviceId !== undefined
          ? index.ofDevice(deviceId)
          : publicKeySha256 !== undefined
            ? index.ofKey(publicKeySha256)
            : index.all();
      return pageOf(
        candidates,
        page,
        ({ record }) =>
          (publicKeySha256 === undefined || record.publicKeySha256 === publicKeySha256) &&
          (notAfterFrom === undefined || record.notAfter > notAfterFrom),
      );
    },

    async search(query) {
      return pageOf(
        index.all(),
        query,
        (entry) => matchesFilter(entry.record, query) && (query.latestOnly !== true || isLatest(entry)),
      );
    },

    async count(filter) {
      return index
        .all()
        .filter(
          (entry) => matchesFilter(entry.record, filter) && (filter.latestOnly !== true || isLatest(entry)),
        ).length;
    },

    forget({ before, limit }) {
      const ended = index.all().filter(({ record }) => record.notAfter < before);
      const forgotten = new Set(ended.slice(0, limit));
      index.drop(forgotten);
      return forgotten.size;
    },
  };
}

/** The entry with the latest end; of several with the same end the one that was intended last. */
function endingLast(entries: readonly CertificateEntry[]): CertificateEntry | undefined {
  return entries.reduce<CertificateEntry | undefined>(
    (best, entry) => (best && best.record.notAfter > entry.record.notAfter ? best : entry),
    undefined,
  );
}
