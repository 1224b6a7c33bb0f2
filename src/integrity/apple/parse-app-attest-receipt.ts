// integrity/apple: imports x509 and this folder only.

import { isUtf8 } from 'node:buffer';
import type { DerReader } from '../../x509/der-reader.js';
import { derTag } from '../../x509/der-tag.js';
import { parseDer } from '../../x509/parse-der.js';
import type { AppAttestEnvironment } from './app-attest-environment.js';
import { malformed } from './malformed-evidence.js';
import { parseSignedData } from './parse-signed-data.js';

/** What a receipt says (Apple, "Assessing fraud risk"). */
export interface AppAttestReceipt {
  /** `TEAMID.bundle`. */
  readonly appId: string;
  /** DER certificate of the attested key. */
  readonly certificate: Uint8Array;
  /** What the app passed to `attestKey`. Only in receipts of an attestation: Apple garbles it in the ones it renews. */
  readonly clientDataHash: Uint8Array | null;
  /** Apple's word: `ATTEST` came with an attestation, `RECEIPT` from Apple's server. */
  readonly type: 'ATTEST' | 'RECEIPT';
  /** `null` if the receipt does not say: the field is undocumented. */
  readonly environment: AppAttestEnvironment | null;
  readonly createdAt: Date;
  /**
   * About how many keys this app had attested on this device in the last 30 days. A hint: reinstalling makes a new key. `null`
   * in the receipt of an attestation.
   */
  readonly riskMetric: number | null;
  /** Before this, Apple answers no request for a newer receipt; `null` if it does not say. */
  readonly notBefore: Date | null;
  /** After this, Apple takes the receipt no longer. */
  readonly expiresAt: Date;
}

/** Numbers of the fields. */
const field = {
  appId: 2,
  certificate: 3,
  clientDataHash: 4,
  type: 6,
  environment: 7,
  createdAt: 12,
  riskMetric: 17,
  notBefore: 19,
  expiresAt: 21,
} as const;

/** A real receipt has 8 to 10. */
const MAX_FIELDS = 64;

/**
 * Reads what a receipt says. Nothing in it is verified: see `verifyAppAttestReceipt`.
 *
 * @param receipt CMS signed data, in BER
 * @throws MalformedError `evidence_malformed`
 */
export function parseAppAttestReceipt(receipt: Uint8Array): AppAttestReceipt {
  return parseReceiptContent(parseSignedData(receipt).content);
}

/** Reads the content that is signed: `SET OF SEQUENCE { type INTEGER, version INTEGER, value OCTET STRING }`. */
export function parseReceiptContent(content: Uint8Array): AppAttestReceipt {
  const fields = readFields(content);
  const required = (type: number): Uint8Array => {
    const value = fields.get(type);
    if (value === undefined) throw malformed(`the receipt has no field ${type}`);
    return value;
  };
  const optional = <T>(type: number, read: (value: Uint8Array) => T): T | null => {
    const value = fields.get(type);
    return value === undefined ? null : read(value);
  };
  const type = readType(required(field.type));
  return {
    appId: readText(required(field.appId)),
    certificate: required(field.certificate),
    clientDataHash: type === 'ATTEST' ? required(field.clientDataHash) : null,
    type,
    environment: optional(field.environment, readEnvironment),
    createdAt: readTime(required(field.createdAt)),
    riskMetric: optional(field.riskMetric, readMetric),
    notBefore: optional(field.notBefore, readTime),
    expiresAt: readTime(required(field.expiresAt)),
  };
}

function readFields(content: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const request = {
    der: content,
    maxBytes: content.length,
    code: 'evidence_malformed',
    what: 'the content of a receipt',
  } as const;
  return parseDer(request, (reader) => {
    const set = reader.enter(derTag.set);
    const fields = new Map<number, Uint8Array>();
    // Apple writes the fields in an order of its own, not in that of DER.
    while (!set.atEnd()) {
      const [type, value] = readField(set);
      if (fields.has(type)) throw malformed('a field of the receipt comes twice');
      if (fields.size === MAX_FIELDS) throw malformed('the receipt has too many fields');
      fields.set(type, value);
    }
    return fields;
  });
}

function readField(set: DerReader): readonly [number, Uint8Array] {
  const fields = set.enter(derTag.sequence);
  const type = fields.smallInteger();
  fields.skip(derTag.integer);
  const value = fields.content(derTag.octetString);
  fields.finish();
  return [type, value];
}

function readText(value: Uint8Array): string {
  if (!isUtf8(value)) throw malformed('a text of the receipt is not UTF-8');
  return Buffer.from(value).toString('utf8');
}

function readType(value: Uint8Array): AppAttestReceipt['type'] {
  const type = readText(value);
  if (type === 'ATTEST' || type === 'RECEIPT') return type;
  throw malformed('the receipt is of another type');
}

/** In receipts, development is `sandbox`. */
function readEnvironment(value: Uint8Array): AppAttestEnvironment {
  const environment = readText(value);
  if (environment === 'production') return 'production';
  if (environment === 'sandbox') return 'development';
  throw malformed('the receipt is of another environment');
}

/** ISO 8601 in UTC, with a fraction of one to three digits or none. */
function readTime(value: Uint8Array): Date {
  const text = readText(value);
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(text) ? new Date(text) : null;
  if (time === null || Number.isNaN(time.getTime())) throw malformed('a time of the receipt is none');
  return time;
}

function readMetric(value: Uint8Array): number {
  const digits = readText(value);
  if (!/^\d{1,9}$/.test(digits)) throw malformed('the risk metric of the receipt is no number');
  return Number(digits);
}
