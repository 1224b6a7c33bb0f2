// authentication: imports core, contracts, x509.

import { assertWholeNumber } from '../core/assert-option.js';
import { systemClock, type Clock } from '../core/clock.js';
import { DeviceTrustError, RejectedError, UnavailableError } from '../core/errors.js';
import { createTierScale, type TierScale } from '../core/tier-scale.js';
import type { AccessToken, AccessTokenVerifier } from '../contracts/access-token-verifier.js';
import type { CertificateStatusSource } from '../contracts/certificate-status.js';
import type { EventSink } from '../contracts/event-sink.js';
import type { PeerCertificate, PeerCertificateSource, PeerRequest } from '../contracts/peer-certificate.js';
import type { TokenBindingPolicy } from '../contracts/token-binding.js';
import { readBearerToken } from './bearer-token.js';
import type { DeviceRequirement } from './device-requirement.js';
import { createDeviceStatus, type AuthenticatedDevice } from './device-status.js';
import type { DeviceIdentity, PeerIdentity } from './device-identity.js';
import { createPeerIdentities } from './peer-identity.js';
import { readTrustedIssuers, type IssuerCertificates } from './trusted-issuers.js';
import { verifyRequirements } from './verify-requirements.js';

/** What requests are authenticated against. */
export interface AuthenticatorOptions extends IssuerCertificates {
  /** Where client certificates come from: {@link directTls}, or one kind of proxy from `device-trust/proxy`. */
  readonly peerCertificates: PeerCertificateSource;
  /** Tells what has become of a certificate: a {@link createStatusCache}, asked on each request. */
  readonly status: CertificateStatusSource;
  readonly accessTokens: AccessTokenVerifier;
  /** Whether an access token must name the device that presents it: {@link createTokenBindingPolicy}. */
  readonly tokenBinding: TokenBindingPolicy;
  /** Default: `none`, `basic`, `device`, `strong`. */
  readonly tiers?: TierScale;
  /**
   * Most verified certificates to remember, 300 bytes each; status and dates are checked on each request all the same.
   * Default 100,000.
   */
  readonly cacheCapacity?: number;
  /** Takes refused requests. Default: nobody. */
  readonly events?: EventSink;
  readonly clock?: Clock;
}

/** What a route demands besides a good device certificate and a good access token. */
export interface RouteDemands {
  /** Of the device; all of them. Default: nothing. */
  readonly requirements?: readonly DeviceRequirement[];
  /** Of the access token: scopes (RFC 6749 section 3.3) that it must have; all of them. Default: none. */
  readonly scopes?: readonly string[];
}

/** Both answers, kept apart: `device` says nothing about the user, `accessToken` nothing about the device. */
export interface AuthenticatedRequest {
  readonly device: AuthenticatedDevice;
  readonly accessToken: AccessToken;
}

/**
 * Proves who sends a request. Nothing is taken from the state of the connection, nor remembered of it. Each method also throws
 * what the source of the peer certificate throws: `forwarded_certificate_malformed`, `proxy_untrusted`,
 * `forwarded_certificate_unverified`, `forwarded_certificate_missing`.
 */
export interface Authenticator {
  /**
   * Finds out what kind of certificate the client holds: chain to a pinned issuer, profile, start date. Says nothing of
   * expiry or revocation; only the enrolment endpoints may do with so little.
   *
   * @throws RejectedError `client_certificate_required`, `certificate_untrusted` with reasons; for a bootstrap
   *   certificate also `certificate_not_yet_valid`, `certificate_expired`
   */
  identify(request: PeerRequest): PeerIdentity;

  /**
   * Proves the device: everything of {@link Authenticator.identify}, dates, and the status of certificate, device and
   * key. The first use of a new certificate retires the older ones of the device.
   *
   * @param options `graceSeconds`: for how long after its end a certificate of that tier is accepted (for renewal);
   *   default: not at all
   * @throws RejectedError `client_certificate_required`, `device_certificate_required`, `certificate_untrusted`,
   *   `certificate_not_yet_valid`, `certificate_expired`, `certificate_unknown`, `certificate_revoked`,
   *   `certificate_superseded`, `device_suspended`, `device_banned`
   * @throws UnavailableError `store_unavailable`, `store_rolled_back`
   */
  authenticateDevice(
    request: PeerRequest,
    options?: { readonly graceSeconds?: (tier: string) => number },
  ): Promise<AuthenticatedDevice>;

  /**
   * Proves device and access token, and that both are what the route demands.
   *
   * @throws RejectedError those of {@link Authenticator.authenticateDevice}, `tier_insufficient`, `evidence_insufficient`,
   *   `access_token_missing`, `access_token_invalid`, `access_token_unbound`, `access_token_binding_mismatch`,
   *   `access_token_scope_insufficient`
   * @throws UnavailableError `store_unavailable`, `store_rolled_back`, `policy_unavailable`,
   *   `access_token_keys_unavailable`, `access_token_introspection_unavailable`, `audit_unavailable`
   * @throws ConfigurationError if a requirement names a tier that the scale has not
   */
  authenticate(request: PeerRequest, demands?: RouteDemands): Promise<AuthenticatedRequest>;

