// stores/postgres: imports core, contracts, stores/format and this folder only.

import type {
  AttestedKey,
  AttestedKeyStore,
  UseAttestedKeyOutcome,
  UseAttestedKeyRequest,
} from '../../contracts/attested-key-store.js';
import {
  assertAttestedKey,
  assertAttestedKeyName,
  assertReceipt,
  assertUseOfAttestedKey,
} from '../format/attested-key.js';
import { toBatchResults } from './batch-results.js';
import type { Database } from './database.js';
import { readBytes, readDate, readInteger, readNullable, readText, type Row } from './row.js';
import { createWriteLane } from './write-lane.js';

export function createPostgresAttestedKeyStore(database: Database): AttestedKeyStore {
  const use = createWriteLane((items: readonly UseAttestedKeyRequest[]) =>
    database.run(
      {
        name: 'use_attested_keys',
        text: 'SELECT place, outcome FROM device_trust_use_attested_keys($1, $2, $3, $4, $5)',
        values: [
          items.map(({ provider }) => provider),
          items.map(({ keyId }) => keyId),
          items.map(({ counter }) => counter),
          items.map((item) => item.use),
          items.map(({ at }) => at.getTime()),
        ],
      },
      (rows) => toBatchResults(rows, items.length, toUseOutcome),
    ),
  );

  return {
    async registerAttestedKey(key) {
      assertAttestedKey(key);
      const { provider, keyId, publicKey, deviceId, details, receipt, counter, lastUse } = key;
      return database.run(
        {
          name: 'register_attested_key',
          text: `INSERT INTO device_trust_attested_keys AS kept (provider, key_id, public_key, device_id, details,
              receipt, attested_at, counter, last_use, last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (provider, key_id) DO UPDATE SET device_id = excluded.device_id
            WHERE kept.counter = 0 AND kept.last_use = excluded.last_use AND kept.public_key = excluded.public_key
            RETURNING 1`,
          values: [
            provider,
            keyId,
            publicKey,
            deviceId,
            details,
            receipt,
            key.attestedAt.getTime(),
            counter,
            lastUse,
            key.lastUsedAt.getTime(),
          ],
        },
        (rows) => ({ outcome: rows.length === 1 ? 'registered' : 'exists' }),
      );
    },

    async findAttestedKey(name) {
      assertAttestedKeyName(name);
      return database.run(
        {
          name: 'find_attested_key',
          text: 'SELECT * FROM device_trust_attested_keys WHERE provider = $1 AND key_id = $2',
          values: [name.provider, name.keyId],
        },
        ([row]) => (row === undefined ? null : toAttestedKey(row)),
      );
    },

    async useAttestedKey(request) {
      assertUseOfAttestedKey(request);
      return use(request);
    },

    async replaceReceipt({ provider, keyId, receipt }) {
      assertAttestedKeyName({ provider, keyId });
      assertReceipt(receipt);
      return database.run(
        {
          name: 'replace_receipt',
          text: `UPDATE device_trust_attested_keys SET receipt = $3 WHERE provider = $1 AND key_id = $2 RETURNING 1`,
          values: [provider, keyId, receipt],
        },
        (rows) => rows.length === 1,
      );
    },
  };
}

function toUseOutcome(row: Row): UseAttestedKeyOutcome {
  const outcome = readText(row, 'outcome');
  if (outcome === 'used' || outcome === 'counter_not_higher' || outcome === 'unknown') return { outcome };
  throw new TypeError('column outcome does not hold an outcome');
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
