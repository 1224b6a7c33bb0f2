// http: imports core, contracts and the use cases.

import type { Clock, MonotonicClock } from '../core/clock.js';
import type { Random } from '../core/random.js';
import { createTierScale, type TierScale } from '../core/tier-scale.js';
import type { AccessTokenVerifier } from '../contracts/access-token-verifier.js';
import type { CertificateAuthority } from '../contracts/certificate-authority.js';
import type { CrlSigner } from '../contracts/crl-signer.js';
import type { OcspSigner } from '../contracts/ocsp-signer.js';
import type { EventSink } from '../contracts/event-sink.js';
import type { IntegrityProvider } from '../contracts/integrity-provider.js';
import type { PeerCertificateSource } from '../contracts/peer-certificate.js';
import type { Policy } from '../contracts/policy.js';
import type { RateLimiter } from '../contracts/rate-limiter.js';
import type { HighWaterMark } from '../contracts/high-water-mark.js';
import type { Stores } from '../contracts/stores.js';
import type { TokenBindingPolicy } from '../contracts/token-binding.js';
import { createAuditTrail } from '../audit/audit-trail.js';
import { createAuthenticator, type Authenticator } from '../authentication/authenticator.js';
import {
  createBootstrapGuard,
  type BootstrapGuard,
  type BootstrapGuardOptions,
} from '../enrolment/bootstrap-guard.js';
import { createChallenges, type ChallengesOptions } from '../enrolment/challenge.js';
import { createEnrolment, type Enrolment } from '../enrolment/enrolment.js';
import type { OutagePolicy } from '../enrolment/outage-policy.js';
import { createRenewalOrders, type RenewalOrders } from '../enrolment/renewal-orders.js';
import { createTokenBucketLimiter } from '../enrolment/token-bucket-limiter.js';
import {
  createCrlPublisher,
  type CrlPublisher,
  type CrlPublisherOptions,
} from '../revocation/crl-publisher.js';
import {
  createOcspResponder,
  type OcspResponder,
  type OcspResponderOptions,
} from '../revocation/ocsp-responder.js';
import { createRevocationDesk, type RevocationDesk } from '../revocation/revocation-desk.js';
import { createStatusCache, type StatusCache } from '../revocation/status-cache.js';
import { createAdminHandler } from './admin-handler.js';
import { createEnrolmentHandler } from './enrolment-handler.js';
import type { HttpHandler } from './http-message.js';
import type { ProblemOptions } from './problem.js';
import { createStatusHandler } from './status-handler.js';

/** Everything a backend chooses. */
export interface DeviceTrustOptions extends ProblemOptions {
  /** Secrets of the challenges, shared by all replicas, newest first; each at least 32 bytes. */
  readonly challengeSecrets: ChallengesOptions['secrets'];
  /** Default 300. */
  readonly challengeLifetimeSeconds?: number;
  readonly providers: readonly IntegrityProvider[];
  readonly policy: Policy;
  readonly authority: CertificateAuthority & CrlSigner & OcspSigner & { readonly crlShards: number };
  /** Certificates of the CAs of bootstrap certificates, PEM or DER. */
  readonly bootstrapIssuers: readonly (string | Uint8Array)[];
  /** A store package makes them: `device-trust/postgres`, `/redis`, `/sqlite`, `/memory`. */
  readonly stores: Stores;
  /** Where client certificates come from: {@link directTls}, or one kind of proxy from `device-trust/proxy`. */
  readonly peerCertificates: PeerCertificateSource;
  readonly accessTokens: AccessTokenVerifier;
  /** Whether an access token must name the device that presents it: {@link createTokenBindingPolicy}. */
  readonly tokenBinding: TokenBindingPolicy;
  /** Default: `none`, `basic`, `device`, `strong`. Must be the scale that the policy was made with. */
  readonly tiers?: TierScale;
  /** Default 30 days. */
  readonly graceSeconds?: number;
  /** The same for a tier where it is another; see `EnrolmentOptions`. */
  readonly graceSecondsByTier?: Readonly<Record<string, number>>;
  /** @deprecated Dangerous: see `EnrolmentOptions`. */
  readonly dangerouslyBindToChallengeOnly?: readonly string[];
  /** Providers that are tried out, and refuse nobody outside of the enforced share; see `EnrolmentOptions`. */
  readonly observeProviders?: Readonly<Record<string, { readonly enforcePercent?: number }>>;
  /** Which app releases may no longer enrol, and when their use is alarming. Default: all may; see {@link BootstrapAlarm}. */
  readonly bootstrap?: Pick<BootstrapGuardOptions, 'retirements' | 'alarm'>;
  /** What is still issued while a vendor cannot be asked: {@link createOutagePolicy}. Default: `null`, nothing. */
  readonly outage?: OutagePolicy | null;
  /**
   * Bounds how often the enrolment endpoints are asked. Default: {@link createTokenBucketLimiter} over the stores; `null` for no
   * bound.
   */
  readonly limiter?: RateLimiter | null;
  /** Text of the OpenAPI document to serve to clients: that of `device-trust/openapi.yaml`. Default: none is served. */
  readonly openApi?: string;
  /** Opens the administrative endpoints. Default: they are off. */
  readonly adminToken?: string;
  /** Where the endpoints are. Default `/device-trust/v1`. */
  readonly basePath?: string;
  /**
   * Gets each event once it is in the audit trail of the store (refused application requests: only here): your log, metrics,
   * alarms. What it rejects does not happen. Default: nobody.
   */
  readonly events?: EventSink;
  /**
   * The bound of revocation: what any replica revoked longer ago than this is not admitted by this one, in seconds, 0 to 300. With
   * 0 the store is asked on each request. Default 5.
   */
  readonly maxStalenessSeconds?: number;
  /** How CRLs are published. Defaults: see {@link CrlPublisherOptions}. */
  readonly crls?: Pick<CrlPublisherOptions, 'refreshSeconds' | 'lifetimeSeconds' | 'deltas'>;
  /** How OCSP questions are answered. Defaults: see {@link OcspResponderOptions}. */
  readonly ocsp?: Pick<OcspResponderOptions, 'lifetimeSeconds' | 'refreshSeconds' | 'cacheCapacity'>;
  /**
   * Tells after a restart too that the store was restored from an older backup: {@link createFileHighWaterMark}. Default: told
   * only while running.
   */
  readonly highWaterMark?: HighWaterMark;
  readonly clock?: Clock;
  readonly monotonicClock?: MonotonicClock;
  readonly random?: Random;
}