  /**
   * Trusts these issuers from now on, and no others: a CA is added before it signs, and taken away when its last certificate has
   * ended. Everything remembered is verified anew.
   *
   * @throws ConfigurationError as {@link createAuthenticator}; the former issuers stay
   */
  replaceIssuers(issuers: IssuerCertificates): void;
}

/** @throws ConfigurationError if an issuer is not a CA certificate, or no device issuer is given */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const {
    peerCertificates,
    accessTokens,
    tokenBinding,
    events,
    clock = systemClock,
    tiers = createTierScale(),
    cacheCapacity = 100_000,
  } = options;
  assertWholeNumber('cacheCapacity', cacheCapacity, 2, 10_000_000);
  const trust = (issuers: IssuerCertificates) =>
    createPeerIdentities({ issuers: readTrustedIssuers(issuers), tiers, cacheCapacity });
  let identities = trust(options);
  const status = createDeviceStatus(options.status);

  function verifyDevice(
    peer: PeerCertificate | null,
    now: Date,
    graceSeconds: (tier: string) => number,
  ): AuthenticatedDevice | Promise<AuthenticatedDevice> {
    const identity = identities.identify(peer, now);
    if (identity.kind === 'bootstrap') {
      throw new RejectedError('device_certificate_required', {
        message: 'a bootstrap certificate is no device',
      });
    }
    assertInTime(identity, now, graceSeconds);
    return status.verify(identity, now);
  }

  async function prove(request: PeerRequest, demands: RouteDemands): Promise<AuthenticatedRequest> {
    const now = clock.now();
    const peer = peerCertificates.readPeerCertificate(request);
    const device = await verifyDevice(peer, now, noGrace);
    await verifyRequirements(demands.requirements ?? [], { device, tiers, now });
    const accessToken = await accessTokens.verify(readBearerToken(request.rawHeaders), now);
    const { deviceId, publicKeySha256 } = device;
    const certificate = peer?.certificate ?? new Uint8Array();
    tokenBinding.verify(accessToken, { deviceId, publicKeySha256, certificate });
    assertScopes(accessToken, demands.scopes ?? []);
    return { device, accessToken };
  }

  async function recordRefusal(error: unknown, request: PeerRequest, sink: EventSink): Promise<void> {
    if (!(error instanceof DeviceTrustError)) return;
    const identity = describePeer(request);
    const reasons = error instanceof RejectedError ? error.reasons : [];
    try {
      await sink.record({ type: 'request_refused', at: clock.now(), ...identity, code: error.code, reasons });
    } catch (cause) {
      throw new UnavailableError('audit_unavailable', {
        message: 'the event sink did not take the event',
        cause,
      });
    }
  }

  function describePeer(request: PeerRequest) {
    try {
      const identity = identify(request);
      if (identity.kind === 'device')
        return { deviceId: identity.deviceId, serialNumber: identity.serialNumber };
    } catch {
      // What could not be identified is recorded as unknown; the error itself is on its way to the caller.
    }
    return { deviceId: null, serialNumber: null };
  }

  function identify(request: PeerRequest): PeerIdentity {
    return identities.identify(peerCertificates.readPeerCertificate(request), clock.now());
  }

  return {
    identify,
    async authenticateDevice(request, { graceSeconds = noGrace } = {}) {
      return verifyDevice(peerCertificates.readPeerCertificate(request), clock.now(), graceSeconds);
    },
    async authenticate(request, demands = {}) {
      try {
        return await prove(request, demands);
      } catch (error) {
        if (events) await recordRefusal(error, request, events);
        throw error;
      }
    },
    replaceIssuers(issuers) {
      identities = trust(issuers);
    },
  };
}

const noGrace = () => 0;

function assertInTime(identity: DeviceIdentity, now: Date, graceSeconds: (tier: string) => number): void {
  const time = now.getTime();
  if (time < identity.notBefore.getTime()) {
    throw new RejectedError('certificate_not_yet_valid', { message: 'the certificate is not valid yet' });
  }
  const end = identity.notAfter.getTime();
  if (time <= end) return;
  const grace = graceSeconds(identity.tier);
  if (time <= end + grace * 1000) return;
  throw new RejectedError('certificate_expired', {
    message: 'the certificate has expired',
    // Past its grace there is nothing to renew: the client starts afresh.
    action: graceSeconds === noGrace ? 'renew' : 'reenroll',
  });
}

function assertScopes({ scopes }: AccessToken, demanded: readonly string[]): void {
  if (demanded.every((scope) => scopes.includes(scope))) return;
  throw new RejectedError('access_token_scope_insufficient', {
    message: 'the access token lacks a scope that the route demands',
  });
}
