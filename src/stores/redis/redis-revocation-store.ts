// stores/redis: imports core, contracts and this folder only.

import type { Revocation, RevocationStatus, RevocationStore } from '../../contracts/revocation-store.js';
import type {
  CrlScope,
  RevokedCertificate,
  RevokedCertificates,
} from '../../contracts/revoked-certificates.js';
import { assertBetween } from './assert-request.js';
import type { RedisConnection } from './redis-connection.js';
import { encodeDate, toInteger, toList } from './reply.js';
import { encodeRevocation, parseRevocation, readState, toSubjectKey } from './revocation-entry.js';
import {
  findLastRevokedScript,
  findRevocationsScript,
  listRevocationsScript,
  listRevokedScript,
  revokeScript,
} from './revocation-scripts.js';
import { withFailures } from './store-failure.js';

/** Most entries that one script looks at. */
const BUDGET = 1000;

export function createRedisRevocationStore(
  connection: RedisConnection,
): RevocationStore & RevokedCertificates {
  function read(reply: unknown): Revocation {
    const revocation = parseRevocation(reply);
    connection.saw(revocation.sequence);
    return revocation;
  }

  return {
    revoke: (revocation) =>
      withFailures(async () => {
        const { subject } = revocation;
        const reply = await connection.run(
          revokeScript,
          toSubjectKey(subject),
          readState(revocation),
          encodeRevocation(revocation),
          ...(subject.kind === 'certificate'
            ? [subject.issuerId, subject.crlShard, encodeDate(subject.notAfter), subject.serialNumber]
            : ['']),
        );
        const [recorded, entry] = toList(reply);
        return {
          recorded: toInteger(recorded) === 1,
          revocation: entry === undefined ? null : read(entry),
        };
      }),

    find: ({ issuerId, serialNumber, deviceId, publicKeySha256 }) =>
      withFailures(async () => {
        const status: Found = { certificate: null, device: null, key: null };
        const reply = await connection.run(
          findRevocationsScript,
          toSubjectKey({ kind: 'certificate', issuerId, serialNumber }),
          toSubjectKey({ kind: 'device', deviceId }),
          toSubjectKey({ kind: 'key', publicKeySha256 }),
        );
        for (const revocation of toList(reply).map(read)) {
          status[revocation.subject.kind] = revocation;
        }
        return status;
      }),

    async list({ afterSequence, limit }) {
      assertBetween('limit', limit, 1, 10_000);
      return withFailures(async () => {
        const reply = await connection.run(listRevocationsScript, afterSequence, limit);
        return toList(reply).map(read);
      });
    },

    async listRevoked({ notAfterFrom, afterSequence, limit, ...scope }) {
      assertBetween('limit', limit, 1, 10_000);
      return withFailures(async () => {
        const found: RevokedCertificate[] = [];
        let after = afterSequence;
        for (let ended = false; !ended;) {
          const reply = await connection.run(
            listRevokedScript,
            scope.issuerId,
            toShard(scope),
            after,
            encodeDate(notAfterFrom),
            limit - found.length,
            BUDGET,
          );
          const [reached, end, entries] = toList(reply);
          found.push(...toList(entries).map(read).map(toRevokedCertificate));
          after = toInteger(reached);
          ended = toInteger(end) === 1;
        }
        return found;
      });
    },

    findLastRevoked: (scope) =>
      withFailures(async () =>
        toInteger(await connection.run(findLastRevokedScript, scope.issuerId, toShard(scope))),
      ),
  };
}

/** A status that is being put together. */
type Found = { -readonly [Subject in keyof RevocationStatus]: RevocationStatus[Subject] };

function toShard({ crlShard }: CrlScope): string | number {
  return crlShard ?? 'all';
}

function toRevokedCertificate({ subject, at, reason, sequence }: Revocation): RevokedCertificate {
  if (subject.kind !== 'certificate')
    throw new TypeError('an entry about a certificate is about something else');
  return {
    serialNumber: subject.serialNumber,
    revokedAt: at,
    reason,
    notAfter: subject.notAfter,
    sequence,
  };
}
