// revocation: imports core, contracts, x509.

import { assertWholeNumber } from '../core/assert-option.js';
import { type BoundedCache, createBoundedCache } from '../core/bounded-cache.js';
import { encodeHex, sha256Hex } from '../core/bytes.js';
import { systemClock, type Clock } from '../core/clock.js';
import { ConfigurationError, MalformedError, UnavailableError } from '../core/errors.js';
import type { CertificateAuthority } from '../contracts/certificate-authority.js';
import type { CertificateStatusSource } from '../contracts/certificate-status.js';
import type { CertificateStore } from '../contracts/certificate-store.js';
import type { OcspSigner, OcspSingleResponse, OcspStatus } from '../contracts/ocsp-signer.js';
import type { RevocationQuery } from '../contracts/revocation-store.js';
import { encodeOcspError, type OcspErrorStatus } from '../x509/encode-ocsp.js';
import { type OcspCertId, parseOcspRequest, type ParsedOcspRequest } from '../x509/ocsp-request.js';
import { createOcspIssuers } from './ocsp-issuers.js';
import { findOcspStatus, isSameOcspStatus } from './ocsp-status.js';

/** How questions about single certificates are answered. */
export interface OcspResponderOptions {
  readonly authority: Pick<CertificateAuthority, 'issuers'> & OcspSigner;
  readonly certificates: Pick<CertificateStore, 'find'>;
  /** Asked for every certificate in every request, so that a revocation is in the next answer. */
  readonly status: Pick<CertificateStatusSource, 'find'>;
  /** How long a relying party may keep an answer (`nextUpdate`), in seconds, 60 to 7 days. Default 3600. */
  readonly lifetimeSeconds?: number;
  /** How long a cache on the way may serve it, in seconds, 1 to 3600. Default 5. */
  readonly refreshSeconds?: number;
  /** How many signed answers are kept, of about 2 kB each, 2 to 10,000,000. Default 20,000. */
  readonly cacheCapacity?: number;
  readonly clock?: Clock;
}

/** How long an answer may be kept on its way. */
export interface OcspCaching {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** For how many seconds a cache may serve it. */
  readonly maxAgeSeconds: number;
  /** SHA-256 of the answer, lower-case hex. */
  readonly etag: string;
}

/** What goes back to the client. */
export interface OcspAnswer {
  /** DER OCSPResponse. */
  readonly response: Uint8Array;
  /** `null`: for this client alone, and now. */
  readonly cacheable: OcspCaching | null;
}

/** Answers OCSP requests. */
export interface OcspResponder {
  /**
   * Answers a DER OCSPRequest. What keeps it from an answer is told the client in OCSP's own words (RFC 6960 section 2.3):
   * `malformedRequest`; `unauthorized` for certificates of other issuers; `tryLater` if a store or the key could not be asked.
   */
  respond(der: Uint8Array): Promise<OcspAnswer>;
}

/** A signed answer, and what it rests on. */
interface KeptAnswer extends OcspAnswer {
  readonly cacheable: OcspCaching;
  readonly status: OcspStatus;
  readonly query: RevocationQuery;
}

/** What is to be said of a certificate; `query` is `null` if it was never issued. */
interface FoundStatus {
  readonly status: OcspStatus;
  readonly query: RevocationQuery | null;
}

const NEVER_ISSUED: FoundStatus = { status: { status: 'unknown' }, query: null };

/**
 * Makes an OCSP responder for all issuers of an authority (RFC 6960). Answers to a single question without a nonce are signed
 * once and kept (RFC 5019), for half their life at most, and only for as long as the status is still the same.
 *
 * @throws ConfigurationError if an option is out of bounds
 */
