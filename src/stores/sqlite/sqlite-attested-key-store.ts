// stores/sqlite: imports core, contracts, stores/format and this folder only.

import type { AttestedKey, AttestedKeyName, AttestedKeyStore } from '../../contracts/attested-key-store.js';
import {
  assertAttestedKey,
  assertAttestedKeyName,
  assertReceipt,
  assertUseOfAttestedKey,
  isSameRegistration,
  toUse,
} from '../format/attested-key.js';
import { readBytes, readDate, readInteger, readNullable, readText, toRow, type Row } from './row.js';
import type { SqliteConnection } from './sqlite-connection.js';
import { withFailures } from './store-failure.js';
import type { WriteQueue } from './write-queue.js';

const TABLE = 'device_trust_attested_keys';
const NAMED = 'WHERE provider = ? AND key_id = ?';

export function createSqliteAttestedKeyStore(
  connection: SqliteConnection,
  queue: WriteQueue,
): AttestedKeyStore {
  const find = connection.prepare(`SELECT * FROM ${TABLE} ${NAMED}`);
  /** An empty device id or receipt stands for none. */
  const insert = connection.prepare(
    `INSERT INTO ${TABLE} (provider, key_id, public_key, device_id, details, attested_at, counter, last_use,
     last_used_at, receipt) VALUES (?, ?, ?, nullif(?, ''), ?, ?, ?, ?, ?, nullif(?, x''))`,
  );
  const setDevice = connection.prepare(`UPDATE ${TABLE} SET device_id = nullif(?, '') ${NAMED}`);
  const setUse = connection.prepare(
    `UPDATE ${TABLE} SET counter = ?, last_use = ?, last_used_at = ? ${NAMED}`,
  );
  const setReceipt = connection.prepare(`UPDATE ${TABLE} SET receipt = ? ${NAMED}`);

  function read({ provider, keyId }: AttestedKeyName): AttestedKey | undefined {
    const found = find.get(provider, keyId);
    return found === undefined ? undefined : toAttestedKey(toRow(found));
  }

  return {
    async registerAttestedKey(key) {
      assertAttestedKey(key);
      const { provider, keyId, publicKey, deviceId, details, counter, lastUse, receipt } = key;
      const [attestedAt, lastUsedAt] = [key.attestedAt.getTime(), key.lastUsedAt.getTime()];
      return queue.write(() => {
        const kept = read(key);
        if (kept && !isSameRegistration(kept, key)) return { outcome: 'exists' };
        if (kept) setDevice.run(deviceId ?? '', provider, keyId);
        else
          insert.run(
            provider,
            keyId,
            publicKey,
            deviceId ?? '',
            details,
            attestedAt,
            counter,
            lastUse,
            lastUsedAt,
            receipt ?? new Uint8Array(),
          );
        return { outcome: 'registered' };
      });
    },

    async findAttestedKey(name) {
      assertAttestedKeyName(name);
      return withFailures(() => read(name) ?? null);
    },

    async useAttestedKey(request) {
      assertUseOfAttestedKey(request);
      const { provider, keyId, counter, use } = request;
      const at = request.at.getTime();
      return queue.write(() => {
        const { result, isNew } = toUse(read(request), request);
        if (isNew) setUse.run(counter, use, at, provider, keyId);
        return result;
      });
    },

    async replaceReceipt({ provider, keyId, receipt }) {
      assertAttestedKeyName({ provider, keyId });
      assertReceipt(receipt);
      return queue.write(() => Number(setReceipt.run(receipt, provider, keyId).changes) === 1);
    },
  };
}

function toAttestedKey(row: Row): AttestedKey {
  return {
    provider: readText(row, 'provider'),
    keyId: readText(row, 'key_id'),
    publicKey: readBytes(row, 'public_key'),
    deviceId: readNullable(row, 'device_id', readText),
    details: readText(row, 'details'),
    receipt: readNullable(row, 'receipt', readBytes),
    attestedAt: readDate(row, 'attested_at'),
    counter: readInteger(row, 'counter'),
    lastUse: readText(row, 'last_use'),
    lastUsedAt: readDate(row, 'last_used_at'),
  };
}
