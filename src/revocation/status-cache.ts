// revocation: imports core, contracts, x509.

import { assertWholeNumber } from '../core/assert-option.js';
import { createBoundedCache } from '../core/bounded-cache.js';
import { systemClock, systemMonotonicClock, type Clock, type MonotonicClock } from '../core/clock.js';
import type { CertificateStatus, CertificateStatusSource } from '../contracts/certificate-status.js';
import type { CertificateStore } from '../contracts/certificate-store.js';
import type { ChangeFeed } from '../contracts/change-feed.js';
import type { HighWaterMark } from '../contracts/high-water-mark.js';
import type { RevocationQuery, RevocationStatus, RevocationStore } from '../contracts/revocation-store.js';
import { createFingerprintSet } from './fingerprint-set.js';
import { createLogFollower } from './log-follower.js';
import { createTurns } from './turns.js';

/** What a status cache works with. */
export interface StatusCacheOptions {
  readonly certificates: CertificateStore;
  readonly revocations: RevocationStore;
  /** Wakes the cache up when something is revoked elsewhere; see {@link StatusCache.listen}. Default: none. */
  readonly changes?: ChangeFeed;
  /**
   * The bound: what was revoked, suspended, banned or superseded longer ago than this is never answered as good, in seconds,
   * 0 to 300. With 0 the stores are asked each time. Default 5.
   */
  readonly maxStalenessSeconds?: number;
  /** Of how many certificates the record is remembered for as long as the bound allows, 2 to 10,000,000. Default 100,000. */
  readonly cachedCertificates?: number;
  /** Tells after a restart too that the store was restored from an older backup. Default: told only while running. */
  readonly highWaterMark?: HighWaterMark;
  readonly clock?: Clock;
  readonly monotonicClock?: MonotonicClock;
}

/** How current a status cache is. */
export interface StatusCacheState {
  readonly maxStalenessSeconds: number;
  /** Seconds since the store was last asked; `null` before the first time. */
  readonly ageSeconds: number | null;
  /** Position in the revocation log up to which it was read. */
  readonly logSequence: number;
  /** How many certificates, devices and keys are known to have been revoked since the process started. */
  readonly revoked: number;
  /** Memory of their index, outside of the JavaScript heap. */
  readonly indexBytes: number;
}

/**
 * What one replica knows of the status of certificates. It follows the revocation log and keeps an index of all that was
 * revoked, so that for a certificate in use nobody has to be asked; what the index does not rule out is asked of the store. When
 * the store could not be read for longer than the bound, nothing is answered any more.
 *
 * What this process revokes or first uses is known to it at once. The bound is counted by a monotonic clock from the
 * moment at which the store was asked, so no clock, here or elsewhere, can stretch it.
 */
export interface StatusCache extends CertificateStatusSource {
  /** Reads the log; resolves when all that was revoked before the call is known. Throws what `find` throws. */
  refresh(): Promise<void>;
  /**
   * Listens to the change feed and reads the log at each wake-up. Resolves to a function that ends it. Without it, the log
   * is read when it is asked for and half of the bound has passed.
   */
  listen(): Promise<() => Promise<void>>;
  describe(): StatusCacheState;
}

/** What is remembered of a certificate that the store knows. */
interface Fact {
  readonly issuerId: string;
  readonly certificate: NonNullable<CertificateStatus['certificate']>;
  /** When the store was asked. */
  readonly askedAt: number;
}

const NOTHING: RevocationStatus = { certificate: null, device: null, key: null };

