// stores/redis: imports core, contracts and this folder only.

import { encodeBase64 } from '../../core/bytes.js';
import type { CertificateSearch } from '../../contracts/certificate-search.js';
import type {
  CertificateQuery,
  CertificateRecord,
  CertificateStore,
  IntentOutcome,
} from '../../contracts/certificate-store.js';
import { toIndexes, toIntentFields, toRecord } from './certificate-fields.js';
import {
  findByDeviceScript,
  findByKeyScript,
  findByNameScript,
  recordFirstUseScript,
  recordIntentScript,
  recordIssuedScript,
} from './certificate-scripts.js';
import { createRedisCertificateSearch } from './redis-certificate-search.js';
import type { RedisConnection } from './redis-connection.js';
import { encodeDate, toList } from './reply.js';
import { withFailures } from './store-failure.js';

export function createRedisCertificateStore(
  connection: RedisConnection,
): CertificateStore & CertificateSearch {
  function find(query: CertificateQuery): Promise<unknown> {
    switch (query.by) {
      case 'name':
        return connection.run(findByNameScript, 'names', `${query.issuerId}/${query.serialNumber}`);
      case 'request':
        return connection.run(findByNameScript, 'requests', query.requestId);
      case 'key':
        return connection.run(findByKeyScript, query.publicKeySha256);
      case 'device':
        return connection.run(findByDeviceScript, query.deviceId);
    }
  }

  return {
    ...createRedisCertificateSearch(connection),

    recordIntent: (intent, { keyHeldFrom }) =>
      withFailures(async () => {
        const indexes = toIndexes(intent);
        const reply = await connection.run(
          recordIntentScript,
          intent.issuerId,
          intent.serialNumber,
          intent.requestId,
          intent.deviceId,
          intent.publicKeySha256,
          encodeDate(intent.notAfter),
          encodeDate(keyHeldFrom),
          indexes.length,
          ...indexes,
          ...toIntentFields(intent),
        );
        return toOutcome(toList(reply));
      }),

    recordIssued: ({ issuerId, serialNumber }, { certificate, issuedAt }) =>
      withFailures(async () => {
        const encoded = encodeBase64(certificate);
        const time = encodeDate(issuedAt);
        return toRecordOrNull(
          await connection.run(recordIssuedScript, issuerId, serialNumber, encoded, time),
        );
      }),

    recordFirstUse: ({ issuerId, serialNumber }, at) =>
      withFailures(async () => {
        await connection.run(recordFirstUseScript, issuerId, serialNumber, encodeDate(at));
      }),

    find: (query) => withFailures(async () => toRecordOrNull(await find(query))),
  };
}

function toRecordOrNull(reply: unknown): CertificateRecord | null {
  return reply === null ? null : toRecord(reply).record;
}

function toOutcome([outcome, record]: readonly unknown[]): IntentOutcome {
  switch (outcome) {
    case 'recorded':
      return { outcome };
    case 'request_exists':
    case 'key_in_use':
      return { outcome, record: toRecord(record).record };
    default:
      throw new TypeError('the outcome of a script is not one of its own');
  }
}
