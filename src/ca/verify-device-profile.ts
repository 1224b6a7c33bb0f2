// ca: imports core, contracts, x509.

import { MalformedError, UnavailableError } from '../core/errors.js';
import { MAX_LIFETIME_SECONDS } from '../core/tier-scale.js';
import { constructedContextTag, contextTag, derTag } from '../x509/der-tag.js';
import { DerReader } from '../x509/der-reader.js';
import { encodeKeyIdentifier } from '../x509/key-identifier.js';
import { type PublicKey, readPublicKey } from '../x509/public-key.js';
import { isCertifiableKind } from './certifiable-kind.js';
import type { DeviceProfileRules } from './device-profile-rules.js';
import { MAX_BACKDATE_SECONDS } from './limits.js';
import type { LocalIssuer } from './local-issuer.js';

/** What the bytes of a device certificate say. */
export interface DeviceCertificateContent {
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly deviceId: string;
  readonly publicKey: PublicKey;
  readonly policyOid: string;
  readonly crlShard: number;
}

const VERSION_3 = Buffer.from('a003020102', 'hex');
/** `CN=` in front of a UTF8String of 36 octets. */
const BEFORE_COMMON_NAME = Buffer.from('302f312d302b06035504030c24', 'hex');
const BEFORE_KEY_IDENTIFIER = Buffer.from('301d0603551d0e04160414', 'hex');
/** The extension, its only URI, and `urn:uuid:` in front of 36 octets. */
const BEFORE_UUID = Buffer.from('30380603551d110431302f862d75726e3a757569643a', 'hex');
const CERTIFICATE_POLICIES = Buffer.from('0603551d20', 'hex');
const CRL_DISTRIBUTION_POINTS = Buffer.from('0603551d1f', 'hex');

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SHARD = /\/(0|[1-9][0-9]{0,5})\.crl$/;
/** The time by which the start is set back comes on top of the lifetime. */
const MAX_SPAN_MS = (MAX_LIFETIME_SECONDS + MAX_BACKDATE_SECONDS) * 1000;

/**
 * The lint before the key is used: reads a DER TBSCertificate strictly, and verifies every rule of
 * {@link createDeviceCertificateProfile} from the bytes alone. It takes nothing but that profile, extension for extension.
 *
 * @throws UnavailableError `authority_unavailable`, naming the first rule that is broken
 */
export function verifyDeviceProfile(tbs: Uint8Array, rules: DeviceProfileRules): DeviceCertificateContent {
  try {
    const bytes = Buffer.from(tbs.buffer, tbs.byteOffset, tbs.length);
    return readDeviceCertificate(bytes, rules);
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    const message = `refused to sign what is not a strict DER certificate: ${cause.message}`;
    throw new UnavailableError('authority_unavailable', { message, cause });
  }
}

/** The error of the lint. */
export function broken(rule: string): UnavailableError {
  return new UnavailableError('authority_unavailable', {
    message: `refused to sign a certificate that breaks its profile: ${rule}`,
  });
}

function readDeviceCertificate(bytes: Buffer, rules: DeviceProfileRules): DeviceCertificateContent {
  const { certificate, key } = rules.issuer;
  const whole = new DerReader(bytes);
  const reader = whole.enter(derTag.sequence);
  whole.finish();
  skipExactly(reader, bytes, VERSION_3, 'version');
  const serialNumber = readSerialNumber(reader);
  skipExactly(reader, bytes, key.signatureAlgorithm, 'signature');
  skipExactly(reader, bytes, certificate.subject, 'issuer');
  const validity = reader.enter(derTag.sequence);
  const notBefore = validity.time();
  const notAfter = validity.time();
  validity.finish();
  verifyDates(notBefore, notAfter, rules.issuer);
  const deviceId = readDeviceId(reader, bytes);
  const publicKey = readPublicKey(reader);
  if (!isCertifiableKind(publicKey)) throw broken('subjectPublicKeyInfo');
  const explicit = reader.enter(constructedContextTag(3));
  reader.finish();
  const list = explicit.enter(derTag.sequence);
  explicit.finish();

  for (const [rule, extension] of rules.constantExtensions) skipExactly(list, bytes, extension, rule);
  verifyKeyIdentifier(list, bytes, publicKey);
  if (readRest(list, bytes, BEFORE_UUID, 'subjectAltName') !== deviceId) throw broken('subjectAltName');
  const policyOid = readPolicy(list, bytes);
  const crlShard = readShard(list, bytes, rules);
  list.finish();
  return { serialNumber, notBefore, notAfter, deviceId, publicKey, policyOid, crlShard };
}

