// revocation: imports core, contracts, x509.

import { DeviceTrustError, UnavailableError } from '../core/errors.js';
import type { CertificateAuthority } from '../contracts/certificate-authority.js';
import type { CrlSigner } from '../contracts/crl-signer.js';
import type { CrlBase, StoredCrl } from '../contracts/crl-store.js';
import type { CrlScope, RevokedCertificate, RevokedCertificates } from '../contracts/revoked-certificates.js';
import { parseCertificate } from '../x509/certificate.js';
import { parseCrl, type Crl } from '../x509/crl.js';
import { hasValidSignature } from '../x509/signature-algorithm.js';

/** What list to make. */
export interface BuildCrlRequest {
  readonly scope: CrlScope;
  /** The list that it follows; `null` for the first. */
  readonly former: StoredCrl | null;
  /** Position of the latest entry of the scope, read before this was called. */
  readonly lastRevoked: number;
  readonly now: Date;
  readonly lifetimeSeconds: number;
  /** Whether a delta CRL goes with it. */
  readonly deltas: boolean;
}

const PAGE = 10_000;

/**
 * Makes a list, and its delta if asked for, and reads both back before anybody gets them.
 *
 * A certificate that has ended leaves the list once it has been on one made after its end (RFC 5280 section 3.3): so
 * those stay that ended after the former list was made.
 *
 * @throws UnavailableError `store_unavailable`; `authority_unavailable` if it could not be signed, or what was signed is not what
 *   was asked for
 */
export async function buildCrl(
  request: BuildCrlRequest,
  {
    authority,
    revocations,
  }: {
    readonly authority: Pick<CertificateAuthority, 'issuers'> & CrlSigner;
    readonly revocations: RevokedCertificates;
  },
): Promise<StoredCrl> {
  const { scope, former, lastRevoked, now, lifetimeSeconds, deltas } = request;
  const thisUpdate = new Date(Math.floor(now.getTime() / 1000) * 1000);
  const nextUpdate = new Date(thisUpdate.getTime() + lifetimeSeconds * 1000);
  const number = nextNumber(former, now);
  const notAfterFrom = former === null || former.thisUpdate > now ? now : former.thisUpdate;

  const base = deltas ? chooseBase(former, now, lifetimeSeconds) : null;

  async function sign(afterSequence: number, deltaBase: bigint | null) {
    let entryCount = 0;
    let logSequence = Math.max(lastRevoked, afterSequence);
    async function* entries(): AsyncGenerator<readonly RevokedCertificate[]> {
      let from = afterSequence;
      for (;;) {
        const page = await revocations.listRevoked({
          ...scope,
          notAfterFrom,
          afterSequence: from,
          limit: PAGE,
        });
        yield page;
        entryCount += page.length;
        from = page.at(-1)?.sequence ?? from;
        logSequence = Math.max(logSequence, from);
        if (page.length < PAGE) return;
      }
    }
    const crl = await authority.signCrl({
      issuerId: scope.issuerId,
      shard: scope.crlShard,
      number,
      thisUpdate,
      nextUpdate,
      deltaBase,
      namesDelta: base !== null && deltaBase === null,
      entries: entries(),
    });
    readBack(crl, { scope, number, entryCount, deltaBase }, authority);
    return { crl, entryCount, logSequence };
  }

  const { crl, entryCount, logSequence } = await sign(0, null);
  const delta = base && (await sign(base.logSequence, base.number));
  return {
    ...scope,
    number,
    thisUpdate,
    nextUpdate,
    logSequence,
    entryCount,
    bytes: crl.length,
    crl,
    deltaCrl: delta?.crl ?? null,
    base,
  };
}

/**
 * The time of day in milliseconds, or one more than before if that is higher. By the time of day, so that the numbers grow even
 * if the store that remembers them is lost (RFC 5280 section 5.2.3).
 */
function nextNumber(former: StoredCrl | null, now: Date): bigint {
  const time = BigInt(now.getTime());
  return former !== null && former.number >= time ? former.number + 1n : time;
}

/** The former base for as long as a relying party may have it at hand, then the former list; the first list has none. */
function chooseBase(former: StoredCrl | null, now: Date, lifetimeSeconds: number): CrlBase | null {
  if (former === null) return null;
  const { base, number, thisUpdate, logSequence } = former;
  const isYoung = base !== null && now.getTime() - base.thisUpdate.getTime() < (lifetimeSeconds * 1000) / 2;
  return isYoung ? base : { number, thisUpdate, logSequence };
}

/** Whoever signed it: what is published is well formed, signed by the issuer, and the list that was asked for. */
function readBack(
  der: Uint8Array,
  expected: {
    readonly scope: CrlScope;
    readonly number: bigint;
    readonly entryCount: number;
    readonly deltaBase: bigint | null;
  },
  authority: Pick<CertificateAuthority, 'issuers'>,
): void {
  const { scope, number, entryCount, deltaBase } = expected;
  const issuer = authority.issuers.find(({ issuerId }) => issuerId === scope.issuerId);
  let crl: Crl;
  let isSigned: boolean;
  try {
    crl = parseCrl(der);
    const { signatureAlgorithm: algorithm, tbs: signed, signature } = crl;
    const publicKey = issuer && parseCertificate(issuer.certificate).publicKey;
    isSigned =
      algorithm !== null &&
      publicKey !== undefined &&
      hasValidSignature({ algorithm, signed, signature }, publicKey);
  } catch (cause) {
    if (!(cause instanceof DeviceTrustError)) throw cause;
    throw new UnavailableError('authority_unavailable', { message: 'the signed CRL cannot be read', cause });
  }
  const isAsAsked =
    crl.number === number &&
    crl.deltaBase === deltaBase &&
    crl.entryCount === entryCount &&
    (crl.issuingDistributionPoint === null) === (scope.crlShard === null);
  if (isSigned && isAsAsked) return;
  throw new UnavailableError('authority_unavailable', {
    message: 'the signed CRL is not what was asked for',
  });
}
