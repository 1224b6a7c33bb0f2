// stores/memory: imports core, contracts and this folder only.

import { UnavailableError } from '../../core/errors.js';
import type {
  CertificateIntent,
  CertificateName,
  CertificateRecord,
} from '../../contracts/certificate-store.js';
import { copyRecord } from './copy-record.js';
import { createNameMap } from './name-map.js';

/** A record and its place in the order of intent. */
export interface CertificateEntry {
  readonly sequence: number;
  readonly record: CertificateRecord;
}

/** Records by everything that they are asked for by. Lists are in order of intent. */
export interface CertificateIndex {
  add(intent: CertificateIntent): void;
  update(entry: CertificateEntry, change: Partial<CertificateRecord>): void;
  drop(entries: ReadonlySet<CertificateEntry>): void;
  all(): readonly CertificateEntry[];
  ofName(name: CertificateName): CertificateEntry | undefined;
  ofRequest(requestId: string): CertificateEntry | undefined;
  ofDevice(deviceId: string): readonly CertificateEntry[];
  ofKey(publicKeySha256: string): readonly CertificateEntry[];
}

/** An entry whose record can be replaced. */
interface OwnEntry extends CertificateEntry {
  record: CertificateRecord;
}

export function createCertificateIndex(): CertificateIndex {
  let entries: OwnEntry[] = [];
  const byName = createNameMap<OwnEntry>();
  const byRequest = new Map<string, OwnEntry>();
  const byDevice = new Map<string, OwnEntry[]>();
  const byKey = new Map<string, OwnEntry[]>();
  let lastSequence = 0;

  return {
    add(intent) {
      if (byName.get(intent) !== undefined) {
        throw new UnavailableError('store_unavailable', {
          message: 'a certificate with this serial number is recorded',
        });
      }
      const record = { ...intent, certificate: null, issuedAt: null, firstUsedAt: null, supersededAt: null };
      lastSequence += 1;
      const entry: OwnEntry = { sequence: lastSequence, record: copyRecord(record) };
      entries.push(entry);
      byName.set(intent, entry);
      byRequest.set(intent.requestId, entry);
      append(byDevice, intent.deviceId, entry);
      append(byKey, intent.publicKeySha256, entry);
    },

    update({ record }, change) {
      const entry = byName.get(record);
      if (entry) entry.record = copyRecord({ ...record, ...change });
    },

    drop(dropped) {
      for (const { record } of dropped) {
        byName.delete(record);
        byRequest.delete(record.requestId);
        remove(byDevice, record.deviceId, dropped);
        remove(byKey, record.publicKeySha256, dropped);
      }
      entries = entries.filter((entry) => !dropped.has(entry));
    },

    all: () => entries,
    ofName: (name) => byName.get(name),
    ofRequest: (requestId) => byRequest.get(requestId),
    ofDevice: (deviceId) => byDevice.get(deviceId) ?? [],
    ofKey: (publicKeySha256) => byKey.get(publicKeySha256) ?? [],
  };
}

function append(index: Map<string, OwnEntry[]>, key: string, entry: OwnEntry): void {
  const entries = index.get(key);
  if (entries) entries.push(entry);
  else index.set(key, [entry]);
}

function remove(index: Map<string, OwnEntry[]>, key: string, dropped: ReadonlySet<CertificateEntry>): void {
  const rest = (index.get(key) ?? []).filter((entry) => !dropped.has(entry));
  if (rest.length > 0) index.set(key, rest);
  else index.delete(key);
}
