// authentication: imports core, contracts, x509.

import { RejectedError } from '../core/errors.js';
import type { CertificateStatusSource } from '../contracts/certificate-status.js';
import type { RevocationStatus } from '../contracts/revocation-store.js';
import type { DeviceIdentity } from './device-identity.js';

/** A device that proved itself with its certificate: this install is trusted, as far as its tier says. */
export interface AuthenticatedDevice extends DeviceIdentity {
  /** When its certificate was issued: when the evidence behind it was judged. */
  readonly issuedAt: Date;
  /** Providers whose evidence stands behind the certificate, in order and once each; empty if there was none. */
  readonly providers: readonly string[];
}

/** Judges what has become of a certificate. */
export interface DeviceStatus {
  /**
   * @throws RejectedError `certificate_unknown`, `certificate_revoked`, `certificate_superseded`, `device_suspended`,
   *   `device_banned`
   * @throws UnavailableError `store_unavailable`, `store_rolled_back`
   */
  verify(identity: DeviceIdentity, now: Date): Promise<AuthenticatedDevice>;
}

export function createDeviceStatus(source: CertificateStatusSource): DeviceStatus {
  return {
    async verify(identity, now) {
      const { certificate, revocation } = await source.find(identity);
      // A signature alone is not enough: a store restored from an old backup must not admit what it never heard of.
      if (
        certificate === null ||
        certificate.issuedAt === null ||
        certificate.deviceId !== identity.deviceId
      ) {
        throw new RejectedError('certificate_unknown', {
          message: 'the store has no record of the certificate',
        });
      }
      assertNotRevoked(revocation);
      if (certificate.supersededAt !== null) {
        throw new RejectedError('certificate_superseded', { message: 'a newer certificate is in use' });
      }
      if (certificate.firstUsedAt === null) await source.recordFirstUse(identity, now);
      const { issuedAt, providers } = certificate;
      // A date of its own: what the source remembers is nobody else's to change.
      return { ...identity, issuedAt: new Date(issuedAt), providers };
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
