// x509: imports core and x509 only. The only file that loads @peculiar/x509, which needs the Reflect polyfill first.

import 'reflect-metadata';
import { Pkcs10CertificateRequest, X509Certificate, X509Crl } from '@peculiar/x509';

/** Name and value, in the order to print. */
export type Facts = readonly (readonly [string, string])[];

/**
 * What a tolerant reader sees in a CSR that the strict one refuses: for people who want to know what it is. Empty if it
 * cannot read it either. Nothing in it is ever believed.
 */
export function describeRequestTolerantly(der: Uint8Array): Facts {
  return attempt(() => {
    const request = new Pkcs10CertificateRequest(Uint8Array.from(der));
    return [
      ['subject', request.subject],
      ['attributes', request.attributes.map(({ type }) => type).join(', ') || '(none)'],
    ];
  });
}

/** The same for a certificate. */
export function describeCertificateTolerantly(der: Uint8Array): Facts {
  return attempt(() => {
    const certificate = new X509Certificate(Uint8Array.from(der));
    return [
      ['subject', certificate.subject],
      ['issuer', certificate.issuer],
      ['serial', certificate.serialNumber],
      ['from', certificate.notBefore.toISOString()],
      ['until', certificate.notAfter.toISOString()],
      ['extensions', certificate.extensions.map(({ type }) => type).join(', ')],
    ];
  });
}

/** The same for a CRL. */
export function describeCrlTolerantly(der: Uint8Array): Facts {
  return attempt(() => {
    const crl = new X509Crl(Uint8Array.from(der));
    return [
      ['issuer', crl.issuer],
      ['made', crl.thisUpdate.toISOString()],
      ['entries', String(crl.entries.length)],
    ];
  });
}

function attempt(describe: () => Facts): Facts {
  try {
    return describe();
  } catch {
    // Not even a tolerant reader can make sense of it; the strict reader's error says why.
    return [];
  }
}
