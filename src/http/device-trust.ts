// http: imports core, contracts and the use cases.

import type { Clock } from '../core/clock.js';
import type { Random } from '../core/random.js';
import { createTierScale, type TierScale } from '../core/tier-scale.js';
import type { AccessTokenVerifier } from '../contracts/access-token-verifier.js';
import type { CertificateAuthority } from '../contracts/certificate-authority.js';
import type { CertificateStore } from '../contracts/certificate-store.js';
import type { CrlSigner } from '../contracts/crl-signer.js';
import type { EventSink } from '../contracts/event-sink.js';
import type { IntegrityProvider } from '../contracts/integrity-provider.js';
import type { Policy } from '../contracts/policy.js';
import type { ReplayStore } from '../contracts/replay-store.js';
import type { RevocationStore } from '../contracts/revocation-store.js';
import { createAuthenticator, type Authenticator } from '../authentication/authenticator.js';
import { createChallenges, type ChallengesOptions } from '../enrolment/challenge.js';
import { createEnrolment, type Enrolment } from '../enrolment/enrolment.js';
import { createCrlPublisher } from '../revocation/crl-publisher.js';
import { createRevocationDesk, type RevocationDesk } from '../revocation/revocation-desk.js';
import { createAdminHandler } from './admin-handler.js';
import { createEnrolmentHandler } from './enrolment-handler.js';
import type { HttpHandler } from './http-message.js';
import type { ProblemOptions } from './problem.js';
import { createStatusHandler } from './status-handler.js';

/** All three stores; one package makes them all over one connection. */
export interface Stores {
  readonly certificates: CertificateStore;
  readonly revocations: RevocationStore;
  readonly replays: ReplayStore;
}

/** Everything a backend chooses. */
export interface DeviceTrustOptions extends ProblemOptions {
  /** Secrets of the challenges, shared by all replicas, newest first; each at least 32 bytes. */
  readonly challengeSecrets: ChallengesOptions['secrets'];
  /** Default 300. */
  readonly challengeLifetimeSeconds?: number;
  readonly providers: readonly IntegrityProvider[];
  readonly policy: Policy;
  readonly authority: CertificateAuthority & CrlSigner & { readonly crlShards: number };
  /** Certificates of the CAs of bootstrap certificates, PEM or DER. */
  readonly bootstrapIssuers: readonly (string | Uint8Array)[];
  readonly stores: Stores;
  readonly accessTokens: AccessTokenVerifier;
  /** Default: `none`, `basic`, `device`, `strong`. Must be the scale that the policy was made with. */
  readonly tiers?: TierScale;
  /** Default 30 days. */
  readonly graceSeconds?: number;
  /** @deprecated Dangerous: see `EnrolmentOptions`. */
  readonly dangerouslyBindToChallengeOnly?: readonly string[];
  /** Opens the administrative endpoints. Default: they are off. */
  readonly adminToken?: string;
  /** Where the endpoints are. Default `/device-trust/v1`. */
  readonly basePath?: string;
  /** Takes the audit trail. Default: nobody. */
  readonly events?: EventSink;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The whole library, put together. Each part can also be made on its own. */
export interface DeviceTrust {
  readonly enrolment: Enrolment;
  readonly authenticator: Authenticator;
  readonly revocation: RevocationDesk;
  /** For the mTLS listener: the endpoints for devices, and those for administrators if there is a token. */
  readonly handler: HttpHandler;
  /** For the status listener: CRLs and issuer certificates. */
  readonly statusHandler: HttpHandler;
}

/**
 * Puts the library together from the contracts.
 *
 * @throws ConfigurationError if an option of a part is missing, contradictory or unsafe
 */
export function createDeviceTrust(options: DeviceTrustOptions): DeviceTrust {
  const { authority, stores, tiers = createTierScale(), challengeLifetimeSeconds, adminToken } = options;
  const parts = { ...options, ...stores, tiers };
  const challenges = createChallenges({
    ...options,
    secrets: options.challengeSecrets,
    ...(challengeLifetimeSeconds === undefined ? {} : { lifetimeSeconds: challengeLifetimeSeconds }),
  });
  const enrolment = createEnrolment({ ...parts, challenges });
  const authenticator = createAuthenticator({
    ...parts,
    deviceIssuers: authority.issuers.map(({ certificate }) => certificate),
  });
  const revocation = createRevocationDesk(parts);
  const devices = createEnrolmentHandler({ ...options, enrolment, authenticator });
  const admin =
    adminToken === undefined ? null : createAdminHandler({ ...options, desk: revocation, token: adminToken });
  const crls = createCrlPublisher({ ...parts, shards: authority.crlShards });
  return {
    enrolment,
    authenticator,
    revocation,
    handler: {
      handle: async (request) => (await devices.handle(request)) ?? (await admin?.handle(request)) ?? null,
    },
    statusHandler: createStatusHandler({ authority, crls }),
  };
}
