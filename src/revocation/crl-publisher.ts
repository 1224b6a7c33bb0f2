// revocation: imports core, contracts, x509.

import { assertWholeNumber } from '../core/assert-option.js';
import { sha256Hex } from '../core/bytes.js';
import { systemClock, type Clock } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import type { CertificateAuthority } from '../contracts/certificate-authority.js';
import type { CertificateStore } from '../contracts/certificate-store.js';
import type { CrlSigner } from '../contracts/crl-signer.js';
import type { RevocationStore } from '../contracts/revocation-store.js';
import { collectRevokedCertificates, type RevokedCertificates } from './crl-entries.js';

/** How CRLs are published. */
export interface CrlPublisherOptions {
  readonly authority: Pick<CertificateAuthority, 'issuers'> & CrlSigner;
  readonly certificates: CertificateStore;
  readonly revocations: RevocationStore;
  /** How many shards certificates were issued into so far: the authority's `crlShards`. */
  readonly shards: number;
  /** How old a list may be before the log is read again, in seconds, 1 to 3600. Default 5. */
  readonly refreshSeconds?: number;
  /** How long a relying party may keep a list (`nextUpdate`), in seconds, 60 to 7 days. Default 3600. */
  readonly lifetimeSeconds?: number;
  readonly clock?: Clock;
}

/** A signed list. */
export interface PublishedCrl {
  /** DER. */
  readonly crl: Uint8Array;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** For how many more seconds a cache may serve it. */
  readonly maxAgeSeconds: number;
}

/** Builds and signs CRLs when they are asked for, and keeps them for as long as nothing has changed. */
export interface CrlPublisher {
  /**
   * The current list of an issuer: one shard, or `null` for all of its certificates in one list. Resolves to `null` if
   * there is no such issuer or shard.
   *
   * @throws UnavailableError `store_unavailable`, `authority_unavailable`
   */
  find(issuerId: string, shard: number | null): Promise<PublishedCrl | null>;
}

/** @throws ConfigurationError if an option is out of bounds */
export function createCrlPublisher(options: CrlPublisherOptions): CrlPublisher {
  const { authority, shards, refreshSeconds = 5, lifetimeSeconds = 3600, clock = systemClock } = options;
  assertWholeNumber('shards', shards, 1, 1_000_000);
  assertWholeNumber('refreshSeconds', refreshSeconds, 1, 3600);
  assertWholeNumber('lifetimeSeconds', lifetimeSeconds, 60, 7 * 24 * 3600);
  if (lifetimeSeconds <= 2 * refreshSeconds) {
    throw new ConfigurationError('lifetimeSeconds', { message: 'must be more than twice refreshSeconds' });
  }

  let snapshot: { readonly revoked: RevokedCertificates; readonly readAt: number } | null = null;
  let reading: Promise<RevokedCertificates> | null = null;
  const published = new Map<string, { readonly crl: PublishedCrl; readonly sequence: number }>();
  let lastNumber = 0n;

  async function readLog(now: Date): Promise<RevokedCertificates> {
    const revoked = await collectRevokedCertificates({ ...options, now });
    snapshot = { revoked, readAt: now.getTime() };
    return revoked;
  }

  /** Callers that come while the log is being read wait for the same reading. */
  function readLogOnce(now: Date): Promise<RevokedCertificates> {
    if (snapshot && now.getTime() - snapshot.readAt < refreshSeconds * 1000)
      return Promise.resolve(snapshot.revoked);
    reading ??= readLog(now).finally(() => {
      reading = null;
    });
    return reading;
  }

  /**
   * Strictly growing within a process and, by the time of day, from one process to the next (RFC 5280 section 5.2.3).
   */
  function nextNumber(now: Date): bigint {
    const time = BigInt(now.getTime());
    lastNumber = time > lastNumber ? time : lastNumber + 1n;
    return lastNumber;
  }

  return {
    async find(issuerId, shard) {
      if (!authority.issuers.some((issuer) => issuer.issuerId === issuerId)) return null;
      if (shard !== null && (!Number.isInteger(shard) || shard < 0 || shard >= shards)) return null;
      const now = clock.now();
      const { entries, sequence } = await readLogOnce(now);
      const name = `${issuerId}/${shard ?? 'full'}`;
      const last = published.get(name);
      const halfLife = (lifetimeSeconds * 1000) / 2;
      if (last?.sequence === sequence && now.getTime() - last.crl.thisUpdate.getTime() < halfLife)
        return last.crl;
      const thisUpdate = new Date(Math.floor(now.getTime() / 1000) * 1000);
      const nextUpdate = new Date(thisUpdate.getTime() + lifetimeSeconds * 1000);
      const crl = await authority.signCrl({
        issuerId,
        shard,
        number: nextNumber(now),
        thisUpdate,
        nextUpdate,
        entries: entries.filter((e) => e.issuerId === issuerId && (shard === null || e.crlShard === shard)),
      });
      const current = { crl, sha256: sha256Hex(crl), thisUpdate, nextUpdate, maxAgeSeconds: refreshSeconds };
      published.set(name, { crl: current, sequence });
      return current;
    },
  };
}
