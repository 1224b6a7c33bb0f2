// enrolment: imports core, contracts, x509.

import { sha256 } from '../core/bytes.js';
import { RejectedError } from '../core/errors.js';
import type { CertificateRecord, CertificateStore } from '../contracts/certificate-store.js';
import type { DeviceHistory, EarlierEvidence } from '../contracts/policy.js';
import type { RevocationStore } from '../contracts/revocation-store.js';

/** The device that a new certificate will name. */
export interface KeyHolder {
  readonly deviceId: string;
  /** `null` for a device that is new. */
  readonly history: DeviceHistory | null;
  /** How it came to us; `null` for a device that is new. */
  readonly origin: Pick<CertificateRecord, 'enrolledAt' | 'bootstrapCertificateSha256'> | null;
  /** SHA-256 of the key of its latest certificate, lower-case hex; `null` for a device that is new. */
  readonly lastKeySha256: string | null;
  /** A key that another device has belongs to it if its certificate ended at this time or later. */
  readonly keyHeldFrom: Date;
}

/** Says which device a key belongs to, and that this device may have a certificate. */
export interface KeyHolders {
  /**
   * For enrolment: the device that this key named before, if its grace has not passed; otherwise a new one, the same for every
   * try of the same request.
   *
   * @param requestId of the challenge
   * @throws RejectedError `key_blocked`, `device_suspended`, `device_banned`
   */
  findByKey(publicKeySha256: string, requestId: string, now: Date): Promise<KeyHolder>;
  /** For renewal: the device that proved itself. Same errors. */
  findByDevice(deviceId: string, publicKeySha256: string, now: Date): Promise<KeyHolder>;
  /** That this device may have a certificate for this key. Same errors. */
  assertAllowed(deviceId: string, publicKeySha256: string): Promise<void>;
}

export function createKeyHolders(options: {
  readonly certificates: CertificateStore;
  readonly revocations: RevocationStore;
  readonly graceSecondsOf: (tier: string) => number;
}): KeyHolders {
  const { certificates, revocations, graceSecondsOf } = options;

  async function assertAllowed(deviceId: string, publicKeySha256: string): Promise<void> {
    const status = await revocations.find({ issuerId: '', serialNumber: '', deviceId, publicKeySha256 });
    const subject = status.device?.subject;
    if (subject?.kind === 'device' && subject.state === 'banned') {
      throw new RejectedError('device_banned', { message: 'the device is banned' });
    }
    if (status.device) throw new RejectedError('device_suspended', { message: 'the device is suspended' });
    if (status.key) throw new RejectedError('key_blocked', { message: 'the key has been revoked' });
  }

  /** By the tier of the certificate that the key had last. */
  function heldFrom(last: CertificateRecord | null, now: Date): Date {
    return new Date(now.getTime() - (last === null ? 0 : graceSecondsOf(last.tier) * 1000));
  }

  return {
    assertAllowed,

    async findByKey(publicKeySha256, requestId, now) {
      const last = await certificates.find({ by: 'key', publicKeySha256 });
      await assertAllowed(last?.deviceId ?? '', publicKeySha256);
      const keyHeldFrom = heldFrom(last, now);
      if (last !== null && last.notAfter.getTime() >= keyHeldFrom.getTime()) {
        return describeHolder(last, keyHeldFrom);
      }
      const deviceId = createDeviceId(requestId, publicKeySha256);
      return { deviceId, history: null, origin: null, lastKeySha256: null, keyHeldFrom };
    },

    async findByDevice(deviceId, publicKeySha256, now) {
      await assertAllowed(deviceId, publicKeySha256);
      const keyHeldFrom = heldFrom(await certificates.find({ by: 'key', publicKeySha256 }), now);
      const last = await certificates.find({ by: 'device', deviceId });
      return last
        ? describeHolder(last, keyHeldFrom)
        : { deviceId, history: null, origin: null, lastKeySha256: null, keyHeldFrom };
    },
  };
}

function describeHolder(last: CertificateRecord, keyHeldFrom: Date): KeyHolder {
  const { deviceId, tier, intendedAt, notAfter } = last;
  return {
    deviceId,
    history: { deviceId, tier, lastIssuedAt: intendedAt, notAfter, evidence: findEvidence(last) },
    origin: last,
    lastKeySha256: last.publicKeySha256,
    keyHeldFrom,
  };
}

/**
 * Evidence that a rule or the policy would have refused, were it not only observed, has proven nothing, whatever was given for it. A
 * piece that its provider would have refused is none of the verdicts.
 */
function findEvidence({ appraisal }: CertificateRecord): EarlierEvidence | null {
  const { verdicts, evidenceAt, observed } = appraisal;
  const sufficed = observed.every(({ by }) => by.startsWith('provider:'));
  return sufficed && evidenceAt !== null && verdicts.length > 0 ? { verifiedAt: evidenceAt, verdicts } : null;
}

/**
 * A UUID of our own making (RFC 9562 section 5.8), from the challenge, which is random, and the key. Not drawn anew, since of one request
 * sent twice at once both may come this far, and a provider may have been told the id of the one that is late.
 */
function createDeviceId(requestId: string, publicKeySha256: string): string {
  const bytes = Buffer.from(sha256(Buffer.from(`device-trust/v1 device\0${requestId}${publicKeySha256}`)));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
