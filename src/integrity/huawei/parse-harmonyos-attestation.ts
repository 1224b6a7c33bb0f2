// integrity/huawei: imports core, x509 and this folder only.

import { isUtf8 } from 'node:buffer';
import { MalformedError } from '../../core/errors.js';
import type { DerReader } from '../../x509/der-reader.js';
import { malformed } from '../../x509/der-reader.js';
import { derTag } from '../../x509/der-tag.js';
import { parseDer } from '../../x509/parse-der.js';
import { skipWellFormed } from '../../x509/skip-well-formed.js';

/** The extension by which HarmonyOS attests a key (HarmonyOS guide "Key attestation"), non-critical, in the certificate of the key. */
export const HARMONYOS_ATTESTATION = '1.3.6.1.4.1.2011.2.376.1.3';

/** Types of claims, in dotted form. */
const claimType = {
  app: '1.3.6.1.4.1.2011.2.376.2.1.3',
  challenge: '1.3.6.1.4.1.2011.2.376.2.1.4',
  keySource: '1.3.6.1.4.1.2011.2.376.2.1.5',
  model: '1.3.6.1.4.1.2011.2.376.2.2.4.8',
  keyManager: '1.3.6.1.4.1.2011.2.376.2.2.2.6',
} as const;

/** The app claim is of an app; the other kind is of a system service. */
const APP = '1.3.6.1.4.1.2011.2.376.2.1.3.1';

/** A claim, and who makes it: 2 the operating system, 3 the trusted execution environment; 0 is reserved, and seen on challenges. */
export interface HarmonyOsClaim<T> {
  readonly securityLevel: number;
  readonly value: T;
}

/** What the operating system says of the app that made the key. `null`: the system of that time does not say. */
export interface HarmonyOsApp {
  /** `<bundle name>_<base64 of a public key of the developer>`. */
  readonly appId: string | null;
  readonly bundleName: string | null;
  /** From AppGallery Connect; the same through changes of the signing key. From API 20. */
  readonly appIdentifier: string | null;
  /** `debug` or `release`. From API 20. */
  readonly appMode: string | null;
}

/** What the extension says; `null` for a claim that is not there. */
export interface HarmonyOsAttestation {
  /** 0 for v1. */
  readonly version: number;
  readonly challenge: HarmonyOsClaim<Uint8Array> | null;
  /** `null` also for the key of a system service. */
  readonly app: HarmonyOsClaim<HarmonyOsApp> | null;
  /** 1 imported, 2 generated. */
  readonly keySource: HarmonyOsClaim<number> | null;
  /** Product model, for risk scores only. From API 20. */
  readonly model: HarmonyOsClaim<string> | null;
  /** Which implementation holds the key. */
  readonly keyManager: HarmonyOsClaim<Uint8Array> | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const MAX_BYTES = 16 * 1024;
const MAX_CLAIMS = 64;

/**
 * Reads the value of the extension: `SEQUENCE { version INTEGER, claim... }`, `claim = SEQUENCE { securityLevel INTEGER, type OBJECT
 * IDENTIFIER, value ANY }`, in strict DER. Claims of other types are passed over; the same type twice is malformed.
 *
 * @throws MalformedError `evidence_malformed`
 */
export function parseHarmonyOsAttestation(value: Uint8Array): HarmonyOsAttestation {
  const what = 'a HarmonyOS key attestation';
  return parseDer({ der: value, maxBytes: MAX_BYTES, code: 'evidence_malformed', what }, (reader) => {
    const fields = reader.enter(derTag.sequence);
    const attestation: Mutable<HarmonyOsAttestation> = {
      version: fields.smallInteger(),
      challenge: null,
      app: null,
      keySource: null,
      model: null,
      keyManager: null,
    };
    const seen = new Set<string>();
    while (!fields.atEnd()) {
      const claim = fields.enter(derTag.sequence);
      const securityLevel = claim.smallInteger();
      const type = claim.objectIdentifier();
      if (seen.has(type) || seen.size >= MAX_CLAIMS)
        throw malformed('a claim comes twice, or there are too many');
      seen.add(type);
      readClaim(type, securityLevel, claim, attestation);
      claim.finish();
    }
    return attestation;
  });
}

function readClaim(
  type: string,
  securityLevel: number,
  claim: DerReader,
  into: Mutable<HarmonyOsAttestation>,
): void {
  switch (type) {
    case claimType.challenge:
      into.challenge = { securityLevel, value: claim.content(derTag.octetString) };
      return;
    case claimType.app: {
      const app = readApp(claim.enter(derTag.sequence));
      into.app = app && { securityLevel, value: app };
      return;
    }
    case claimType.keySource:
      into.keySource = { securityLevel, value: readLittleEndian(claim.content(derTag.octetString)) };
      return;
    case claimType.model:
      into.model = { securityLevel, value: readText(claim.content(derTag.utf8String)) };
      return;
    case claimType.keyManager:
      into.keyManager = { securityLevel, value: claim.content(derTag.octetString) };
      return;
    default:
      skipWellFormed(claim);
  }
}

/** `SEQUENCE { OBJECT IDENTIFIER, OCTET STRING }` around JSON text; `null` for a system service. */
function readApp(fields: DerReader): HarmonyOsApp | null {
  const kind = fields.objectIdentifier();
  if (kind !== APP) {
    skipWellFormed(fields);
    fields.finish();
    return null;
  }
  const json = readJson(readText(fields.content(derTag.octetString)));
  fields.finish();
  return {
    appId: readMember(json, 'appId'),
    bundleName: readMember(json, 'bundleName'),
    appIdentifier: readMember(json, 'appIdentifier'),
    appMode: readMember(json, 'appMode'),
  };
}

/** Four octets in the field, least significant first. */
function readLittleEndian(octets: Uint8Array): number {
  if (octets.length !== 4) throw malformed('a key source does not have four octets');
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).readUInt32LE();
}

function readText(octets: Uint8Array): string {
  if (!isUtf8(octets)) throw malformed('a text is not UTF-8');
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('utf8');
}

function readJson(text: string): object {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new MalformedError('der_malformed', { message: 'the app claim is not JSON', cause });
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  throw malformed('the app claim is not a JSON object');
}

function readMember(json: object, name: string): string | null {
  const value: unknown = Object.getOwnPropertyDescriptor(json, name)?.value;
  if (value === undefined) return null;
  if (typeof value === 'string') return value;
  throw malformed(`the member ${name} of the app claim is not a string`);
}
