// integrity/apple: imports core, x509 and this folder only.

import { MalformedError } from '../../core/errors.js';
import type { Certificate } from '../../x509/certificate.js';
import { type DerReader, malformed as derMalformed } from '../../x509/der-reader.js';
import { constructedContextTag, derTag } from '../../x509/der-tag.js';
import { readName } from '../../x509/distinguished-name.js';
import { parseDer } from '../../x509/parse-der.js';
import { readSerialNumber } from '../../x509/serial-number.js';
import { parseSignatureAlgorithm, type SignatureAlgorithm } from '../../x509/signature-algorithm.js';
import { createIssuerMemory, type IssuerMemory } from './issuer-memory.js';
import { malformed } from './malformed-evidence.js';
import { normalizeBer } from './normalize-ber.js';

/** Signed data (RFC 5652 section 5) as receipts have it; nothing in it is verified. */
export interface SignedData {
  /** What is signed, itself: there are no signed attributes. */
  readonly content: Uint8Array;
  /** In the order in which they are written, which says nothing. */
  readonly certificates: readonly Certificate[];
  /** DER Name and serial number of the signer's certificate. */
  readonly signer: { readonly issuer: Uint8Array; readonly serialNumber: string };
  /** `null` if it is not one that we accept. */
  readonly algorithm: SignatureAlgorithm | null;
  readonly signature: Uint8Array;
}

/** A real receipt has 3,700 to 4,000 octets. */
const MAX_BYTES = 64 * 1024;
/** A real one has three. */
const MAX_CERTIFICATES = 6;

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const DATA = '1.2.840.113549.1.7.1';
const SHA256 = '2.16.840.1.101.3.4.2.1';

/**
 * Reads signed data in BER or DER, of the one kind that Apple makes: content of type `data`, one signer by issuer and serial
 * number, SHA-256, no signed or unsigned attributes, no CRLs.
 *
 * @throws MalformedError `evidence_malformed`
 */
export function parseSignedData(ber: Uint8Array, issuers: IssuerMemory = createIssuerMemory()): SignedData {
  if (ber.length > MAX_BYTES) throw malformed('the receipt is too large');
  return parseDer(
    { der: normalizeBer(ber), maxBytes: MAX_BYTES, code: 'evidence_malformed', what: 'a receipt' },
    (reader) => readContentInfo(reader, issuers),
  );
}

function readContentInfo(reader: DerReader, issuers: IssuerMemory): SignedData {
  const contentInfo = reader.enter(derTag.sequence);
  expectType(contentInfo, SIGNED_DATA);
  const explicit = contentInfo.enter(constructedContextTag(0));
  contentInfo.finish();
  const signedData = explicit.enter(derTag.sequence);
  explicit.finish();

  expectVersion(signedData);
  const digests = signedData.enter(derTag.set);
  readDigest(digests);
  digests.finish();
  const content = readContent(signedData);
  const certificates = readCertificates(signedData, issuers);
  const signers = signedData.enter(derTag.set);
  signedData.finish();
  const signer = readSigner(signers);
  signers.finish();
  return { content, certificates, ...signer };
}

function readContent(signedData: DerReader): Uint8Array {
  const encapsulated = signedData.enter(derTag.sequence);
  expectType(encapsulated, DATA);
  const explicit = encapsulated.enter(constructedContextTag(0));
  encapsulated.finish();
  const content = explicit.content(derTag.octetString);
  explicit.finish();
  return content;
}

function readCertificates(signedData: DerReader, issuers: IssuerMemory): readonly Certificate[] {
  const list = signedData.enter(constructedContextTag(0));
  const certificates: Certificate[] = [];
  while (!list.atEnd()) {
    if (certificates.length === MAX_CERTIFICATES) throw derMalformed('there are too many certificates');
    certificates.push(readCertificate(list.element(derTag.sequence), issuers));
  }
  return certificates;
}

function readSigner(signers: DerReader): Omit<SignedData, 'content' | 'certificates'> {
  const fields = signers.enter(derTag.sequence);
  expectVersion(fields);
  const identifier = fields.enter(derTag.sequence);
  const issuer = readName(identifier);
  const serialNumber = readSerialNumber(identifier);
  identifier.finish();
  readDigest(fields);
  const algorithm = parseSignatureAlgorithm(fields.element(derTag.sequence));
  const signature = fields.content(derTag.octetString);
  fields.finish();
  return { signer: { issuer, serialNumber }, algorithm, signature };
}

function readCertificate(der: Uint8Array, issuers: IssuerMemory): Certificate {
  try {
    return issuers.parse(der);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw malformed('a certificate of the receipt is none', error);
  }
}

/** Version 1: the signer is named by issuer and serial number (RFC 5652 section 5.1). */
function expectVersion(reader: DerReader): void {
  if (reader.smallInteger() !== 1) throw derMalformed('the signed data is of another version');
}

function expectType(reader: DerReader, type: string): void {
  if (reader.objectIdentifier() !== type) throw derMalformed('the content is of another type');
}

/** AlgorithmIdentifier of SHA-256, with NULL parameters or none (RFC 5754 section 2). */
function readDigest(reader: DerReader): void {
  const identifier = reader.enter(derTag.sequence);
  expectType(identifier, SHA256);
  if (!identifier.atEnd() && identifier.content(derTag.null).length !== 0) {
    throw derMalformed('a NULL is not empty');
  }
  identifier.finish();
}
