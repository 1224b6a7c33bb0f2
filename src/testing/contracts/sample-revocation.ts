// testing: may import everything; nothing imports it.

import type {
  DeviceState,
  NewRevocation,
  RevocationQuery,
  RevocationReason,
  RevocationSubject,
} from '../../contracts/revocation-store.js';

/** A certificate as the log names it. */
export type CertificateSubject = Extract<RevocationSubject, { readonly kind: 'certificate' }>;

/** When the samples are revoked. */
export const AT = new Date('2026-03-01T12:00:00.123Z');
/** The certificate that the samples are about. */
export const NAME: RevocationQuery = {
  issuerId: 'a1'.repeat(20),
  serialNumber: '7f'.repeat(16),
  deviceId: '0b6f2d3c-6a0e-4c55-9a55-2f1f7d3f0a01',
  publicKeySha256: 'c3'.repeat(32),
};
export const CERTIFICATE: CertificateSubject = {
  kind: 'certificate',
  issuerId: NAME.issuerId,
  serialNumber: NAME.serialNumber,
  crlShard: 7,
  notAfter: new Date('2026-03-08T12:00:00.000Z'),
};
export const KEY: RevocationSubject = { kind: 'key', publicKeySha256: NAME.publicKeySha256 };
/** What is found where the log says nothing. */
export const NOTHING = { certificate: null, device: null, key: null };

/** A revocation in fresh objects. */
export function revocation(
  subject: RevocationSubject,
  reason: RevocationReason = 'unspecified',
  note?: string,
): NewRevocation {
  return { subject, reason, at: new Date(AT), ...(note === undefined ? {} : { note }) };
}

/** The device of {@link NAME}. */
export function device(state: DeviceState): RevocationSubject {
  return { kind: 'device', deviceId: NAME.deviceId, state };
}

/** Certificate number `index`, none of them {@link NAME}. */
export function certificate(index: number): CertificateSubject {
  return {
    kind: 'certificate',
    issuerId: NAME.issuerId,
    serialNumber: (0x7f00 + index).toString(16).repeat(8),
    crlShard: index % 4,
    notAfter: new Date('2026-03-08T12:00:00.000Z'),
  };
}

/** `seconds` after {@link AT}. */
export function later(seconds: number): Date {
  return new Date(AT.getTime() + seconds * 1000);
}
