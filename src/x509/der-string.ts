// x509: imports core and x509 only.

import { derTag } from './der-tag.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of an ASN.1 character string (ITU-T X.680 section 41).
 *
 * @param tag of the string; TeletexString is taken for Latin-1, as everybody does
 * @returns `null` if the tag is of no character string, or the octets do not fit it
 */
export function decodeDerString(tag: number, content: Uint8Array): string | null {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  switch (tag) {
    case derTag.utf8String:
      return decodeUtf8(bytes);
    case derTag.printableString:
    case derTag.ia5String:
      return decodeAscii(bytes);
    case derTag.teletexString:
      return bytes.toString('latin1');
    case derTag.bmpString:
      return bytes.length % 2 === 0 ? Buffer.from(bytes).swap16().toString('utf16le') : null;
    default:
      return null;
  }
}

function decodeAscii(bytes: Buffer): string | null {
  return bytes.every((octet) => octet <= 0x7f) ? bytes.toString('latin1') : null;
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}
