// authentication: imports core, contracts, x509.

import { assertWholeNumber } from '../core/assert-option.js';
import { systemClock, type Clock } from '../core/clock.js';
import { ConfigurationError, DeviceTrustError, RejectedError, UnavailableError } from '../core/errors.js';
import { createTierScale, type TierScale } from '../core/tier-scale.js';
import type { AccessToken, AccessTokenVerifier } from '../contracts/access-token-verifier.js';
import type { CertificateStatusSource } from '../contracts/certificate-status.js';
import type { EventSink } from '../contracts/event-sink.js';
import type { PeerCertificate } from '../contracts/peer-certificate.js';
import { parseBearerToken } from './bearer-token.js';
import { createDeviceStatus, type AuthenticatedDevice } from './device-status.js';
import { createPeerIdentities, type DeviceIdentity, type PeerIdentity } from './peer-identity.js';

/** What requests are authenticated against. */
export interface AuthenticatorOptions {
  /** Certificates of the issuing CAs of device certificates, PEM or DER: exactly these are trusted, not what is above them. */
  readonly deviceIssuers: readonly (string | Uint8Array)[];
  /** Certificates of the CAs of bootstrap certificates, PEM or DER. They open the enrolment endpoints and nothing else. */
  readonly bootstrapIssuers: readonly (string | Uint8Array)[];
  /** Tells what has become of a certificate: a {@link createStatusCache}, asked on each request. */
  readonly status: CertificateStatusSource;
  readonly accessTokens: AccessTokenVerifier;
  /** Default: `none`, `basic`, `device`, `strong`. */
  readonly tiers?: TierScale;
  /** Most verified certificates to remember; status and dates are checked on each request all the same. Default 100,000. */
  readonly cacheCapacity?: number;
  /** Takes refused requests. Default: nobody. */
  readonly events?: EventSink;
  readonly clock?: Clock;
}

/** One application request. */
export interface AuthenticateRequest {
  /** From {@link peerCertificateFromSocket}, asked on each request. */
  readonly peer: PeerCertificate | null;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  /** The weakest tier that the route accepts. Default: any. */
  readonly minimumTier?: string;
}

/** Both answers, kept apart: `device` says nothing about the user, `accessToken` nothing about the device. */
export interface AuthenticatedRequest {
  readonly device: AuthenticatedDevice;
  readonly accessToken: AccessToken;
}

/** Proves who sends a request. Nothing is taken from the state of the connection. */
export interface Authenticator {
  /**
   * Finds out what kind of certificate the client holds: chain to a pinned issuer, profile, start date. Says nothing of
   * expiry or revocation; only the enrolment endpoints may do with so little.
   *
   * @throws RejectedError `client_certificate_required`, `certificate_untrusted` with reasons
   */
  identify(peer: PeerCertificate | null): PeerIdentity;

  /**
   * Proves the device: everything of {@link Authenticator.identify}, dates, and the status of certificate, device and
   * key. The first use of a new certificate retires the older ones of the device.
   *
   * @param options `expiredForSeconds`: accept a certificate that ended at most so long ago (for renewal); default 0
   * @throws RejectedError `client_certificate_required`, `device_certificate_required`, `certificate_untrusted`,
   *   `certificate_not_yet_valid`, `certificate_expired`, `certificate_unknown`, `certificate_revoked`,
   *   `certificate_superseded`, `device_suspended`, `device_banned`
   * @throws UnavailableError `store_unavailable`, `store_rolled_back`
   */
  authenticateDevice(
    peer: PeerCertificate | null,
    options?: { readonly expiredForSeconds?: number },
  ): Promise<AuthenticatedDevice>;

  /**
   * Proves device and access token, and that the tier is enough.
   *
   * @throws RejectedError those of {@link Authenticator.authenticateDevice}, `tier_insufficient`,
   *   `access_token_missing`, `access_token_invalid`
   * @throws UnavailableError `store_unavailable`, `store_rolled_back`, `access_token_keys_unavailable`,
   *   `audit_unavailable`
   * @throws ConfigurationError if `minimumTier` is no tier of the scale
   */
  authenticate(request: AuthenticateRequest): Promise<AuthenticatedRequest>;
}

/** @throws ConfigurationError if an issuer is not a CA certificate, or no device issuer is given */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const {
    accessTokens,
    events,
    clock = systemClock,
    tiers = createTierScale(),
    cacheCapacity = 100_000,
  } = options;
  assertWholeNumber('cacheCapacity', cacheCapacity, 2, 10_000_000);
  const identities = createPeerIdentities({ ...options, tiers, cacheCapacity });
  const status = createDeviceStatus(options.status);

  async function authenticateDevice(
    peer: PeerCertificate | null,
    { expiredForSeconds = 0 }: { readonly expiredForSeconds?: number } = {},
  ): Promise<AuthenticatedDevice> {
    const now = clock.now();
    const identity = identities.identify(peer, now);
    if (identity.kind === 'bootstrap') {
      throw new RejectedError('device_certificate_required', {
        message: 'a bootstrap certificate is no device',
      });
    }
    assertInTime(identity, now, expiredForSeconds);
    return await status.verify(identity, now);
  }

  async function prove(request: AuthenticateRequest): Promise<AuthenticatedRequest> {
    const device = await authenticateDevice(request.peer);
    const { minimumTier } = request;
    if (minimumTier !== undefined && !tiers.atLeast(device.tier, minimumTier)) {
      throw new RejectedError('tier_insufficient', { message: `the route demands tier ${minimumTier}` });
    }
    return {
      device,
      accessToken: await accessTokens.verify(parseBearerToken(request.authorization), clock.now()),
    };
  }

  async function recordRefusal(error: unknown, peer: PeerCertificate | null, sink: EventSink): Promise<void> {
    if (!(error instanceof DeviceTrustError)) return;
    const identity = describePeer(peer);
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

  function describePeer(peer: PeerCertificate | null) {
    try {
      const identity = identities.identify(peer, clock.now());
      if (identity.kind === 'device')
        return { deviceId: identity.deviceId, serialNumber: identity.serialNumber };
    } catch {
      // What could not be identified is recorded as unknown; the error itself is on its way to the caller.
    }
    return { deviceId: null, serialNumber: null };
  }

  return {
    identify: (peer) => identities.identify(peer, clock.now()),
    authenticateDevice,
    async authenticate(request) {
      if (request.minimumTier !== undefined && tiers.find(request.minimumTier) === undefined) {
        throw new ConfigurationError('minimumTier', { message: 'is no tier of the scale' });
      }
      try {
        return await prove(request);
      } catch (error) {
        if (events) await recordRefusal(error, request.peer, events);
        throw error;
      }
    },
  };
}

function assertInTime(identity: DeviceIdentity, now: Date, expiredForSeconds: number): void {
  const time = now.getTime();
  if (time < identity.notBefore.getTime()) {
    throw new RejectedError('certificate_not_yet_valid', { message: 'the certificate is not valid yet' });
  }
  const end = identity.notAfter.getTime();
  if (time <= end) return;
  // Past its grace there is nothing to renew: the client starts afresh.
  const recoverable = expiredForSeconds === 0 || time <= end + expiredForSeconds * 1000;
  if (expiredForSeconds > 0 && recoverable) return;
  throw new RejectedError('certificate_expired', {
    message: 'the certificate has expired',
    action: recoverable ? 'renew' : 'reenroll',
  });
}
