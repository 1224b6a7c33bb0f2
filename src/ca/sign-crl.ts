// ca: imports core, contracts, x509.

import type { CrlRequest } from '../contracts/crl-signer.js';
import { encodeCrl } from '../x509/encode-crl.js';
import { authorityUnavailable } from './authority-unavailable.js';
import { MAX_CRL_SHARDS } from './limits.js';
import { findIssuer } from './find-issuer.js';
import type { LocalIssuer } from './local-issuer.js';
import type { StatusUrls } from './status-urls.js';

/** What a CRL is signed with. */
export interface SignCrlOptions {
  readonly issuers: ReadonlyMap<string, LocalIssuer>;
  readonly urls: StatusUrls;
}

/**
 * Signs a CRL. The list of a shard carries a critical issuingDistributionPoint with the URL that is in the certificates of the
 * shard, so that it cannot stand in for another shard's.
 *
 * A delta CRL carries the distribution point of the list that it belongs to: both have the same scope (RFC 5280 section 5.2.4).
 *
 * The list of all shards is for programs that do not process that extension. NSS refuses any list that has it. GnuTLS reads it and
 * does not compare it, so that it would take the list of one shard for another certificate's: it must never be given one.
 *
 * @throws UnavailableError `authority_unavailable`
 */
export async function signCrl(request: CrlRequest, { issuers, urls }: SignCrlOptions): Promise<Uint8Array> {
  const { issuerId, shard, number, thisUpdate, nextUpdate, deltaBase, namesDelta, entries } = request;
  const { certificate, key, keyIdentifier } = findIssuer(issuers, issuerId);
  if (shard !== null && !(Number.isInteger(shard) && shard >= 0 && shard < MAX_CRL_SHARDS)) {
    throw authorityUnavailable('there is no such CRL shard');
  }
  const content = {
    issuer: certificate.subject,
    authorityKeyIdentifier: keyIdentifier,
    number,
    thisUpdate,
    nextUpdate,
    entries,
    ...(shard === null ? {} : { distributionPoint: urls.crl(issuerId, shard) }),
    ...(deltaBase === null ? {} : { deltaBase }),
    ...(namesDelta ? { freshestCrl: urls.deltaCrl(issuerId, shard) } : {}),
  };
  try {
    return await encodeCrl(content, key);
  } catch (cause) {
    throw authorityUnavailable('the CRL could not be signed', cause);
  }
}
