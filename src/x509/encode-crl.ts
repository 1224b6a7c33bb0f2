// x509: imports core and x509 only.

import { ConfigurationError } from '../core/errors.js';
import { MAX_CRL_ENTRY_BYTES, type RevokedSerial, writeCrlEntry } from './encode-crl-entry.js';
import { derTag } from './der-tag.js';
import { der, headerLength, writeHeader } from './der-writer.js';
import {
  encodeAuthorityKeyIdentifier,
  encodeDistributionPointName,
  encodeExtension,
  encodeFreshestCrl,
} from './encode-extensions.js';
import { oid } from './oid.js';
import type { SigningKey } from './signing-key.js';

/** What a CRL says. */
export interface CrlContent {
  /** DER Name, byte for byte the subject of the issuer's certificate. */
  readonly issuer: Uint8Array;
  /** Key identifier of the issuer. */
  readonly authorityKeyIdentifier: Uint8Array;
  /** Not negative; grows from one CRL of the same scope to the next (RFC 5280 section 5.2.3). */
  readonly number: bigint;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Read once, in order; a serial number must not come twice. */
  readonly entries: Iterable<RevokedSerial> | AsyncIterable<Iterable<RevokedSerial>>;
  /**
   * URL of a list that holds only the end-entity certificates that name it as their distribution point. It goes into a
   * critical issuingDistributionPoint, so that the list of one shard cannot pass for that of another (RFC 5280 section
   * 5.2.5). Without it, the list is complete: it holds every revoked certificate of the issuer.
   */
  readonly distributionPoint?: string;
  /**
   * Makes it a delta CRL: the number of the complete list of the same scope to which `entries` are to be added (RFC 5280 section
   * 5.2.4). Less than `number`. Without it, the list is no delta.
   */
  readonly deltaBase?: bigint;
  /** URL of the delta CRL to this list (RFC 5280 section 5.2.6); not for one that is a delta itself. */
  readonly freshestCrl?: string;
}

/** Room for the three headers in front of the entries: the list's, the CertificateList's and the TBSCertList's. */
const HEADERS_BYTES = 3 * 6;
/** For how many entries there is room at first, if nobody says how many there are. */
const FIRST_ENTRIES = 1024;
/** Up to here a list is copied to a buffer of its size. Copying a longer one would cost more memory than it saves. */
const COPY_UP_TO_BYTES = 1024 * 1024;
/** A CRL number has at most 20 octets (RFC 5280 section 5.2.3). */
const MAX_NUMBER = 1n << 159n;

/**
 * Writes and signs a DER CRL, version 2 (RFC 5280 section 5.1): one pass over the entries, and one buffer that entries are
 * written to where they will stay. A list of many megabytes may come as a view of a larger, mostly untouched buffer.
 *
 * @throws ConfigurationError if the numbers or the times are not those of a CRL, a delta names a delta, or an entry has no
 *   serial number
 * @throws UnavailableError `authority_unavailable` if the key store could not sign
 */
export async function encodeCrl(content: CrlContent, key: SigningKey): Promise<Uint8Array> {
  const { entries, nextUpdate, thisUpdate } = content;
  verifyContent(content);
  const version2 = der.integer(1n);
  const times = [der.time(thisUpdate), der.time(nextUpdate)];
  const preface = Buffer.concat([version2, key.signatureAlgorithm, content.issuer, ...times]);
  const entriesStart = HEADERS_BYTES + preface.length;

  let end = entriesStart;
  let buffer = Buffer.alloc(entriesStart + expectedEntries(entries) * MAX_CRL_ENTRY_BYTES);
  /** Pages that are never written cost no memory, copies do: so it grows rarely and by much. */
  function reserve(octets: number): void {
    if (end + octets <= buffer.length) return;
    const larger = Buffer.alloc(4 * buffer.length + octets);
    larger.set(buffer.subarray(0, end));
    buffer = larger;
  }
  function append(bytes: Uint8Array): void {
    reserve(bytes.length);
    buffer.set(bytes, end);
    end += bytes.length;
  }

  function appendEntry(entry: RevokedSerial): void {
    reserve(MAX_CRL_ENTRY_BYTES);
    end = writeCrlEntry(buffer, end, entry);
  }

  // By the page: to wait for each entry would take longer than to write it.
  if (Symbol.asyncIterator in entries) {
    for await (const page of entries) for (const entry of page) appendEntry(entry);
  } else {
    for (const entry of entries) appendEntry(entry);
  }
  // What stands in front of the entries is written backwards, now that its lengths are known. No entries, no list
  // (RFC 5280 section 5.1.2.6).
  let start = entriesStart;
  function prepend(tag: number): void {
    const length = end - start;
    start -= headerLength(length);
    writeHeader(buffer, start, tag, length);
  }
  if (end > entriesStart) prepend(derTag.sequence);
  start -= preface.length;
  buffer.set(preface, start);
  append(encodeCrlExtensions(content));
  prepend(derTag.sequence);
  const signature = await key.sign(buffer.subarray(start, end));
  append(key.signatureAlgorithm);
  append(der.bitString(signature));
  prepend(derTag.sequence);
  const crl = buffer.subarray(start, end);
  return crl.length <= COPY_UP_TO_BYTES ? Uint8Array.prototype.slice.call(crl) : crl;
}

function verifyContent({ deltaBase, freshestCrl, nextUpdate, number, thisUpdate }: CrlContent): void {
  if (!(nextUpdate.getTime() > thisUpdate.getTime())) {
    throw new ConfigurationError('nextUpdate', { message: 'must be after thisUpdate' });
  }
  if (number < 0n || number >= MAX_NUMBER) {
    throw new ConfigurationError('number', { message: 'must be 0 to 2^159 - 1' });
  }
  if (deltaBase === undefined) return;
  if (deltaBase < 0n || deltaBase >= number) {
    throw new ConfigurationError('deltaBase', { message: 'must be 0 to one less than number' });
  }
  if (freshestCrl !== undefined) {
    throw new ConfigurationError('freshestCrl', { message: 'must not be in a delta CRL' });
  }
}

function expectedEntries(entries: CrlContent['entries']): number {
  return Array.isArray(entries) ? entries.length : FIRST_ENTRIES;
}

function encodeCrlExtensions(content: CrlContent): Uint8Array {
  const extensions = [
    encodeAuthorityKeyIdentifier(content.authorityKeyIdentifier),
    encodeExtension(oid.crlNumber, false, der.integer(content.number)),
  ];
  if (content.deltaBase !== undefined) {
    extensions.push(encodeExtension(oid.deltaCrlIndicator, true, der.integer(content.deltaBase)));
  }
  if (content.distributionPoint !== undefined) {
    extensions.push(encodeIssuingDistributionPoint(content.distributionPoint));
  }
  if (content.freshestCrl !== undefined) extensions.push(encodeFreshestCrl(content.freshestCrl));
  return der.constructedContext(0, der.sequence(...extensions));
}

/** `distributionPoint [0]`, and `onlyContainsUserCerts [1]` TRUE (RFC 5280 section 5.2.5). */
function encodeIssuingDistributionPoint(url: string): Uint8Array {
  const name = der.constructedContext(0, encodeDistributionPointName(url));
  const onlyUserCertificates = der.context(1, Uint8Array.of(0xff));
  return encodeExtension(oid.issuingDistributionPoint, true, der.sequence(name, onlyUserCertificates));
}
