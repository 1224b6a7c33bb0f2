// x509: imports core and x509 only.

import { decodeBase64 } from '../core/bytes.js';
import { MalformedError } from '../core/errors.js';
import { verifyCertifiableKey } from './certifiable-key.js';
import { constructedContextTag, derTag } from './der-tag.js';
import { DerReader, malformed } from './der-reader.js';
import { parseDer } from './parse-der.js';
import { readName } from './distinguished-name.js';
import { readExtensions } from './extension.js';
import { oid } from './oid.js';
import { parsePem } from './pem.js';
import { type PublicKey, readPublicKey } from './public-key.js';
import {
  parseSignatureAlgorithm,
  hasValidSignature,
  type SignatureAlgorithm,
} from './signature-algorithm.js';
import { skipWellFormed } from './skip-well-formed.js';

/** More than this is no request that a device makes. */
export const MAX_CERTIFICATION_REQUEST_BYTES = 16 * 1024;

/** Of PEM text: base64 takes a third more, line ends and the lines around it some. */
const MAX_TEXT_LENGTH = 2 * MAX_CERTIFICATION_REQUEST_BYTES;

/** A certification request that is well formed; nobody has proven that they hold the key. */
export interface UnverifiedCertificationRequest {
  readonly publicKey: PublicKey;
  /** DER of what is signed. */
  readonly signed: Uint8Array;
  /** `null` if it is not one that we accept. */
  readonly signatureAlgorithm: SignatureAlgorithm | null;
  readonly signature: Uint8Array;
}

/**
 * What remains of a certification request once it is verified: a key that we certify, and whose private half the
 * sender holds. Subject and attributes are claims that nothing here proves, so they are left behind.
 */
export interface CertificationRequest {
  readonly publicKey: PublicKey;
}

/**
 * Reads the text form of a certification request: one PEM block (`CERTIFICATE REQUEST` or `NEW CERTIFICATE REQUEST`,
 * RFC 7468 section 7), or base64 or base64url of the DER.
 *
 * @throws MalformedError `csr_malformed` if the text is something else, or above 16 KiB of DER
 */
export function decodeCertificationRequest(text: string): Uint8Array {
  if (text.length > MAX_TEXT_LENGTH) throw notARequest('the text is too long');
  const blocks = text.includes('-----')
    ? readPemBlocks(text)
    : [decodeBase64(text.replaceAll(/[\r\n]/g, ''))];
  const [der] = blocks;
  if (!der || der.length === 0) throw notARequest('neither one PEM block nor base64');
  return der;
}

/**
 * Reads a PKCS#10 certification request (RFC 2986) in strict DER. Subject and attributes must be well formed and are
 * otherwise ignored.
 *
 * @throws MalformedError `csr_malformed`
 */
export function parseCertificationRequest(der: Uint8Array): UnverifiedCertificationRequest {
  const what = 'a certification request';
  return parseDer(
    { der, maxBytes: MAX_CERTIFICATION_REQUEST_BYTES, code: 'csr_malformed', what },
    readRequest,
  );
}

/**
 * Verifies that we certify the key (see {@link verifyCertifiableKey}) and that the sender holds its private half.
 *
 * @throws MalformedError `csr_key_unsupported` if the key or the signature algorithm is not one that we accept,
 *   `csr_signature_invalid` if the signature does not verify
 */
export function verifyCertificationRequest(request: UnverifiedCertificationRequest): CertificationRequest {
  const { signatureAlgorithm: algorithm, signed, signature } = request;
  if (algorithm === null) {
    throw new MalformedError('csr_key_unsupported', {
      message: 'the request is signed with a refused algorithm',
    });
  }
  const publicKey = verifyCertifiableKey(request.publicKey);
  if (!hasValidSignature({ algorithm, signed, signature }, publicKey)) {
    throw new MalformedError('csr_signature_invalid', {
      message: 'the request is not signed by the key it names',
    });
  }
  return { publicKey };
}

/** CertificationRequest and CertificationRequestInfo (RFC 2986 section 4). */
function readRequest(reader: DerReader): UnverifiedCertificationRequest {
  const outer = reader.enter(derTag.sequence);
  const signed = outer.element(derTag.sequence);
  const signatureAlgorithm = parseSignatureAlgorithm(outer.element(derTag.sequence));
  const signature = outer.bitStringOctets();
  outer.finish();

  const info = new DerReader(signed).enter(derTag.sequence);
  if (info.smallInteger() !== 0) throw malformed('the version is not 1');
  readName(info);
  const publicKey = readPublicKey(info);
  readAttributes(info);
  info.finish();
  return { publicKey, signed, signatureAlgorithm, signature };
}

/**
 * Attributes (RFC 2986 section 4.1): each type once, each with at least one value. What an extension request asks for does
 * not matter to us, only that it is one.
 */
function readAttributes(info: DerReader): void {
  const types: string[] = [];
  info.setOf(constructedContextTag(0), (attributes) => {
    const attribute = attributes.enter(derTag.sequence);
    const type = attribute.objectIdentifier();
    if (types.includes(type)) throw malformed('an attribute comes twice');
    types.push(type);
    let values = 0;
    attribute.setOf(derTag.set, (set) => {
      if (type === oid.extensionRequest) readExtensions(set);
      else skipWellFormed(set);
      values += 1;
    });
    if (values === 0) throw malformed('an attribute has no value');
    if (type === oid.extensionRequest && values > 1)
      throw malformed('an extension request has several values');
    attribute.finish();
  });
}

function readPemBlocks(text: string): readonly Uint8Array[] {
  try {
    if (text.split('-----BEGIN ').length !== 2) return [];
    return [...parsePem(text, 'CERTIFICATE REQUEST'), ...parsePem(text, 'NEW CERTIFICATE REQUEST')];
  } catch (cause) {
    throw new MalformedError('csr_malformed', { message: 'the PEM block does not hold base64', cause });
  }
}

function notARequest(message: string): MalformedError {
  return new MalformedError('csr_malformed', { message });
}
