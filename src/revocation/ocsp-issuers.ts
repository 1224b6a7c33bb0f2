// revocation: imports core, contracts, x509.

import { hash } from 'node:crypto';
import type { IssuerCertificate } from '../contracts/certificate-authority.js';
import { parseCertificate } from '../x509/certificate.js';
import type { OcspCertId } from '../x509/ocsp-request.js';

/** Finds the issuing CA that a question means. */
export interface OcspIssuers {
  /** Id of the CA; `null` if it is none of ours, or hashed with what we do not hash with. */
  find(certId: OcspCertId): string | null;
}

/** Names every issuing CA as clients do: by the SHA-1 or SHA-256 of its name and of its key (RFC 6960 section 4.1.1). */
export function createOcspIssuers(issuers: readonly IssuerCertificate[]): OcspIssuers {
  const byHashes = new Map<string, string>();
  for (const { issuerId, certificate } of issuers) {
    const { subject, publicKey } = parseCertificate(certificate);
    for (const algorithm of ['sha1', 'sha256'] as const) {
      const nameHash = hash(algorithm, subject, 'hex');
      byHashes.set(`${nameHash}:${hash(algorithm, publicKey.keyBits, 'hex')}`, issuerId);
    }
  }
  return {
    find(certId) {
      if (certId.hash === null) return null;
      // The length of a hash tells the algorithm, so that its name need not be in the key.
      return byHashes.get(`${certId.issuerNameHash}:${certId.issuerKeyHash}`) ?? null;
    },
  };
}
