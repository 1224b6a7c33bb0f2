// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { readFileSync } from 'node:fs';
import { MalformedError } from '../core/errors.js';
import { parsePem } from '../x509/pem.js';
import { inspectCertificate } from './inspect-certificate.js';
import { inspectCertificationRequest } from './inspect-certification-request.js';
import { inspectCrl } from './inspect-crl.js';
import { inspectToken } from './inspect-token.js';
import type { Finding } from './report.js';
import { printReport } from './report.js';

/** What can be inside a PEM block, and who reads it. */
const readers: Readonly<Record<string, (der: Uint8Array, now: Date) => Finding>> = {
  CERTIFICATE: inspectCertificate,
  'CERTIFICATE REQUEST': inspectCertificationRequest,
  'NEW CERTIFICATE REQUEST': inspectCertificationRequest,
  'X509 CRL': inspectCrl,
};

/**
 * Describes what is in a file: each PEM block, or DER, or the text of a token.
 *
 * @throws MalformedError `pem_malformed` if it is none of these, or a PEM block does not hold base64
 */
export function inspectFile(path: string, now: Date): string {
  const bytes = readFileSync(path === '-' ? 0 : path);
  return inspectBytes(bytes, now)
    .map((finding) => printReport(path === '-' ? 'standard input' : path, finding))
    .join('\n');
}

/**
 * Describes each thing that the bytes hold.
 *
 * @throws MalformedError `pem_malformed` if they hold none, or a PEM block does not hold base64
 */
export function inspectBytes(bytes: Uint8Array, now: Date): readonly Finding[] {
  const text = Buffer.from(bytes).toString('latin1').trim();
  const blocks = Object.entries(readers).flatMap(([label, read]) =>
    parsePem(text, label).map((der) => read(der, now)),
  );
  if (blocks.length > 0) return blocks;
  if (/^[A-Za-z0-9_=-]+(\.[A-Za-z0-9_=-]*){2,4}$/.test(text)) return [inspectToken(text)];
  // 0x30 begins a DER sequence; it is the digit 0 too.
  if (bytes[0] === 0x30 && !/^[\t\r\n -~]*$/.test(text)) return [inspectDer(bytes, now)];
  const message = 'this is no certificate, CSR, CRL or token';
  throw new MalformedError('pem_malformed', { message });
}

/** DER does not say what it is: the first reader that understands it is right, else the CSR reader says what is wrong. */
function inspectDer(der: Uint8Array, now: Date): Finding {
  const findings = [inspectCertificate, inspectCrl, inspectCertificationRequest].map((read) =>
    read(der, now),
  );
  const [certificate, crl, request] = findings;
  const understood = findings.find(({ facts }) => facts.length > 0) ?? request ?? certificate ?? crl;
  if (understood === undefined) throw new MalformedError('der_malformed', { message: 'this is no DER' });
  return understood;
}
