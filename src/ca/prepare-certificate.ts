// ca: imports core, contracts, x509.

import { encodeHex, equalBytes } from '../core/bytes.js';
import type { Random } from '../core/random.js';
import { MAX_LIFETIME_SECONDS } from '../core/tier-scale.js';
import type { CertificateRequest, PreparedCertificate } from '../contracts/certificate-authority.js';
import { encodeKeyIdentifier } from '../x509/key-identifier.js';
import { authorityUnavailable } from './authority-unavailable.js';
import { parseCertifiableKey } from './certifiable-kind.js';
import type { DeviceCertificateFields, DeviceCertificateProfile } from './device-certificate-profile.js';
import type { DeviceProfileRules } from './device-profile-rules.js';
import { createSerialNumber, SERIAL_NUMBER_BYTES } from './serial-number.js';
import { broken, verifyDeviceProfile } from './verify-device-profile.js';

/** What a certificate is prepared with. */
export interface PrepareOptions {
  readonly rules: DeviceProfileRules;
  readonly profile: DeviceCertificateProfile;
  readonly crlShards: number;
  readonly backdateSeconds: number;
  readonly random: Random;
}

/**
 * Builds a certificate, and lints the bytes without the key: see {@link verifyDeviceProfile}.
 *
 * @throws MalformedError `csr_key_unsupported`
 * @throws UnavailableError `authority_unavailable`
 */
export function prepareCertificate(
  request: CertificateRequest,
  options: PrepareOptions,
): PreparedCertificate {
  const { rules, crlShards, random } = options;
  const publicKey = parseCertifiableKey(request.publicKey);
  const bytes = random(SERIAL_NUMBER_BYTES + 4);
  const validity = findValidity(request, options);
  const fields: DeviceCertificateFields = {
    notBefore: validity.notBefore,
    notAfter: validity.notAfter,
    serialNumber: createSerialNumber(bytes.subarray(0, SERIAL_NUMBER_BYTES)),
    deviceId: request.deviceId,
    publicKey: publicKey.spki,
    keyIdentifier: encodeKeyIdentifier(publicKey),
    policyOid: request.policyOid,
    crlShard: findShard(bytes.subarray(SERIAL_NUMBER_BYTES), crlShards),
  };
  const toBeSigned = encode(options.profile, fields);
  const content = verifyDeviceProfile(toBeSigned, rules);
  const { serialNumber, deviceId, notBefore, notAfter, crlShard } = content;
  const asAsked =
    deviceId === request.deviceId &&
    content.policyOid === request.policyOid &&
    equalBytes(content.publicKey.spki, request.publicKey) &&
    serialNumber === encodeHex(fields.serialNumber) &&
    notBefore.getTime() === fields.notBefore.getTime() &&
    notAfter.getTime() === fields.notAfter.getTime() &&
    crlShard === fields.crlShard;
  if (!asAsked) throw broken('it is not what was asked for');
  return {
    issuerId: rules.issuer.published.issuerId,
    serialNumber,
    deviceId,
    publicKeySha256: content.publicKey.sha256,
    notBefore,
    notAfter,
    crlShard,
    toBeSigned,
  };
}

/** 32 random bits over at most a million shards: the least likely shard is 0.03 percent less likely than the others. */
function findShard(octets: Uint8Array, crlShards: number): number {
  return new DataView(octets.buffer, octets.byteOffset, 4).getUint32(0) % crlShards;
}

/** Whole seconds, inside the life of the issuer. */
function findValidity(
  { now, lifetimeSeconds }: CertificateRequest,
  { rules, backdateSeconds }: PrepareOptions,
): Pick<DeviceCertificateFields, 'notBefore' | 'notAfter'> {
  const { certificate } = rules.issuer;
  const start = certificate.notBefore.getTime();
  const end = certificate.notAfter.getTime();
  if (!(now.getTime() >= start && now.getTime() < end)) {
    throw authorityUnavailable('the certificate of the issuing CA is not valid now');
  }
  if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 1 || lifetimeSeconds > MAX_LIFETIME_SECONDS) {
    throw authorityUnavailable(`a lifetime must be 1 to ${MAX_LIFETIME_SECONDS} seconds`);
  }
  const second = Math.floor(now.getTime() / 1000) * 1000;
  return {
    notBefore: new Date(Math.max(second - backdateSeconds * 1000, start)),
    notAfter: new Date(Math.min(second + lifetimeSeconds * 1000, end)),
  };
}

function encode(profile: DeviceCertificateProfile, fields: DeviceCertificateFields): Uint8Array {
  try {
    return profile.encode(fields);
  } catch (cause) {
    throw authorityUnavailable('the certificate cannot be encoded', cause);
  }
}
