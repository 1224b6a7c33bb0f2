// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { parseCertificationRequest, verifyCertificationRequest } from '../x509/certification-request.js';
import { describeRequestTolerantly } from '../x509/second-opinion.js';
import { explain, type Finding } from './report.js';

/** Describes a CSR, and whether enrolment would take it. */
export function inspectCertificationRequest(der: Uint8Array): Finding {
  const what = 'a certification request (PKCS#10)';
  try {
    const request = parseCertificationRequest(der);
    const facts: Finding['facts'] = [
      ['key', describeKey(request.publicKey)],
      ['key SHA-256', request.publicKey.sha256],
      ['ignored', 'subject and requested extensions: only the key counts'],
    ];
    return { what, facts, refusals: refusalsOf(() => verifyCertificationRequest(request)) };
  } catch (error) {
    return { what, facts: describeRequestTolerantly(der), refusals: explain(error) };
  }
}

/** Such as `RSA, 2048 bits`. */
export function describeKey(key: { readonly kind: string; readonly bits: number }): string {
  return key.kind === 'RSA' ? `RSA, ${key.bits} bits` : key.kind;
}

function refusalsOf(check: () => unknown): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    return explain(error);
  }
}
