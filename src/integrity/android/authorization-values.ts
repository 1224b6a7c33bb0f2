// integrity/android: imports x509 and this folder only.

import { isUtf8 } from 'node:buffer';
import { DerReader, malformed } from '../../x509/der-reader.js';
import { derTag } from '../../x509/der-tag.js';
import type { AttestationApplicationId, RootOfTrust, VerifiedBootState } from './key-description.js';

/** Reads one value; what it leaves makes the field malformed. Throws MalformedError `der_malformed`. */
export type ReadValue<T> = (reader: DerReader) => T;

/** INTEGER from 0 to 2^53 - 1. */
export const readNumber: ReadValue<number> = (reader) => {
  let number = 0;
  for (const octet of reader.unsignedInteger()) number = number * 256 + octet;
  if (!Number.isSafeInteger(number)) throw malformed('an INTEGER is out of range');
  return number;
};

/** SET OF INTEGER, in any order: not all phones sort it as DER does. */
export const readNumbers: ReadValue<readonly number[]> = (reader) => {
  const set = reader.enter(derTag.set);
  const numbers: number[] = [];
  while (!set.atEnd()) numbers.push(set.smallInteger());
  return numbers;
};

/** OCTET STRING as hex. */
export const readHex: ReadValue<string> = (reader) => reader.hex(derTag.octetString);

/** OCTET STRING that holds UTF-8. */
export const readText: ReadValue<string> = (reader) => {
  const content = reader.content(derTag.octetString);
  if (!isUtf8(content)) throw malformed('a text is not UTF-8');
  return Buffer.from(content).toString();
};

const bootStates: readonly VerifiedBootState[] = ['verified', 'self-signed', 'unverified', 'failed'];

/** RootOfTrust: three fields in versions 1 and 2, four later. */
export const readRootOfTrust: ReadValue<RootOfTrust> = (reader) => {
  const fields = reader.enter(derTag.sequence);
  const verifiedBootKey = readHex(fields);
  const deviceLocked = readLooseBoolean(fields);
  const verifiedBootState = bootStates[fields.smallInteger(derTag.enumerated)];
  if (verifiedBootState === undefined) throw malformed('there is no such boot state');
  const verifiedBootHash = fields.atEnd() ? null : readHex(fields);
  fields.finish();
  return { verifiedBootKey, deviceLocked, verifiedBootState, verifiedBootHash };
};

/** AttestationApplicationId: DER inside an OCTET STRING (AOSP, `Tag.aidl`, ATTESTATION_APPLICATION_ID). */
export const readApplicationId: ReadValue<AttestationApplicationId> = (reader) => {
  const whole = new DerReader(reader.content(derTag.octetString));
  const fields = whole.enter(derTag.sequence);
  whole.finish();
  const packages: { name: string; version: number }[] = [];
  const packageSet = fields.enter(derTag.set);
  while (!packageSet.atEnd()) {
    const info = packageSet.enter(derTag.sequence);
    packages.push({ name: readText(info), version: readNumber(info) });
    info.finish();
  }
  const signatureDigests: string[] = [];
  const digestSet = fields.enter(derTag.set);
  while (!digestSet.atEnd()) signatureDigests.push(readHex(digestSet));
  fields.finish();
  return { packages, signatureDigests };
};

/** BOOLEAN as in BER: some phones write 01 where DER has FF. */
function readLooseBoolean(reader: DerReader): boolean {
  const content = reader.content(derTag.boolean);
  if (content.length !== 1) throw malformed('a BOOLEAN does not have one octet');
  return content[0] !== 0;
}
