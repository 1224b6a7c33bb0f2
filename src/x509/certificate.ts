// x509: imports core and x509 only.

import { sha256Hex } from '../core/bytes.js';
import {
  type CertificateExtensions,
  parseCertificateExtensions,
  readCertificateExtensions,
} from './certificate-extensions.js';
import { constructedContextTag, contextTag, derTag } from './der-tag.js';
import { DerReader, malformed } from './der-reader.js';
import { parseDer } from './parse-der.js';
import { isEmptyName, isSameName, readName } from './distinguished-name.js';
import { oid } from './oid.js';
import { type PublicKey, readPublicKey } from './public-key.js';
import { readSerialNumber } from './serial-number.js';
import { parseSignatureAlgorithm, type SignatureAlgorithm } from './signature-algorithm.js';

/** More than this is no certificate that a device or vendor shows. */
export const MAX_CERTIFICATE_BYTES = 64 * 1024;

/** A certificate that is well formed, and that nobody has vouched for: see {@link verifyChain}. */
export interface Certificate {
  readonly der: Uint8Array;
  /** DER TBSCertificate: what is signed. */
  readonly tbs: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** Lower-case hex without leading zero octets; zero is `00`, a negative number has a minus sign before its octets. */
  readonly serialNumber: string;
  /** DER Name. */
  readonly issuer: Uint8Array;
  /** DER Name. */
  readonly subject: Uint8Array;
  /** First moment of validity. */
  readonly notBefore: Date;
  /** Last moment of validity. */
  readonly notAfter: Date;
  readonly publicKey: PublicKey;
  /** The same inside and outside of what is signed; `null` if it is not one that we accept. */
  readonly signatureAlgorithm: SignatureAlgorithm | null;
  readonly signature: Uint8Array;
  readonly extensions: CertificateExtensions;
  /** SHA-256 of `der`, lower-case hex; computed when first asked for. */
  readonly sha256: string;
  /** Whether issuer and subject are the same name (RFC 5280 section 6.1); found out when first asked for. */
  readonly isSelfIssued: boolean;
}

/**
 * Reads an X.509 certificate (RFC 5280 section 4.1) in strict DER: no trailing bytes, no encoded default values, no
 * extension twice, only versions and forms that exist. It holds views of `der`: do not change those bytes afterwards.
 *
 * @throws MalformedError `certificate_malformed`
 */
export function parseCertificate(der: Uint8Array): Certificate {
  const what = 'a certificate';
  return parseDer({ der, maxBytes: MAX_CERTIFICATE_BYTES, code: 'certificate_malformed', what }, (reader) => {
    const whole = reader.element(derTag.sequence);
    return new ParsedCertificate(whole, readCertificate(new DerReader(whole).enter(derTag.sequence)));
  });
}

type Fields = Omit<Certificate, 'der' | 'sha256' | 'isSelfIssued'>;

function readCertificate(outer: DerReader): Fields {
  const tbs = outer.element(derTag.sequence);
  const outerAlgorithm = outer.element(derTag.sequence);
  const signature = outer.bitStringOctets();
  outer.finish();

  const reader = new DerReader(tbs).enter(derTag.sequence);
  const version = readVersion(reader);
  const serialNumber = readSerialNumber(reader);
  if (Buffer.compare(reader.element(derTag.sequence), outerAlgorithm) !== 0) {
    throw malformed('the signature algorithm is not the same inside and outside');
  }
  const issuer = readName(reader);
  const validity = reader.enter(derTag.sequence);
  const notBefore = validity.time();
  const notAfter = validity.time();
  validity.finish();
  const subject = readName(reader);
  const publicKey = readPublicKey(reader);
  skipUniqueIdentifiers(reader, version);
  const extensions = readOptionalExtensions(reader, version);
  reader.finish();
  checkSubject(subject, extensions);
  const signatureAlgorithm = parseSignatureAlgorithm(outerAlgorithm);
  return {
    tbs,
    version,
    serialNumber,
    issuer,
    subject,
    notBefore,
    notAfter,
    publicKey,
    signatureAlgorithm,
    signature,
    extensions,
  };
}

/** `[0] Version DEFAULT v1`: version 1 is the one that is not written. */
function readVersion(reader: DerReader): 1 | 2 | 3 {
  if (reader.nextTag() !== constructedContextTag(0)) return 1;
  const explicit = reader.enter(constructedContextTag(0));
  const number = explicit.smallInteger();
  explicit.finish();
  if (number === 1) return 2;
  if (number === 2) return 3;
  throw malformed('there is no such version');
}

/** issuerUniqueID and subjectUniqueID, of which nobody makes use. */
function skipUniqueIdentifiers(reader: DerReader, version: 1 | 2 | 3): void {
  for (const tag of [contextTag(1), contextTag(2)]) {
    if (reader.nextTag() !== tag) continue;
    if (version === 1) throw malformed('version 1 has no unique identifiers');
    const [unusedBits] = reader.content(tag);
    if (unusedBits === undefined || unusedBits > 7) throw malformed('a unique identifier is no BIT STRING');
  }
}

function readOptionalExtensions(reader: DerReader, version: 1 | 2 | 3): CertificateExtensions {
  if (reader.nextTag() !== constructedContextTag(3)) return parseCertificateExtensions([]);
  if (version !== 3) throw malformed('only version 3 has extensions');
  const explicit = reader.enter(constructedContextTag(3));
  const extensions = readCertificateExtensions(explicit);
  explicit.finish();
  return extensions;
}

/** A certificate without subject must have a critical subjectAltName (RFC 5280 section 4.1.2.6), if it has one at all. */
function checkSubject(subject: Uint8Array, extensions: CertificateExtensions): void {
  if (!isEmptyName(subject)) return;
  if (extensions.all.some(({ type, critical }) => type === oid.subjectAltName && !critical)) {
    throw malformed('an empty subject stands with a subjectAltName that is not critical');
  }
}

class ParsedCertificate implements Certificate {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly version: 1 | 2 | 3;
  readonly serialNumber: string;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: PublicKey;
  readonly signatureAlgorithm: SignatureAlgorithm | null;
  readonly signature: Uint8Array;
  readonly extensions: CertificateExtensions;
  private digest: string | null = null;
  private selfIssued: boolean | null = null;

  constructor(der: Uint8Array, fields: Fields) {
    this.der = der;
    this.tbs = fields.tbs;
    this.version = fields.version;
    this.serialNumber = fields.serialNumber;
    this.issuer = fields.issuer;
    this.subject = fields.subject;
    this.notBefore = fields.notBefore;
    this.notAfter = fields.notAfter;
    this.publicKey = fields.publicKey;
    this.signatureAlgorithm = fields.signatureAlgorithm;
    this.signature = fields.signature;
    this.extensions = fields.extensions;
  }

  get isSelfIssued(): boolean {
    this.selfIssued ??= isSameName(this.issuer, this.subject);
    return this.selfIssued;
  }

  get sha256(): string {
    this.digest ??= sha256Hex(this.der);
    return this.digest;
  }
}
