// testing: may import everything; nothing imports it.

import { constructedContextTag, contextTag, derTag } from '../../x509/der-tag.js';
import { DerReader } from '../../x509/der-reader.js';
import { readExtensions } from '../../x509/extension.js';
import { oid } from '../../x509/oid.js';
import { parseSignatureAlgorithm, type SignatureAlgorithm } from '../../x509/signature-algorithm.js';

/** What it says of one certificate. */
export interface UnverifiedSingleResponse {
  /** DER. */
  readonly certId: Uint8Array;
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly revokedAt: Date | null;
  /** Number of the CRLReason; `null` if none is told. */
  readonly reasonCode: number | null;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | null;
}

/** A successful basic OCSP response, whose signature nobody has checked. */
export interface UnverifiedOcspResponse {
  /** DER ResponseData: what is signed. */
  readonly signed: Uint8Array;
  readonly algorithm: SignatureAlgorithm | null;
  readonly signature: Uint8Array;
  /** DER of the certificates sent along: that of the signer, where it is sent, comes first. */
  readonly certificates: readonly Uint8Array[];
  readonly producedAt: Date;
  readonly responses: readonly UnverifiedSingleResponse[];
  readonly nonce: Uint8Array | null;
}

/**
 * Reads an OCSPResponse (RFC 6960 section 4.2.1) in strict DER: enough to check what a signer made.
 *
 * @throws MalformedError `der_malformed`
 */
export function parseOcspResponse(der: Uint8Array): UnverifiedOcspResponse {
  const response = new DerReader(der).enter(derTag.sequence);
  const status = response.smallInteger(derTag.enumerated);
  if (status !== 0) throw new TypeError(`the response status is ${status}`);
  const bytes = response.enter(constructedContextTag(0)).enter(derTag.sequence);
  response.finish();
  const type = bytes.objectIdentifier();
  if (type !== oid.ocspBasic) throw new TypeError(`the response is of type ${type}`);
  const basic = new DerReader(bytes.content(derTag.octetString)).enter(derTag.sequence);
  const signed = basic.element(derTag.sequence);
  const algorithm = parseSignatureAlgorithm(basic.element(derTag.sequence));
  const signature = basic.bitStringOctets();
  const certificates = readCertificates(basic);
  basic.finish();
  return { signed, algorithm, signature, certificates, ...parseResponseData(signed) };
}

function readCertificates(basic: DerReader): readonly Uint8Array[] {
  if (basic.atEnd()) return [];
  const list = basic.enter(constructedContextTag(0)).enter(derTag.sequence);
  const certificates: Uint8Array[] = [];
  while (!list.atEnd()) certificates.push(list.element(derTag.sequence));
  return certificates;
}

function parseResponseData(signed: Uint8Array) {
  const data = new DerReader(signed).enter(derTag.sequence);
  // The responder by name or by the hash of its key; the version is the default one and so not encoded.
  data.skip(
    data.nextTag() === constructedContextTag(1) ? constructedContextTag(1) : constructedContextTag(2),
  );
  const producedAt = data.time();
  const list = data.enter(derTag.sequence);
  const responses: UnverifiedSingleResponse[] = [];
  while (!list.atEnd()) responses.push(readSingleResponse(list.enter(derTag.sequence)));
  const nonce = readNonce(data);
  data.finish();
  return { producedAt, responses, nonce };
}

function readSingleResponse(single: DerReader): UnverifiedSingleResponse {
  const certId = single.element(derTag.sequence);
  const certStatus = readStatus(single);
  const thisUpdate = single.time();
  const nextUpdate = single.atEnd() ? null : single.enter(constructedContextTag(0)).time();
  return { certId, ...certStatus, thisUpdate, nextUpdate };
}

function readStatus(
  single: DerReader,
): Pick<UnverifiedSingleResponse, 'status' | 'revokedAt' | 'reasonCode'> {
  const tag = single.nextTag();
  if (tag === constructedContextTag(1)) {
    const revoked = single.enter(tag);
    const revokedAt = revoked.time();
    const reasonCode = revoked.atEnd()
      ? null
      : revoked.enter(constructedContextTag(0)).smallInteger(derTag.enumerated);
    return { status: 'revoked', revokedAt, reasonCode };
  }
  const status = tag === contextTag(0) ? 'good' : 'unknown';
  single.skip(status === 'good' ? contextTag(0) : contextTag(2));
  return { status, revokedAt: null, reasonCode: null };
}

function readNonce(data: DerReader): Uint8Array | null {
  if (data.atEnd()) return null;
  const list = readExtensions(data.enter(constructedContextTag(1)));
  const extension = list.find(({ type }) => type === oid.ocspNonce);
  return extension ? new DerReader(extension.value).content(derTag.octetString) : null;
}
