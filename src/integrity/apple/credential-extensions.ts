// integrity/apple: imports core, x509 and this folder only.

import { isUtf8 } from 'node:buffer';
import { MalformedError } from '../../core/errors.js';
import type { Certificate } from '../../x509/certificate.js';
import { DerReader } from '../../x509/der-reader.js';
import { derTag } from '../../x509/der-tag.js';

/** Extensions of Apple in the certificate of an attested key. */
const NONCE = '1.2.840.113635.100.8.2';
const SYSTEM = '1.2.840.113635.100.8.7';

/** `SEQUENCE { [1] { OCTET STRING of 32 octets } }`, up to the octets themselves. */
const NONCE_HEADER = Buffer.from('3024a1220420', 'hex');

/** Context tags of the texts in the extension about the system. Apple documents none of them. */
const OS_VERSION = 1400;
const OS_BUILD = 1403;

/** The system that asked for the attestation, as Apple's CA wrote it down. */
export interface AttestedSystem {
  /** Such as `17.2.1`. */
  readonly osVersion: string | null;
  /** Such as `21C66`; from iOS 17 on. */
  readonly osBuild: string | null;
}

/** The value of the nonce extension: all of it, as an attestation with this nonce must have it. */
export function encodeNonceExtension(nonce: Uint8Array): Uint8Array {
  return Buffer.concat([NONCE_HEADER, nonce]);
}

/** The value of the nonce extension, whatever it is; `null` if the certificate has none. */
export function findNonceExtension(certificate: Certificate): Uint8Array | null {
  return certificate.extensions.all.find(({ type }) => type === NONCE)?.value ?? null;
}

/**
 * What the certificate says of the system. It is signed, but undocumented: what is missing or in another form is `null`, and
 * no reason to refuse.
 */
export function findAttestedSystem(certificate: Certificate): AttestedSystem {
  const value = certificate.extensions.all.find(({ type }) => type === SYSTEM)?.value;
  const texts = value === undefined ? new Map<number, string>() : readTexts(value);
  return { osVersion: texts.get(OS_VERSION) ?? null, osBuild: texts.get(OS_BUILD) ?? null };
}

/**
 * The texts of `SEQUENCE { [n] { OCTET STRING } ... }` by tag number. Only tag numbers of two octets (128 to 16,383) are asked
 * for, which {@link DerReader} does not read.
 */
function readTexts(value: Uint8Array): ReadonlyMap<number, string> {
  const texts = new Map<number, string>();
  try {
    const content = new DerReader(value).content(derTag.sequence);
    let at = 0;
    while (at + 3 < content.length) {
      const [tag = 0, high = 0, low = 0, length = 0x80] = content.subarray(at, at + 4);
      // What is longer than 127 octets, or has a tag of another form, is nothing that we know: the rest is not read.
      if (tag !== 0xbf || high <= 0x80 || low >= 0x80 || length >= 0x80) break;
      const inner = content.subarray(at + 4, at + 4 + length);
      if (inner[0] === derTag.octetString) {
        const octets = new DerReader(inner).content(derTag.octetString);
        if (isUtf8(octets)) texts.set(((high & 0x7f) << 7) | low, Buffer.from(octets).toString('utf8'));
      }
      at += 4 + length;
    }
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
  }
  return texts;
}
