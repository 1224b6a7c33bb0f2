// http: imports core, contracts and the use cases.

import { systemClock, type Clock } from '../core/clock.js';
import { RejectedError, UnavailableError } from '../core/errors.js';
import type { EventSink } from '../contracts/event-sink.js';
import type { PeerCertificateSource } from '../contracts/peer-certificate.js';
import type { RateLimiter, RateLimitSubject } from '../contracts/rate-limiter.js';
import type { AuthenticatedDevice } from '../authentication/device-status.js';
import type { Authenticator } from '../authentication/authenticator.js';
import type { BootstrapIdentity } from '../authentication/device-identity.js';
import type { BootstrapGuard } from '../enrolment/bootstrap-guard.js';
import type { HttpRequest } from './http-message.js';

/** Who watches the door of the enrolment endpoints. */
export interface AdmissionOptions {
  readonly authenticator: Authenticator;
  readonly peerCertificates: Pick<PeerCertificateSource, 'readAddress'>;
  /** For how long after its end a certificate of this tier may still be renewed, in seconds. */
  readonly graceSecondsOf: (tier: string) => number;
  /** Default: no bootstrap certificate is retired, and nobody counts. */
  readonly bootstrap?: BootstrapGuard;
  /** Default `null`: there are no limits. */
  readonly limiter?: RateLimiter | null;
  /** Takes the refusals of guard and limiter. Default: nobody. */
  readonly events?: EventSink;
  readonly clock?: Clock;
}

/** Lets requests to the enrolment endpoints in, before their bodies are read. */
export interface Admission {
  /** Over a bootstrap certificate that is not retired, or a device certificate that is still good. */
  admitEnrolment(request: HttpRequest): Promise<BootstrapIdentity | AuthenticatedDevice>;
  /** Over a device certificate that is good, or may still be renewed. */
  admitRenewal(request: HttpRequest): Promise<AuthenticatedDevice>;
  /** Over any of these. */
  admitChallenge(request: HttpRequest): Promise<void>;
}

export function createAdmission(options: AdmissionOptions): Admission {
  const { authenticator, peerCertificates, graceSecondsOf, bootstrap, limiter = null, events } = options;
  const { clock = systemClock } = options;
  const renewable = { graceSeconds: graceSecondsOf };

  async function admit(
    request: HttpRequest,
    endpoint: RateLimitSubject['endpoint'],
    identity: BootstrapIdentity | AuthenticatedDevice,
  ): Promise<void> {
    const now = clock.now();
    const device = identity.kind === 'device' ? identity : null;
    const subject = {
      endpoint,
      address: peerCertificates.readAddress(request.connection),
      bootstrapCertificateSha256: identity.kind === 'bootstrap' ? identity.certificateSha256 : null,
      deviceId: device && device.deviceId,
      publicKeySha256: null,
    };
    try {
      if (identity.kind === 'bootstrap') await bootstrap?.admit(identity, now);
      await limiter?.admit(subject, now);
    } catch (error) {
      if (error instanceof RejectedError) await recordRefusal(error, device, now);
      throw error;
    }
  }

  async function recordRefusal(
    { code, reasons }: RejectedError,
    device: AuthenticatedDevice | null,
    at: Date,
  ): Promise<void> {
    const { deviceId = null, serialNumber = null } = device ?? {};
    try {
      await events?.record({ type: 'request_refused', at, deviceId, serialNumber, code, reasons });
    } catch (cause) {
      throw new UnavailableError('audit_unavailable', {
        message: 'the event sink did not take the event',
        cause,
      });
    }
  }

  return {
    async admitEnrolment(request) {
      const identity = authenticator.identify(request.connection);
      const proven =
        identity.kind === 'bootstrap' ? identity : await authenticator.authenticateDevice(request.connection);
      await admit(request, 'certificates', proven);
      return proven;
    },

    async admitRenewal(request) {
      const device = await authenticator.authenticateDevice(request.connection, renewable);
      await admit(request, 'renewals', device);
      return device;
    },

    async admitChallenge(request) {
      const identity = authenticator.identify(request.connection);
      const proven =
        identity.kind === 'bootstrap'
          ? identity
          : await authenticator.authenticateDevice(request.connection, renewable);
      await admit(request, 'challenges', proven);
    },
  };
}
