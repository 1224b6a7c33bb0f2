// revocation: imports core, contracts, x509.

import { MalformedError } from '../core/errors.js';
import type { CertificateFilter } from '../contracts/certificate-search.js';
import type { CertificateRecord } from '../contracts/certificate-store.js';
import type { EventSink } from '../contracts/event-sink.js';
import type { NewRevocation, RevocationReason } from '../contracts/revocation-store.js';
import type { Stores } from '../contracts/stores.js';
import { certificateSubject } from './certificate-subject.js';
import { recordAct } from './record-act.js';

/** How far a batch has got. */
export interface RevocationProgress {
  /** Certificates that the filter found up to here. */
  readonly matched: number;
  /** How many of them were not revoked already. */
  readonly revoked: number;
  /** Goes on from here if the run breaks off; `null` at the end. */
  readonly cursor: string | null;
}

/** A batch to revoke. */
export interface BatchRequest {
  readonly filter: CertificateFilter;
  readonly reason: RevocationReason;
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: RevocationProgress) => void;
  readonly cursor?: string;
  readonly signal?: AbortSignal;
}

/** Certificates of one page are revoked at the same time, so that a store may share commits among them. */
const PAGE = 500;

/** Revokes the certificates that a filter finds, page by page. */
export async function revokeBatch(
  request: BatchRequest,
  act: { readonly actor: string; readonly note: string | null; readonly at: Date },
  stores: Pick<Stores, 'certificates' | 'revocations'> & { readonly events: EventSink | undefined },
): Promise<{ readonly matched: number; readonly revoked: number }> {
  const { reason, dryRun = false, onProgress, signal } = request;
  const { certificates, revocations, events } = stores;
  if (Object.values(request.filter).every((value) => value === undefined)) {
    // Everything is not a batch: who means it says so, with a window that holds everything.
    throw new MalformedError('request_malformed', { message: 'the filter must have at least one member' });
  }
  const filter: CertificateFilter = { notAfterFrom: act.at, ...request.filter };
  if (dryRun) return { matched: await certificates.count(filter), revoked: 0 };

  await recordAct(events, { type: 'revoked', ...act, target: { filter }, deviceId: null, reason });
  const about = { reason, at: act.at, ...(act.note === null ? {} : { note: act.note }) };
  const revoke = (record: CertificateRecord) => revokeOne(record, about, revocations);
  let matched = 0;
  let revoked = 0;
  let cursor = request.cursor ?? null;
  do {
    signal?.throwIfAborted();
    const page: Awaited<ReturnType<typeof certificates.search>> = await certificates.search({
      ...filter,
      limit: PAGE,
      ...(cursor === null ? {} : { cursor }),
    });
    const results = await Promise.all(page.records.map(revoke));
    matched += results.length;
    revoked += results.filter(Boolean).length;
    cursor = page.cursor;
    onProgress?.({ matched, revoked, cursor });
  } while (cursor !== null);
  await recordAct(events, { type: 'batch_revoked', ...act, filter, reason, revoked });
  return { matched, revoked };
}

/** Resolves to whether the certificate was not revoked already. */
async function revokeOne(
  record: CertificateRecord,
  about: Omit<NewRevocation, 'subject'>,
  revocations: Stores['revocations'],
): Promise<boolean> {
  const { publicKeySha256 } = record;
  if (about.reason === 'keyCompromise') {
    await revocations.revoke({ ...about, subject: { kind: 'key', publicKeySha256 } });
  }
  return (await revocations.revoke({ ...about, subject: certificateSubject(record) })).recorded;
}
