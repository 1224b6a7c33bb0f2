// stores/sqlite: imports core, contracts and this folder only.

import type { CertificateName, CertificateRecord } from '../../contracts/certificate-store.js';
import { readInteger, toRow } from './row.js';
import type { SqliteConnection } from './sqlite-connection.js';

/** Keeps certificate records that are read again and again, and never gives one that is out of date. */
export interface RecordCache {
  /** The record of that name, from memory if it still holds, from `load` if not. An absence is not remembered. */
  read(name: CertificateName, load: () => CertificateRecord | null): CertificateRecord | null;
  /** Forgets a record, because this connection changes it. */
  forget(name: CertificateName): void;
}

/**
 * Creates a cache that is exact. `PRAGMA data_version` changes whenever another connection, of this process or another,
 * has committed anything (https://www.sqlite.org/pragma.html#pragma_data_version): then everything is forgotten.
 * What this connection changes it must `forget` itself. The number is read before the record, so a record is never
 * older than the number that vouches for it.
 *
 * @param capacity most records to keep; the one that was kept longest goes first
 */
export function createRecordCache(connection: SqliteConnection, capacity: number): RecordCache {
  const version = connection.prepare('PRAGMA data_version');
  const records = new Map<string, CertificateRecord>();
  let seen = -1;

  return {
    read(name, load) {
      if (capacity === 0) return load();
      const current = readInteger(toRow(version.get()), 'data_version');
      if (current !== seen) {
        records.clear();
        seen = current;
      }
      const key = toKey(name);
      const kept = records.get(key);
      if (kept !== undefined) return kept;

      const loaded = load();
      if (loaded === null) return null;
      for (const oldest of records.keys()) {
        if (records.size < capacity) break;
        records.delete(oldest);
      }
      records.set(key, loaded);
      return loaded;
    },
    forget(name) {
      records.delete(toKey(name));
    },
  };
}

function toKey({ issuerId, serialNumber }: CertificateName): string {
  return `${issuerId}/${serialNumber}`;
}
