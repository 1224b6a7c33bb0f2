// revocation: imports core, contracts, x509.

import { assertWholeNumber } from '../core/assert-option.js';
import { encodeHex, sha256Hex } from '../core/bytes.js';
import { systemClock, type Clock } from '../core/clock.js';
import { ConfigurationError, UnavailableError } from '../core/errors.js';
import { systemRandom, type Random } from '../core/random.js';
import type { CertificateAuthority } from '../contracts/certificate-authority.js';
import type { CrlSigner } from '../contracts/crl-signer.js';
import type { CrlStore, StoredCrl } from '../contracts/crl-store.js';
import type { HighWaterMark } from '../contracts/high-water-mark.js';
import type { LeaseStore } from '../contracts/lease-store.js';
import type { CrlScope, RevokedCertificates } from '../contracts/revoked-certificates.js';
import { buildCrl } from './build-crl.js';
import { createCrlFloor } from './crl-floor.js';

/** How CRLs are published. */
export interface CrlPublisherOptions {
  readonly authority: Pick<CertificateAuthority, 'issuers'> & CrlSigner;
  readonly revocations: RevokedCertificates;
  readonly crls: CrlStore;
  readonly leases: LeaseStore;
  /** How many shards certificates were issued into so far: the authority's `crlShards`. */
  readonly shards: number;
  /** How old a list may be before the store is asked whether there is news, in seconds, 1 to 3600. Default 5. */
  readonly refreshSeconds?: number;
  /** How long a relying party may keep a list (`nextUpdate`), in seconds, 60 to 7 days. Default 3600. */
  readonly lifetimeSeconds?: number;
  /**
   * Whether a delta CRL goes with each list (RFC 5280 section 5.2.4), at `<shard>.delta.crl`, and the list names it. Worth it
   * for lists of many megabytes only; few relying parties use them. Default `false`.
   */
  readonly deltas?: boolean;
  /** Tells after a restart too that the store was restored from an older backup. Default: told only while running. */
  readonly highWaterMark?: HighWaterMark;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** DER, and its SHA-256 in lower-case hex. */
export interface CrlBytes {
  readonly crl: Uint8Array;
  readonly sha256: string;
}

/** A signed list. */
export interface PublishedCrl extends CrlBytes {
  readonly number: bigint;
  /** The delta CRL of the same number, where there are any. */
  readonly delta: CrlBytes | null;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** For how many more seconds a cache may serve it. */
  readonly maxAgeSeconds: number;
}

/**
 * Publishes CRLs. A list is looked at when it is asked for: if something of its shard was revoked since it was made, or half of its
 * life has passed, the one replica that gets the lease makes the next one, and all serve it. Nothing has to run in the
 * background; a team that pushes lists to other servers asks for them on a timer.
 *
 * Numbers only ever grow, by compare-and-swap in the store. Before a list is published it is read back by our strict reader and
 * its signature verified. A list that is older than one that was served before is never served: the store must have been
 * restored from a backup, and lists made from it would take revocations back.
 */
export interface CrlPublisher {
  /**
   * The current list of an issuer: one shard, or `null` for all of its certificates in one list. Resolves to `null` if
   * there is no such issuer or shard.
   *
   * @throws UnavailableError `store_unavailable`, `store_rolled_back`, `authority_unavailable`
   */
  find(issuerId: string, shard: number | null): Promise<PublishedCrl | null>;
}

/** A list in memory. */
interface Served {
  readonly stored: StoredCrl;
  readonly published: PublishedCrl;
  /** When the store last said that there is nothing newer. */
  checkedAt: number;
}

/**
 * Long enough to make a list. If a replica dies while it does, others wait for no longer; if it is slower than that, the
 * compare-and-swap decides.
 */
const LEASE_SECONDS = 5;
/** Tries of a replica whose list was overtaken by that of another. */
const MAX_TRIES = 3;

/** @throws ConfigurationError if an option is out of bounds */
export function createCrlPublisher(options: CrlPublisherOptions): CrlPublisher {
  const { authority, revocations, crls, leases, shards, highWaterMark } = options;
  const { refreshSeconds = 5, lifetimeSeconds = 3600, deltas = false } = options;
  const { clock = systemClock, random = systemRandom } = options;
  assertWholeNumber('shards', shards, 1, 1_000_000);
  assertWholeNumber('refreshSeconds', refreshSeconds, 1, 3600);
  assertWholeNumber('lifetimeSeconds', lifetimeSeconds, 60, 7 * 24 * 3600);
  if (lifetimeSeconds <= 2 * refreshSeconds) {
    throw new ConfigurationError('lifetimeSeconds', { message: 'must be more than twice refreshSeconds' });
  }
  const holder = encodeHex(random(16));
  const floor = createCrlFloor(highWaterMark);
  const served = new Map<string, Served>();
  const refreshing = new Map<string, Promise<PublishedCrl>>();

  function isCurrent(crl: StoredCrl, lastRevoked: number, now: Date): boolean {
    const age = now.getTime() - crl.thisUpdate.getTime();
    return crl.logSequence >= lastRevoked && age < (lifetimeSeconds * 1000) / 2;
  }

  /** What the store has, and how far the log has got. */
  async function look(scope: CrlScope, name: string) {
    const known = served.get(name)?.stored ?? null;
    const [found, lastRevoked] = await Promise.all([
      crls.findCrl(scope, known === null ? {} : { unlessNumber: known.number }),
      revocations.findLastRevoked(scope),
    ]);
    const stored = found === 'unchanged' ? known : found;
    await floor.assertNotBelow(name, stored?.number ?? null);
    return { stored, lastRevoked };
  }

  async function serve(name: string, stored: StoredCrl, checkedAt: number): Promise<PublishedCrl> {
    await floor.raise(name, stored.number);
    const known = served.get(name);
    if (known?.stored === stored) {
      known.checkedAt = checkedAt;
      return known.published;
    }
    const { number, crl, deltaCrl, thisUpdate, nextUpdate } = stored;
    const delta = deltaCrl && { crl: deltaCrl, sha256: sha256Hex(deltaCrl) };
    const life = { thisUpdate, nextUpdate, maxAgeSeconds: refreshSeconds };
    const published = { number, crl, sha256: sha256Hex(crl), delta, ...life };
    served.set(name, { stored, published, checkedAt });
    return published;
  }

  async function refresh(scope: CrlScope, name: string): Promise<PublishedCrl> {
    for (let tries = 1; ; tries += 1) {
      const now = clock.now();
      const { stored, lastRevoked } = await look(scope, name);
      if (stored && isCurrent(stored, lastRevoked, now)) return serve(name, stored, now.getTime());
      const lease = { name: `crl/${name}`, holder };
      if (await leases.acquireLease({ ...lease, lifetimeSeconds: LEASE_SECONDS, now })) {
        try {
          const made = await buildCrl(
            { scope, former: stored, lastRevoked, now, lifetimeSeconds, deltas },
            options,
          );
          const expectedNumber = stored?.number ?? null;
          if (await crls.publishCrl(made, { expectedNumber })) return await serve(name, made, now.getTime());
        } finally {
          // It ends by itself; a failure here must not hide what went before.
          await leases.releaseLease(lease).catch(() => undefined);
        }
      } else if (stored && now.getTime() < stored.nextUpdate.getTime()) {
        // Another replica is making the next one: this one is good for a moment more, and is looked at again next time.
        return serve(name, stored, -Infinity);
      }
      if (tries === MAX_TRIES) {
        throw new UnavailableError('store_unavailable', {
          message: 'another process is making this list',
          retryAfterSeconds: 1,
        });
      }
    }
  }

  return {
    async find(issuerId, shard) {
      if (!authority.issuers.some((issuer) => issuer.issuerId === issuerId)) return null;
      if (shard !== null && (!Number.isInteger(shard) || shard < 0 || shard >= shards)) return null;
      const name = `${issuerId}/${shard ?? 'full'}`;
      const known = served.get(name);
      const age = clock.now().getTime() - (known?.checkedAt ?? -Infinity);
      if (known && age >= 0 && age < refreshSeconds * 1000) return known.published;
      // Callers that come while a list is looked at wait for the same look.
      let refreshed = refreshing.get(name);
      if (refreshed === undefined) {
        refreshed = refresh({ issuerId, crlShard: shard }, name).finally(() => refreshing.delete(name));
        refreshing.set(name, refreshed);
      }
      return refreshed;
    },
  };
}
