// x509: imports core and x509 only.

import { decodeBase64, encodeBase64 } from '../core/bytes.js';
import { MalformedError } from '../core/errors.js';

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,64})-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;

/**
 * Reads every block of that label from PEM text (RFC 7468); text around the blocks and blocks of other labels are
 * passed over.
 *
 * @param label such as `CERTIFICATE`
 * @returns the DER of each block; empty if there is none
 * @throws MalformedError `pem_malformed` if a block of that label does not hold base64
 */
export function parsePem(text: string, label: string): readonly Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (const match of text.matchAll(BLOCK)) {
    if (match[1] !== label) continue;
    const der = decodeBase64((match[2] ?? '').replaceAll(/\s+/g, ''));
    if (der === null || der.length === 0) {
      throw new MalformedError('pem_malformed', { message: `a PEM block ${label} does not hold base64` });
    }
    blocks.push(der);
  }
  return blocks;
}

/** Writes one PEM block (RFC 7468), 64 characters a line, with a line end after it. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
