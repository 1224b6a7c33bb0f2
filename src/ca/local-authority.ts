// ca: imports core, contracts, x509.

import { assertWholeNumber } from '../core/assert-option.js';
import { systemClock, type Clock } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import { systemRandom, type Random } from '../core/random.js';
import type { CertificateAuthority } from '../contracts/certificate-authority.js';
import type { CrlSigner } from '../contracts/crl-signer.js';
import type { OcspSigner } from '../contracts/ocsp-signer.js';
import { createDeviceCertificateProfile } from './device-certificate-profile.js';
import { createDeviceProfileRules } from './device-profile-rules.js';
import { findIssuer } from './find-issuer.js';
import { issueCertificate } from './issue-certificate.js';
import { MAX_BACKDATE_SECONDS, MAX_CRL_SHARDS } from './limits.js';
import { createLocalIssuer, type LocalIssuer, type LocalIssuerOptions } from './local-issuer.js';
import { prepareCertificate } from './prepare-certificate.js';
import { createRandomPool } from './random-pool.js';
import { signCrl } from './sign-crl.js';
import { signOcsp } from './sign-ocsp.js';
import { createStatusUrls } from './status-urls.js';

/** How an authority in this process works. */
export interface LocalAuthorityOptions {
  /**
   * The CA that signs new certificates comes first. After it come former ones, as long as certificates of theirs live: they
   * sign CRLs and OCSP answers, and finish what was prepared when they were current.
   */
  readonly issuers: readonly [LocalIssuerOptions, ...LocalIssuerOptions[]];
  /**
   * Public base URL of the status listener, `http://...`: CRLs are at `/crl/<issuer>/<shard>.crl` below it. It stands in every
   * certificate, so it must stay reachable for as long as the last of them lives.
   */
  readonly statusUrl: string;
  /**
   * Into how many shards the CRL of an issuer is cut, 1 to 1,000,000. Default 128: with 35 octets for a revoked certificate, four
   * million can be revoked at the same time before a shard is above 1 MB. A certificate keeps the shard it was issued
   * with. More shards may be added at any time; only new certificates use them. Fewer must not be published before the
   * last certificate of the others has ended.
   */
  readonly crlShards?: number;
  /** By how many seconds the start of a certificate is set back, 0 to 3600, for relying parties whose clock is late. Default 300. */
  readonly backdateSeconds?: number;
  /** Whether certificates name `<statusUrl>/ocsp` as their OCSP responder. Default `false`. */
  readonly ocsp?: boolean;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** An authority that holds its keys itself, or has them in reach through a {@link SigningKey}. */
export interface LocalAuthority extends CertificateAuthority, CrlSigner, OcspSigner {
  /** Into how many shards it cuts its CRLs. */
  readonly crlShards: number;
}

/**
 * Makes an authority that signs in this process. `prepare` builds a certificate and lints its bytes; `issue` lints the bytes
 * that it is given once more, for they may come back from a store, and only then uses the key.
 *
 * @throws ConfigurationError if a key does not belong to its certificate, a certificate is not that of a CA which may sign
 *   certificates and CRLs (see {@link createLocalIssuer}), the current one has ended, an issuer comes twice, or another option
 *   is out of bounds
 */
export function createLocalAuthority(options: LocalAuthorityOptions): LocalAuthority {
  const { crlShards = 128, backdateSeconds = 300, ocsp = false } = options;
  const { clock = systemClock, random = systemRandom } = options;
  assertWholeNumber('crlShards', crlShards, 1, MAX_CRL_SHARDS);
  assertWholeNumber('backdateSeconds', backdateSeconds, 0, MAX_BACKDATE_SECONDS);
  const urls = createStatusUrls(options.statusUrl);
  const [currentOptions, ...formerOptions] = options.issuers;
  const current = createLocalIssuer(currentOptions, 'issuers[0]');
  if (current.certificate.notAfter.getTime() <= clock.now().getTime()) {
    throw new ConfigurationError('issuers[0].certificate', { message: 'has ended' });
  }
  const former = formerOptions.map((issuer, index) => createLocalIssuer(issuer, `issuers[${index + 1}]`));
  const issuers = indexById([current, ...former]);
  const rules = new Map(
    [...issuers].map(([issuerId, issuer]) => [issuerId, createDeviceProfileRules(issuer, urls, { ocsp })]),
  );
  const preparation = {
    rules: findIssuer(rules, current.published.issuerId),
    profile: createDeviceCertificateProfile(current, urls, { ocsp }),
    crlShards,
    backdateSeconds,
    random: createRandomPool(random),
  };

  return {
    issuers: [current.published, ...former.map(({ published }) => published)],
    crlShards,
    prepare: async (request) => prepareCertificate(request, preparation),
    issue: (prepared) => issueCertificate(prepared, rules),
    signCrl: (request) => signCrl(request, { issuers, urls }),
    signOcsp: (request) => signOcsp(request, { issuers }),
  };
}

function indexById(issuers: readonly LocalIssuer[]): ReadonlyMap<string, LocalIssuer> {
  const byId = new Map<string, LocalIssuer>();
  for (const [index, issuer] of issuers.entries()) {
    const { issuerId } = issuer.published;
    if (byId.has(issuerId)) {
      throw new ConfigurationError(`issuers[${index}]`, {
        message: 'has the same key identifier as another issuer',
      });
    }
    byId.set(issuerId, issuer);
  }
  return byId;
}