function readSerialNumber(reader: DerReader): string {
  const serialNumber = reader.hex(derTag.integer);
  // 16 to 20 octets, the first of them not zero, the top bit not set.
  if (serialNumber.length < 32 || serialNumber.length > 40 || !/^(0[1-9a-f]|[1-7])/.test(serialNumber)) {
    throw broken('serialNumber');
  }
  return serialNumber;
}

function verifyDates(notBefore: Date, notAfter: Date, { certificate }: LocalIssuer): void {
  const start = notBefore.getTime();
  const end = notAfter.getTime();
  if (start < certificate.notBefore.getTime() || end > certificate.notAfter.getTime())
    throw broken('validity');
  if (end <= start || end - start > MAX_SPAN_MS) throw broken('lifetime');
}

function readDeviceId(reader: DerReader, bytes: Buffer): string {
  const deviceId = readRest(reader, bytes, BEFORE_COMMON_NAME, 'subject');
  if (!UUID.test(deviceId)) throw broken('subject');
  return deviceId;
}

/** What follows that prefix in the next element. */
function readRest(reader: DerReader, bytes: Buffer, prefix: Uint8Array, rule: string): string {
  const start = reader.offset + prefix.length;
  if (!hasAt(bytes, reader.offset, prefix)) throw broken(rule);
  reader.skip(derTag.sequence);
  return bytes.toString('latin1', start, reader.offset);
}

function verifyKeyIdentifier(list: DerReader, bytes: Buffer, publicKey: PublicKey): void {
  const rule = 'subjectKeyIdentifier';
  const start = list.offset + BEFORE_KEY_IDENTIFIER.length;
  if (!hasAt(bytes, list.offset, BEFORE_KEY_IDENTIFIER)) throw broken(rule);
  list.skip(derTag.sequence);
  const keyIdentifier = encodeKeyIdentifier(publicKey);
  if (list.offset !== start + keyIdentifier.length || !hasAt(bytes, start, keyIdentifier)) throw broken(rule);
}

/** One PolicyInformation, without qualifiers. */
function readPolicy(list: DerReader, bytes: Buffer): string {
  const rule = 'certificatePolicies';
  const policy = enterOnly(enterOnly(enterValue(list, bytes, CERTIFICATE_POLICIES, rule)));
  const id = policy.objectIdentifier();
  policy.finish();
  return id;
}

/** One DistributionPoint with one URL: that of the shard. */
function readShard(list: DerReader, bytes: Buffer, { urls, issuer }: DeviceProfileRules): number {
  const rule = 'cRLDistributionPoints';
  const point = enterOnly(enterOnly(enterValue(list, bytes, CRL_DISTRIBUTION_POINTS, rule)));
  const tag = constructedContextTag(0);
  const names = enterOnly(enterOnly(point, tag), tag);
  const { length } = names.content(contextTag(6));
  const url = bytes.toString('latin1', names.offset - length, names.offset);
  names.finish();
  const shard = Number(SHARD.exec(url)?.[1] ?? -1);
  if (url !== urls.crl(issuer.published.issuerId, shard)) throw broken(rule);
  return shard;
}

/** Goes into the value of the next extension, which must have that type and not be critical. */
function enterValue(list: DerReader, bytes: Buffer, type: Uint8Array, rule: string): DerReader {
  const fields = list.enter(derTag.sequence);
  skipExactly(fields, bytes, type, rule);
  if (fields.nextTag() !== derTag.octetString) throw broken(rule);
  return enterOnly(fields, derTag.octetString);
}

/** Goes into the only element that is left. */
function enterOnly(outer: DerReader, tag: number = derTag.sequence): DerReader {
  const inner = outer.enter(tag);
  outer.finish();
  return inner;
}

/** The next element must be exactly that one. */
function skipExactly(reader: DerReader, bytes: Buffer, element: Uint8Array, rule: string): void {
  const end = reader.offset + element.length;
  if (!hasAt(bytes, reader.offset, element)) throw broken(rule);
  reader.skip(element[0] ?? 0);
  if (reader.offset !== end) throw broken(rule);
}

/** A loop, and not a comparison of views: for so few octets, making the views takes longer than all the rest. */
function hasAt(bytes: Buffer, at: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index += 1) {
    if (bytes[at + index] !== expected[index]) return false;
  }
  return true;
}
