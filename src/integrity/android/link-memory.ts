// integrity/android: imports core, x509 and this folder only.

import { createBoundedCache } from '../../core/bounded-cache.js';
import type { Certificate } from '../../x509/certificate.js';
import type { PublicKey } from '../../x509/public-key.js';

/**
 * Remembers which certificate was signed by which key. Above a phone's own attestation key stand CAs that thousands of phones
 * share, and their signatures cost the most to verify. Only the signature is remembered: dates, names and revocation are
 * looked at each time.
 */
export interface LinkMemory {
  has(certificate: Certificate, issuerKey: PublicKey): boolean;
  /** To be called only when a whole chain has been verified, so that nobody else can fill the memory. */
  remember(certificate: Certificate, issuerKey: PublicKey): void;
}

/** Some 300 bytes each. A kind of phone has one CA; Google's server has a few at a time. */
const MAX_LINKS = 4096;

export function createLinkMemory(): LinkMemory {
  const links = createBoundedCache<true>(MAX_LINKS);
  return {
    has: (certificate, issuerKey) => links.get(nameOf(certificate, issuerKey)) === true,
    remember(certificate, issuerKey) {
      links.set(nameOf(certificate, issuerKey), true);
    },
  };
}

/** By all bytes of both. */
function nameOf(certificate: Certificate, issuerKey: PublicKey): string {
  return certificate.sha256 + issuerKey.sha256;
}