/** The whole library, put together. Each part can also be made on its own. */
export interface DeviceTrust {
  readonly enrolment: Enrolment;
  readonly authenticator: Authenticator;
  readonly revocation: RevocationDesk;
  /** Calls devices in to renew early. */
  readonly renewals: RenewalOrders;
  /** Watches over the bootstrap certificates. */
  readonly bootstrap: BootstrapGuard;
  /** What this replica knows of revocations, and how current that is. */
  readonly status: StatusCache;
  readonly crls: CrlPublisher;
  readonly ocsp: OcspResponder;
  /** For the mTLS listener: the endpoints for devices, and those for administrators if there is a token. */
  readonly handler: HttpHandler;
  /** For the status listener: CRLs, OCSP and issuer certificates. */
  readonly statusHandler: HttpHandler;
  /**
   * Reads the revocation log and listens for news of other replicas. Call it before the first request: without it, the first
   * one waits for the log to be read, and news travels only when half of the bound has passed.
   *
   * @throws UnavailableError `store_unavailable`, `store_rolled_back`
   */
  start(): Promise<void>;
  /** Stops listening. The stores are yours to close. */
  close(): Promise<void>;
}

/**
 * Puts the library together from the contracts.
 *
 * @throws ConfigurationError if an option of a part is missing, contradictory or unsafe
 */
export function createDeviceTrust(options: DeviceTrustOptions): DeviceTrust {
  const { authority, stores, tiers = createTierScale(), challengeLifetimeSeconds, adminToken } = options;
  const sink = options.events;
  const events = createAuditTrail({ audit: stores.audit, ...(sink === undefined ? {} : { events: sink }) });
  const status = createStatusCache({ ...options, ...stores });
  const parts = { ...options, ...stores, tiers, status, events };
  const challenges = createChallenges({
    ...options,
    secrets: options.challengeSecrets,
    ...(challengeLifetimeSeconds === undefined ? {} : { lifetimeSeconds: challengeLifetimeSeconds }),
  });
  const { limiter = createTokenBucketLimiter(stores) } = options;
  const enrolment = createEnrolment({ ...parts, challenges, limiter });
  const bootstrap = createBootstrapGuard({ ...options.bootstrap, events });
  const renewals = createRenewalOrders(parts);
  const authenticator = createAuthenticator({
    ...parts,
    deviceIssuers: authority.issuers.map(({ certificate }) => certificate),
  });
  const revocation = createRevocationDesk(parts);
  const devices = createEnrolmentHandler({
    ...options,
    enrolment,
    authenticator,
    renewals,
    bootstrap,
    limiter,
    events,
  });
  const admin =
    adminToken === undefined
      ? null
      : createAdminHandler({ ...options, desk: revocation, renewals, bootstrap, status, token: adminToken });
  const crls = createCrlPublisher({ ...parts, ...options.crls, shards: authority.crlShards });
  const ocsp = createOcspResponder({ ...parts, ...options.ocsp });
  let stopListening: (() => Promise<void>) | null = null;
  return {
    enrolment,
    authenticator,
    revocation,
    renewals,
    bootstrap,
    status,
    crls,
    ocsp,
    handler: {
      handle: async (request) => (await devices.handle(request)) ?? (await admin?.handle(request)) ?? null,
    },
    statusHandler: createStatusHandler({ authority, crls, ocsp }),
    async start() {
      stopListening ??= await status.listen();
      await status.refresh();
    },
    async close() {
      await stopListening?.();
      stopListening = null;
    },
  };
}
