// testing: may import everything; nothing imports it.

import type { PruneRequest } from '../../contracts/retention.js';
import type { CertificateSubject } from './sample-revocation.js';
import { NAME } from './sample-revocation.js';

/** A time that is over for every clock that these suites run by; before it is forgotten. */
export const PAST = new Date('2020-01-01T00:00:00.000Z');

/** What comes of forgetting where there is nothing to forget. */
export const NOTHING_PRUNED = {
  certificates: 0,
  revocations: 0,
  replays: 0,
  renewalOrders: 0,
  attestedKeys: 0,
  usageCounters: 0,
  rateLimits: 0,
};

/** `seconds` after {@link PAST}. */
export function afterPast(seconds: number): Date {
  return new Date(PAST.getTime() + Math.round(seconds * 1000));
}

export function pruneRequest(change: Partial<PruneRequest> = {}): PruneRequest {
  return { before: new Date(PAST), limit: 100, ...change };
}

/** Certificate number `index`, with an end. */
export function endedCertificate(index: number, notAfter: Date): CertificateSubject {
  return {
    kind: 'certificate',
    issuerId: NAME.issuerId,
    serialNumber: (0x7f00 + index).toString(16).repeat(8),
    crlShard: 3,
    notAfter,
  };
}
