// authentication: imports core, contracts, x509.

import { RejectedError } from '../core/errors.js';
import type { CertificateStatus, CertificateStatusSource } from '../contracts/certificate-status.js';
import type { RevocationStatus } from '../contracts/revocation-store.js';
import type { DeviceIdentity } from './device-identity.js';

/** A device that proved itself with its certificate: this install is trusted, as far as its tier says. */
export interface AuthenticatedDevice extends DeviceIdentity {
  /** When its certificate was issued. */
  readonly issuedAt: Date;
  /** Providers whose evidence stands behind the certificate, in order and once each; empty if there was none. */
  readonly providers: readonly string[];
  /** When that evidence was verified: before `issuedAt` if the certificate rests on earlier evidence; `null` if there was none. */
  readonly evidenceAt: Date | null;
}

/** Judges what has become of a certificate. */
export interface DeviceStatus {
  /**
   * Answers at once where the source does: a promise for each request would cost as much as the rest of it.
   *
   * @throws RejectedError `certificate_unknown`, `certificate_revoked`, `certificate_superseded`, `device_suspended`,
   *   `device_banned`
   * @throws UnavailableError `store_unavailable`, `store_rolled_back`
   */
  verify(identity: DeviceIdentity, now: Date): AuthenticatedDevice | Promise<AuthenticatedDevice>;
}

export function createDeviceStatus(source: CertificateStatusSource): DeviceStatus {
  function judge(identity: DeviceIdentity, status: CertificateStatus, now: Date) {
    const { certificate, revocation } = status;
    // A signature alone is not enough: a store restored from an old backup must not admit what it never heard of.
    if (certificate === null || certificate.issuedAt === null || certificate.deviceId !== identity.deviceId) {
      throw new RejectedError('certificate_unknown', {
        message: 'the store has no record of the certificate',
      });
    }
    assertNotRevoked(revocation);
    if (certificate.supersededAt !== null) {
      throw new RejectedError('certificate_superseded', { message: 'a newer certificate is in use' });
    }
    const device: AuthenticatedDevice = {
      kind: 'device',
      deviceId: identity.deviceId,
      tier: identity.tier,
      issuerId: identity.issuerId,
      serialNumber: identity.serialNumber,
      publicKeySha256: identity.publicKeySha256,
      notBefore: identity.notBefore,
      notAfter: identity.notAfter,
      // A date of its own: what the source remembers is nobody else's to change.
      issuedAt: new Date(certificate.issuedAt),
      providers: certificate.providers,
      evidenceAt: certificate.evidenceAt && new Date(certificate.evidenceAt),
    };
    if (certificate.firstUsedAt !== null) return device;
    return source.recordFirstUse(identity, now).then(() => device);
  }

  return {
    verify(identity, now) {
      const status = source.find(identity);
      return 'then' in status
        ? status.then((found) => judge(identity, found, now))
        : judge(identity, status, now);
    },
  };
}

function assertNotRevoked(status: RevocationStatus): void {
  const device = status.device?.subject;
  if (device?.kind === 'device' && device.state === 'banned') {
    throw new RejectedError('device_banned', { message: 'the device is banned' });
  }
  if (device) throw new RejectedError('device_suspended', { message: 'the device is suspended' });
  if (status.certificate || status.key) {
    throw new RejectedError('certificate_revoked', {
      message: 'the certificate or its key has been revoked',
    });
  }
}