/** @throws ConfigurationError if an option is out of bounds */
export function createStatusCache(options: StatusCacheOptions): StatusCache {
  const {
    certificates,
    revocations,
    changes,
    maxStalenessSeconds = 5,
    cachedCertificates = 100_000,
  } = options;
  const { highWaterMark, clock = systemClock, monotonicClock = systemMonotonicClock } = options;
  assertWholeNumber('maxStalenessSeconds', maxStalenessSeconds, 0, 300);
  assertWholeNumber('cachedCertificates', cachedCertificates, 2, 10_000_000);
  const bound = maxStalenessSeconds * 1000;
  const revokedCertificates = createFingerprintSet();
  const namedDevices = createFingerprintSet();
  const revokedKeys = createFingerprintSet();
  const facts = createBoundedCache<Fact>(cachedCertificates);
  /** When this process last recorded a first use, by device: what was read before it may be superseded. */
  const firstUses = createBoundedCache<number>(cachedCertificates);
  /** Lists of providers: few, and each the same for a great many certificates. */
  const lists = createBoundedCache<readonly string[]>(1000);
  let current = -Infinity;

  const follower = createLogFollower({
    revocations,
    highWaterMark,
    clock,
    onEntry({ subject }) {
      if (subject.kind === 'certificate') revokedCertificates.add(subject.serialNumber);
      else if (subject.kind === 'device') namedDevices.add(subject.deviceId);
      else revokedKeys.add(subject.publicKeySha256);
    },
  });
  const turns = createTurns(async () => {
    let askedAt = -Infinity;
    await follower.readOn(() => {
      askedAt = monotonicClock.elapsedMilliseconds();
    });
    current = askedAt;
  });

  /** For a turn that nobody waits for: if it fails, the next `find` after the bound runs into the same failure. */
  function refreshSoon(): void {
    turns.take().catch(() => undefined);
  }

  function mayBeRevoked({ serialNumber, deviceId, publicKeySha256 }: RevocationQuery): boolean {
    return (
      revokedCertificates.mayHave(serialNumber) ||
      namedDevices.mayHave(deviceId) ||
      revokedKeys.mayHave(publicKeySha256)
    );
  }

  function recall(query: RevocationQuery, now: number): Fact | undefined {
    const fact = facts.get(query.serialNumber);
    if (fact === undefined || fact.issuerId !== query.issuerId || now - fact.askedAt > bound)
      return undefined;
    return fact.askedAt > (firstUses.get(query.deviceId) ?? -Infinity) ? fact : undefined;
  }

  function shareList(names: readonly string[]): readonly string[] {
    const list = Object.freeze([...new Set(names)].sort());
    const key = list.join('\n');
    const known = lists.get(key);
    if (known === undefined) lists.set(key, list);
    return known ?? list;
  }

  async function ask(query: RevocationQuery, suspect: boolean): Promise<CertificateStatus> {
    const askedAt = monotonicClock.elapsedMilliseconds();
    const { issuerId, serialNumber } = query;
    const [certificate, revocation] = await Promise.all([
      certificates.find({ by: 'name', issuerId, serialNumber }),
      suspect ? revocations.find(query) : NOTHING,
    ]);
    if (certificate === null) return { certificate, revocation };
    const { deviceId, issuedAt, firstUsedAt, supersededAt, appraisal } = certificate;
    const providers = shareList(appraisal.verdicts.map(({ provider }) => provider));
    const { evidenceAt } = appraisal;
    const known = { deviceId, issuedAt, firstUsedAt, supersededAt, providers, evidenceAt };
    if (bound > 0) facts.set(serialNumber, { issuerId, certificate: known, askedAt });
    return { certificate: known, revocation };
  }

  function answer(query: RevocationQuery): CertificateStatus | Promise<CertificateStatus> {
    const suspect = mayBeRevoked(query);
    const fact = suspect ? undefined : recall(query, monotonicClock.elapsedMilliseconds());
    return fact ? { certificate: fact.certificate, revocation: NOTHING } : ask(query, suspect);
  }

  return {
    find(query) {
      if (bound === 0) return ask(query, true);
      const age = monotonicClock.elapsedMilliseconds() - current;
      if (age > bound) return turns.take().then(() => answer(query));
      if (age > bound / 2 && !turns.busy) refreshSoon();
      return answer(query);
    },

    async recordFirstUse(certificate, at) {
      await certificates.recordFirstUse(certificate, at);
      firstUses.set(certificate.deviceId, monotonicClock.elapsedMilliseconds());
    },

    refresh: () => turns.take(),

    async listen() {
      if (changes === undefined) return async () => undefined;
      // A wake-up during a turn is worth another one: that turn may have asked before there was news.
      return changes.subscribe(refreshSoon);
    },

    describe: () => ({
      maxStalenessSeconds,
      ageSeconds: current === -Infinity ? null : (monotonicClock.elapsedMilliseconds() - current) / 1000,
      logSequence: follower.sequence,
      revoked: revokedCertificates.size + namedDevices.size + revokedKeys.size,
      indexBytes: revokedCertificates.bytes + namedDevices.bytes + revokedKeys.bytes,
    }),
  };
}
