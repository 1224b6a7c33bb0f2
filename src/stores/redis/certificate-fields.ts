// stores/redis: imports core, contracts, stores/format and this folder only.

import { encodeBase64 } from '../../core/bytes.js';
import type { CertificateIntent, CertificateRecord } from '../../contracts/certificate-store.js';
import type { IssuanceAction } from '../../contracts/policy.js';
import { encodeAppraisal, parseAppraisal } from '../format/appraisal-json.js';
import { encodeDate, toBytes, toDate, toFields, toInteger, toText, type Fields } from './reply.js';

/** The sets that a certificate is in by what it is, besides those of all and of the latest ones. */
export function toIndexes(intent: CertificateIntent): readonly string[] {
  const { verdicts, claimed } = intent.appraisal;
  const providers = verdicts.length === 0 ? [''] : [...new Set(verdicts.map(({ provider }) => provider))];
  return [
    `device:${intent.deviceId}`,
    `key:${intent.publicKeySha256}`,
    `tier:${intent.tier}`,
    ...providers.map((provider) => `provider:${provider}`),
    ...(claimed.appVersion === undefined ? [] : [`appVersion:${claimed.appVersion}`]),
    ...(intent.bootstrapCertificateSha256 === null ? [] : [`release:${intent.bootstrapCertificateSha256}`]),
  ];
}

/** Field, value, field, value of the hash of an intent. */
export function toIntentFields(intent: CertificateIntent): readonly string[] {
  const fields: Readonly<Record<string, string>> = {
    issuerId: intent.issuerId,
    serialNumber: intent.serialNumber,
    deviceId: intent.deviceId,
    publicKeySha256: intent.publicKeySha256,
    notBefore: encodeDate(intent.notBefore),
    notAfter: encodeDate(intent.notAfter),
    crlShard: String(intent.crlShard),
    toBeSigned: encodeBase64(intent.toBeSigned),
    tier: intent.tier,
    action: intent.action,
    requestId: intent.requestId,
    appraisal: encodeAppraisal(intent.appraisal),
    enrolledAt: encodeDate(intent.enrolledAt),
    ...(intent.bootstrapCertificateSha256 === null ? {} : { release: intent.bootstrapCertificateSha256 }),
    intendedAt: encodeDate(intent.intendedAt),
  };
  return Object.entries(fields).flat();
}

/** The record in a reply with its hash, and its place in the order of intent; throws if it is not what was written. */
export function toRecord(reply: unknown): { readonly sequence: number; readonly record: CertificateRecord } {
  const fields = toFields(reply);
  return {
    sequence: toInteger(fields.get('sequence')),
    record: {
      issuerId: toText(fields.get('issuerId')),
      serialNumber: toText(fields.get('serialNumber')),
      deviceId: toText(fields.get('deviceId')),
      publicKeySha256: toText(fields.get('publicKeySha256')),
      notBefore: toDate(fields.get('notBefore')),
      notAfter: toDate(fields.get('notAfter')),
      crlShard: toInteger(fields.get('crlShard')),
      toBeSigned: toBytes(fields.get('toBeSigned')),
      tier: toText(fields.get('tier')),
      action: parseAction(fields.get('action')),
      requestId: toText(fields.get('requestId')),
      appraisal: parseAppraisal(toText(fields.get('appraisal'))),
      enrolledAt: toDate(fields.get('enrolledAt')),
      bootstrapCertificateSha256: fields.get('release') ?? null,
      intendedAt: toDate(fields.get('intendedAt')),
      certificate: readOptional(fields, 'certificate', toBytes),
      issuedAt: readOptional(fields, 'issuedAt', toDate),
      firstUsedAt: readOptional(fields, 'firstUsedAt', toDate),
      supersededAt: readOptional(fields, 'supersededAt', toDate),
    },
  };
}

function readOptional<T>(fields: Fields, name: string, read: (value: unknown) => T): T | null {
  const value = fields.get(name);
  return value === undefined ? null : read(value);
}

function parseAction(value: string | undefined): IssuanceAction {
  if (value !== 'enroll' && value !== 'renew') throw new TypeError('a stored action is not what was written');
  return value;
}
