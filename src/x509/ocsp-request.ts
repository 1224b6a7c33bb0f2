// x509: imports core and x509 only.

import { derTag, constructedContextTag } from './der-tag.js';
import { DerReader, malformed } from './der-reader.js';
import { type Extension, readExtensions } from './extension.js';
import { oid } from './oid.js';
import { parseDer } from './parse-der.js';
import { readSerialNumber } from './serial-number.js';
import { skipWellFormed } from './skip-well-formed.js';

/** A question with sixteen certificates, a requestor and a signature has less. */
export const MAX_OCSP_REQUEST_BYTES = 16 * 1024;
const MAX_QUESTIONS = 16;
/** RFC 9654 section 2.1. */
const MAX_NONCE_BYTES = 128;

/** Which certificate is asked about (RFC 6960 section 4.1.1: CertID). */
export interface OcspCertId {
  /** As it came: the answer has it in the same bytes. */
  readonly der: Uint8Array;
  /** What the issuer is hashed with; `null` for another algorithm. */
  readonly hash: 'sha1' | 'sha256' | null;
  /** Hash of the DER of the issuer's name, lower-case hex. */
  readonly issuerNameHash: string;
  /** Hash of the bits of the issuer's public key, lower-case hex. */
  readonly issuerKeyHash: string;
  /** Lower-case hex, in the form of {@link Certificate.serialNumber}. */
  readonly serialNumber: string;
}

/** What a client wants to know. */
export interface ParsedOcspRequest {
  /** 1 to 16. */
  readonly certIds: readonly OcspCertId[];
  /** 1 to 128 octets; `null` if the client takes an answer from a cache. */
  readonly nonce: Uint8Array | null;
}

/**
 * Reads an OCSPRequest (RFC 6960 section 4.1.1) in strict DER. Who asks, and the signature that may prove it, are read over:
 * anyone may ask. Extensions that are not critical are passed over but for the nonce (RFC 9654).
 *
 * The parts are views of `der`: do not change those bytes afterwards.
 *
 * @throws MalformedError `ocsp_malformed`, also for a critical extension that we do not process
 */
export function parseOcspRequest(der: Uint8Array): ParsedOcspRequest {
  const request = {
    der,
    maxBytes: MAX_OCSP_REQUEST_BYTES,
    code: 'ocsp_malformed',
    what: 'an OCSP request',
  } as const;
  return parseDer(request, (reader) => {
    const outer = reader.enter(derTag.sequence);
    const parsed = readToBeSigned(outer.enter(derTag.sequence));
    if (outer.nextTag() === constructedContextTag(0)) skipWellFormed(outer);
    outer.finish();
    return parsed;
  });
}

function readToBeSigned(fields: DerReader): ParsedOcspRequest {
  if (fields.nextTag() === constructedContextTag(0)) {
    // There is one version; as the default it is not encoded (X.690 section 11.5).
    throw malformed('the version is encoded, or there is no such version');
  }
  if (fields.nextTag() === constructedContextTag(1)) skipWellFormed(fields);
  const certIds = readRequestList(fields.enter(derTag.sequence));
  const extensions = readOptionalExtensions(fields, constructedContextTag(2));
  fields.finish();
  return { certIds, nonce: readNonce(extensions) };
}

function readRequestList(list: DerReader): readonly OcspCertId[] {
  const certIds: OcspCertId[] = [];
  while (!list.atEnd()) {
    if (certIds.length === MAX_QUESTIONS) throw malformed(`there are more than ${MAX_QUESTIONS} questions`);
    const request = list.enter(derTag.sequence);
    certIds.push(readCertId(request.element(derTag.sequence)));
    refuseCritical(readOptionalExtensions(request, constructedContextTag(0)));
    request.finish();
  }
  if (certIds.length === 0) throw malformed('there is no question');
  return certIds;
}

function readCertId(der: Uint8Array): OcspCertId {
  const fields = new DerReader(der).enter(derTag.sequence);
  const hash = readHashAlgorithm(fields.enter(derTag.sequence));
  const issuerNameHash = fields.hex(derTag.octetString);
  const issuerKeyHash = fields.hex(derTag.octetString);
  const serialNumber = readSerialNumber(fields);
  fields.finish();
  return { der, hash, issuerNameHash, issuerKeyHash, serialNumber };
}

/** The parameters of a hash may be NULL or left out: both are in use (RFC 5754 section 2). */
function readHashAlgorithm(fields: DerReader): OcspCertId['hash'] {
  const algorithm = fields.objectIdentifier();
  const hash = algorithm === oid.sha1 ? 'sha1' : algorithm === oid.sha256 ? 'sha256' : null;
  if (!fields.atEnd()) {
    if (hash === null) skipWellFormed(fields);
    else fields.null();
  }
  fields.finish();
  return hash;
}

function readOptionalExtensions(fields: DerReader, tag: number): readonly Extension[] {
  if (fields.nextTag() !== tag) return [];
  const explicit = fields.enter(tag);
  const extensions = readExtensions(explicit);
  explicit.finish();
  return extensions;
}

/** A nonce is an OCTET STRING inside that of the extension (RFC 9654 section 2.1). */
function readNonce(extensions: readonly Extension[]): Uint8Array | null {
  const extension = extensions.find(({ type }) => type === oid.ocspNonce);
  refuseCritical(extensions.filter((other) => other !== extension));
  if (extension === undefined) return null;
  const reader = new DerReader(extension.value);
  const nonce = reader.content(derTag.octetString);
  reader.finish();
  if (nonce.length < 1 || nonce.length > MAX_NONCE_BYTES) {
    throw malformed(`a nonce is not 1 to ${MAX_NONCE_BYTES} octets`);
  }
  return nonce;
}

function refuseCritical(extensions: readonly Extension[]): void {
  if (extensions.some(({ critical }) => critical)) throw malformed('a critical extension is not known');
}
