// x509: imports core and x509 only.

import { type CrlExtensions, parseCrlExtensions } from './crl-extensions.js';
import { readCrlEntry, skipCrlEntry, type RevokedCertificate } from './crl-entry.js';
import { constructedContextTag, derTag } from './der-tag.js';
import { DerReader, malformed } from './der-reader.js';
import { parseDer } from './parse-der.js';
import { readName } from './distinguished-name.js';
import { readExtensions } from './extension.js';
import { parseSignatureAlgorithm, type SignatureAlgorithm } from './signature-algorithm.js';

/** A CRL of five million entries has less. */
export const MAX_CRL_BYTES = 256 * 1024 * 1024;

/** A certificate revocation list that is well formed, and that nobody has vouched for: see {@link verifyCrl}. */
export interface Crl extends CrlExtensions {
  readonly der: Uint8Array;
  /** DER TBSCertList: what is signed. */
  readonly tbs: Uint8Array;
  readonly version: 1 | 2;
  /** The same inside and outside of what is signed; `null` if it is not one that we accept. */
  readonly signatureAlgorithm: SignatureAlgorithm | null;
  readonly signature: Uint8Array;
  /** DER Name. */
  readonly issuer: Uint8Array;
  readonly thisUpdate: Date;
  /** When the next one is out at the latest; `null` if the list does not say (RFC 5280 forbids that). */
  readonly nextUpdate: Date | null;
  /** How many certificates are on it. */
  readonly entryCount: number;
  /** The certificates on it, read from the DER one by one, so that a list of a million needs no memory for them. */
  entries(): Iterable<RevokedCertificate>;
}

/**
 * Reads a CRL (RFC 5280 section 5.1) in strict DER, every entry included. It holds views of `der`: do not change those
 * bytes afterwards.
 *
 * @throws MalformedError `crl_malformed`
 */
export function parseCrl(der: Uint8Array): Crl {
  const request = { der, maxBytes: MAX_CRL_BYTES, code: 'crl_malformed', what: 'a CRL' } as const;
  return parseDer(request, (reader) => readCrl(reader.element(derTag.sequence)));
}

function readCrl(der: Uint8Array): Crl {
  const outer = new DerReader(der).enter(derTag.sequence);
  const tbs = outer.element(derTag.sequence);
  const outerAlgorithm = outer.element(derTag.sequence);
  const signature = outer.bitStringOctets();
  outer.finish();

  const reader = new DerReader(tbs).enter(derTag.sequence);
  const version = readVersion(reader);
  if (Buffer.compare(reader.element(derTag.sequence), outerAlgorithm) !== 0) {
    throw malformed('the signature algorithm is not the same inside and outside');
  }
  const issuer = readName(reader);
  const thisUpdate = reader.time();
  const hasNextUpdate = reader.nextTag() === derTag.utcTime || reader.nextTag() === derTag.generalizedTime;
  const nextUpdate = hasNextUpdate ? reader.time() : null;
  const list = reader.nextTag() === derTag.sequence ? reader.element(derTag.sequence) : null;
  const extensions = parseCrlExtensions(readOptionalExtensions(reader, version));
  reader.finish();

  const { entryCount, criticalInEntries } = inspectEntries(list, version);
  if (list !== null && entryCount === 0) throw malformed('a list of revoked certificates is empty');
  return {
    der,
    tbs,
    version,
    signatureAlgorithm: parseSignatureAlgorithm(outerAlgorithm),
    signature,
    issuer,
    thisUpdate,
    nextUpdate,
    ...extensions,
    criticalUnknown: [...extensions.criticalUnknown, ...criticalInEntries],
    entryCount,
    entries: () => readEntries(list, version),
  };
}

/** `Version OPTIONAL`: version 2 if it is there. */
function readVersion(reader: DerReader): 1 | 2 {
  if (reader.nextTag() !== derTag.integer) return 1;
  if (reader.smallInteger() !== 1) throw malformed('there is no such version');
  return 2;
}

function readOptionalExtensions(reader: DerReader, version: 1 | 2) {
  if (reader.nextTag() !== constructedContextTag(0)) return [];
  if (version === 1) throw malformed('version 1 has no extensions');
  const explicit = reader.enter(constructedContextTag(0));
  const extensions = readExtensions(explicit);
  explicit.finish();
  return extensions;
}

function* readEntries(list: Uint8Array | null, version: 1 | 2): Iterable<RevokedCertificate> {
  if (list === null) return;
  const entries = new DerReader(list).enter(derTag.sequence);
  while (!entries.atEnd()) yield readCrlEntry(entries, version);
}

function inspectEntries(list: Uint8Array | null, version: 1 | 2) {
  const criticalInEntries = new Set<string>();
  let entryCount = 0;
  if (list === null) return { entryCount, criticalInEntries };
  const entries = new DerReader(list).enter(derTag.sequence);
  while (!entries.atEnd()) {
    for (const type of skipCrlEntry(entries, version)) criticalInEntries.add(type);
    entryCount += 1;
  }
  return { entryCount, criticalInEntries };
}
