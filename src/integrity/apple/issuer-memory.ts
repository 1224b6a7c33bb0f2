// integrity/apple: imports core, x509 and this folder only.

import { createBoundedCache } from '../../core/bounded-cache.js';
import { sha256Hex } from '../../core/bytes.js';
import { type Certificate, parseCertificate } from '../../x509/certificate.js';

/** Apple has a handful of CAs and signers of receipts at a time. */
const MAX_CERTIFICATES = 32;

/**
 * Remembers the certificates of Apple's CAs and signers as they were read, with their keys imported: importing a key on P-384
 * costs as much as verifying a signature with it. Nothing else is remembered: every signature and date is verified every time.
 */
export interface IssuerMemory {
  /** Reads a certificate, or takes the one that was read from the same bytes before. Throws as `parseCertificate` does. */
  parse(der: Uint8Array): Certificate;
  /** To be called only with certificates of a chain that has been verified, so that nobody else can fill the memory. */
  remember(certificates: readonly Certificate[]): void;
}

export function createIssuerMemory(): IssuerMemory {
  const memory = createBoundedCache<Certificate>(MAX_CERTIFICATES);
  return {
    parse: (der) => memory.get(sha256Hex(der)) ?? parseCertificate(der),
    remember(certificates) {
      for (const { der, sha256 } of certificates) {
        // Of a copy: what was read is a view of a whole attestation.
        if (memory.get(sha256) === undefined) memory.set(sha256, parseCertificate(Uint8Array.from(der)));
      }
    },
  };
}
