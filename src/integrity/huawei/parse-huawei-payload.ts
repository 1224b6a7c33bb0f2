// integrity/huawei: imports core and this folder only.

import { MalformedError } from '../../core/errors.js';
import type { HuaweiSysIntegrityPayload } from './huawei-sysintegrity-verdict.js';

/** The largest number of milliseconds since 1970 that a `Date` can hold (ECMA-262, time values). */
const MAX_TIME_MILLIS = 8.64e15;

/**
 * Reads the payload of an HMS Core token (developer.huawei.com, "SysIntegrityResp"). Strict about types, deaf to members
 * that it does not know.
 *
 * @throws MalformedError `evidence_malformed`
 */
export function parseHmsPayload(json: unknown): HuaweiSysIntegrityPayload {
  const payload = createReader(json);
  return {
    packageName: payload.required('apkPackageName', isString),
    certificateSha256: payload.required('apkCertificateDigestSha256', isStrings),
    apkDigestSha256: payload.optional('apkDigestSha256', isString),
    basicIntegrity: payload.required('basicIntegrity', isBoolean),
    detail: payload.optional('detail', isStrings) ?? [],
    advice: payload.optional('advice', isString),
    appId: payload.optional('appId', isString),
    version: null,
    nonce: payload.optional('nonce', isString),
    timestampMillis: Number(payload.required('timestampMs', isTime)),
  };
}

/**
 * Reads the payload of a HarmonyOS token, enhanced or not (HarmonyOS guides "System integrity check" and "Enhanced system
 * integrity check").
 *
 * @throws MalformedError `evidence_malformed`
 */
export function parseHarmonyOsPayload(json: unknown): HuaweiSysIntegrityPayload {
  const payload = createReader(json);
  return {
    packageName: payload.required('hapBundleName', isString),
    certificateSha256: [payload.required('hapCertificateSha256', isString)],
    apkDigestSha256: null,
    basicIntegrity: payload.required('basicIntegrity', isBoolean),
    detail: payload.optional('detail', isStrings) ?? [],
    advice: null,
    appId: payload.optional('appId', isString),
    version: payload.optional('version', isInteger),
    nonce: payload.optional('nonce', isString),
    timestampMillis: Number(payload.required('timestamp', isTime)),
  };
}

type Guard<T> = (value: unknown) => value is T;

interface PayloadReader {
  required<T>(name: string, is: Guard<T>): T;
  /** `null` if the member is absent. */
  optional<T>(name: string, is: Guard<T>): T | null;
}

function createReader(json: unknown): PayloadReader {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw malformed('the payload is not an object');
  const optional = <T>(name: string, is: Guard<T>): T | null => {
    const value: unknown = Object.getOwnPropertyDescriptor(json, name)?.value;
    if (value === undefined) return null;
    if (!is(value)) throw malformed(`the member ${name} of the payload has the wrong type`);
    return value;
  };
  return {
    optional,
    required(name, is) {
      const value = optional(name, is);
      if (value === null) throw malformed(`the payload has no member ${name}`);
      return value;
    },
  };
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);
const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(isString);

/** Milliseconds: a number in the tokens seen, and decimal digits in some of Huawei's own sources. */
const isTime = (value: unknown): value is number | string => {
  const digits = typeof value === 'string' && /^[0-9]{1,16}$/.test(value) ? Number(value) : value;
  return isInteger(digits) && digits >= 0 && digits <= MAX_TIME_MILLIS;
};

function malformed(message: string): MalformedError {
  return new MalformedError('evidence_malformed', { message });
}