export function createOcspResponder(options: OcspResponderOptions): OcspResponder {
  const { authority, certificates, status: source, clock = systemClock } = options;
  const { lifetimeSeconds = 3600, refreshSeconds = 5, cacheCapacity = 20_000 } = options;
  assertWholeNumber('lifetimeSeconds', lifetimeSeconds, 60, 7 * 24 * 3600);
  assertWholeNumber('refreshSeconds', refreshSeconds, 1, 3600);
  assertWholeNumber('cacheCapacity', cacheCapacity, 2, 10_000_000);
  if (lifetimeSeconds <= 2 * refreshSeconds) {
    throw new ConfigurationError('lifetimeSeconds', { message: 'must be more than twice refreshSeconds' });
  }
  const issuers = createOcspIssuers(authority.issuers);
  const kept: BoundedCache<KeptAnswer> = createBoundedCache(cacheCapacity);

  async function findStatus(issuerId: string, { serialNumber }: OcspCertId): Promise<FoundStatus> {
    const record = await certificates.find({ by: 'name', issuerId, serialNumber });
    // Of a mere intent nobody has the certificate.
    if (record === null || record.issuedAt === null) return NEVER_ISSUED;
    const { deviceId, publicKeySha256 } = record;
    const query = { issuerId, serialNumber, deviceId, publicKeySha256 };
    return { status: findOcspStatus((await source.find(query)).revocation), query };
  }

  /** The kept answer, if it is young enough and still true. */
  async function findKept(name: string, now: Date): Promise<KeptAnswer | null> {
    const answer = kept.get(name);
    if (answer === undefined) return null;
    const age = now.getTime() - answer.cacheable.thisUpdate.getTime();
    if (!(age >= 0 && age < (lifetimeSeconds * 1000) / 2)) return null;
    const { revocation } = await source.find(answer.query);
    return isSameOcspStatus(findOcspStatus(revocation), answer.status) ? answer : null;
  }

  /** Signs an answer, and keeps it under that name, if it has one. */
  async function sign(
    issuerId: string,
    { certIds, nonce }: ParsedOcspRequest,
    { name, now }: { readonly name: string | null; readonly now: Date },
  ): Promise<OcspAnswer> {
    const thisUpdate = new Date(Math.floor(now.getTime() / 1000) * 1000);
    const nextUpdate = new Date(thisUpdate.getTime() + lifetimeSeconds * 1000);
    const responses: OcspSingleResponse[] = [];
    let found = NEVER_ISSUED;
    for (const certId of certIds) {
      found = await findStatus(issuerId, certId);
      responses.push({ certId: certId.der, status: found.status, thisUpdate, nextUpdate });
    }
    const response = await authority.signOcsp({ issuerId, responses, producedAt: now, nonce });
    const { status, query } = found;
    // What was never issued may be issued yet; and strangers must not push out what devices are asked about.
    if (name === null || query === null) return { response, cacheable: null };
    const etag = sha256Hex(response);
    const cacheable = { thisUpdate, nextUpdate, maxAgeSeconds: refreshSeconds, etag };
    const answer = { response, cacheable, status, query };
    kept.set(name, answer);
    return answer;
  }

  async function answer(der: Uint8Array): Promise<OcspAnswer> {
    const request = parseOcspRequest(der);
    const [issuerId = null, ...others] = new Set(request.certIds.map((certId) => issuers.find(certId)));
    // One key signs an answer, and it speaks for one issuer.
    if (issuerId === null || others.length > 0) return refuse('unauthorized');
    const now = clock.now();
    const name = nameOf(request);
    const known = name === null ? null : await findKept(name, now);
    return known ?? (await sign(issuerId, request, { name, now }));
  }

  return {
    async respond(der) {
      try {
        return await answer(der);
      } catch (error) {
        if (error instanceof MalformedError) return refuse('malformedRequest');
        if (error instanceof UnavailableError) return refuse('tryLater');
        throw error;
      }
    },
  };
}

/** Under which name the answer is kept: that of the one question, which everyone asks in the same way; `null` for none. */
function nameOf({ certIds, nonce }: ParsedOcspRequest): string | null {
  const [only, ...others] = certIds;
  return nonce === null && only !== undefined && others.length === 0 ? encodeHex(only.der) : null;
}

function refuse(status: OcspErrorStatus): OcspAnswer {
  return { response: encodeOcspError(status), cacheable: null };
}
